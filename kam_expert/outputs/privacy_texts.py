"""Templates for what the law asks beside the program: an assessment of interests, and a notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.templating import environment
from kam_expert.resources import templates_folder

if TYPE_CHECKING:
    from kam_expert.knowledge.privacy import Privacy

KINDS = ("lia", "notice")


def privacy_text(kind: str, privacy: Privacy, lang: str) -> str:
    """Return a template as Markdown: ``lia`` or ``notice``, with the facts that are recorded.

    They are not legal advice: what stands in brackets is for the user to fill in.
    """
    # Markdown, not HTML: nothing is escaped, and all of it comes from the rule base.
    plain = environment(templates_folder(), lang).overlay(autoescape=False, bytecode_cache=None)
    facts = [f for f in privacy.base.facts.values() if f.doc.privacy != "account"]
    template = plain.get_template(f"privacy/{kind}.{lang}.md.j2")
    return template.render(facts=facts, days=privacy.keep_days).rstrip() + "\n"
