"""The review of an account as text, and as a page of one sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.templating import rendered
from kam_expert.outputs.terminal import Lines

if TYPE_CHECKING:
    from kam_expert.outputs.review_words import ReviewWords


def review_text(words: ReviewWords) -> str:
    """Return a review as text for a terminal."""
    lines = Lines()
    lines.add(f"{words.case.account.name} – {words.period()}")
    lines.rule()
    for number, section in enumerate(words.sections()):
        if number:
            lines.gap()
        lines.add(section.title.upper())
        for sentence in section.sentences:
            lines.add(sentence)
        for line in section.lines:
            lines.add(line.text, 4, f"{line.mark} ")
            if line.because:
                lines.add(words.because(line), 6)
        if section.more:
            lines.add(section.more, 4)
    return lines.text()


def review_page(words: ReviewWords) -> str:
    """Return a review as an HTML document that fits on one sheet of A4.

    The page is complete in itself, has no script and loads nothing.
    """
    return rendered(
        "review.html.j2",
        words.words.lang,
        r=words,
        name=words.case.account.name,
        sections=words.sections(),
    )
