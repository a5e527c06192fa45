"""An empty case file with the questions as comments."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

#: The empty set, as a case file says it.
NONE = "none"
_TEXTS: dict[str, dict[str, Any]] = {
    "uk": {
        "head": "Відповідайте на те, що знаєте, і приберіть «# » перед рядком; решту лишіть: "
        "невідоме не означає «ні». Дату й джерело можна додати так: "
        "{value: …, source: observed|said|reported|assumed, by: …, as_of: РРРР-ММ-ДД}.",
        "account": "Можна додати owner (хто веде клієнта) і segment: їх видно у звітах, "
        "правила їх не читають.",
        "facts": "Що каже наша сторона. Спершу те, з чого найліпше почати.",
        "customer": "Що відповів сам клієнт («постачальник» – це ми). Теж від найпотрібнішого.",
        "decision": "Рішення, яке клієнт готує зараз (кілька – списком decisions:)",
        "people": "Люди клієнта (досить ролі замість імені)",
        "team": "Наша команда",
        "links": "Хто з нашої команди з ким спілкується",
        "events": "Що сталося або ще станеться (person: чи member: – про кого мова)",
        "plan": "Узгоджений план: крок методики або ваші слова (text), хто й до якого дня; "
        "theirs – обіцянка клієнта",
        "complete": "Чи повні ці списки? yes або no",
        "name": "Ім’я, ініціали або роль",
        "none": "нічого з цього",
        "answers": {"yes": "так", "no": "ні"},
        "number": "число",
        "text": "текст",
        "day": "РРРР-ММ-ДД",
        "band": "Немає точного числа – годиться й проміжок",
    },
    "en": {
        "head": "Answer what you know and take away the “# ” in front of the line; leave the rest: "
        "unknown does not mean no. Date and source can be added like this: "
        "{value: …, source: observed|said|reported|assumed, by: …, as_of: YYYY-MM-DD}.",
        "account": "You may add owner (who looks after the customer) and segment: reports carry "
        "them, rules do not read them.",
        "facts": "What our side says. What is best to begin with comes first.",
        "customer": "What the customer itself answered (“the supplier” is us), in the same order.",
        "decision": "A decision the customer is preparing now (several: a list decisions:)",
        "people": "People at the customer (a role will do instead of a name)",
        "team": "Our team",
        "links": "Who of our team is in contact with whom",
        "events": "What has happened or is to come (person: or member: says whom it concerns)",
        "plan": "The agreed plan: a step of the method or your own words (text), who and by when; "
        "theirs – the customer’s promise",
        "complete": "Are these lists complete? yes or no",
        "name": "A name, initials or a role",
        "none": "none of these",
        "answers": {"yes": "yes", "no": "no"},
        "number": "number",
        "text": "text",
        "day": "YYYY-MM-DD",
        "band": "Without the exact figure a band will do",
    },
}


def new_case(base: KnowledgeBase, identity: str, lang: str) -> str:
    """Return the text of an empty case with *identity*, its questions in *lang* as comments."""
    texts = _TEXTS[lang]
    by_kind: dict[str, list[Fact]] = {}
    # Most useful first; the others in the order of the vocabulary.
    for name in dict.fromkeys((*base.first_questions, *base.facts)):
        if not base.facts[name].doc.parts:
            by_kind.setdefault(base.facts[name].kind, []).append(base.facts[name])
    ours = [f for f in by_kind.get("account", ()) if f.doc.asked_of != "customer"]
    theirs = [f for f in by_kind.get("account", ()) if f.doc.asked_of != "us"]
    lines = [
        *_comment(texts["head"], ""),
        "kam: 1",
        *_comment(texts["account"], ""),
        f'account: {{id: "{identity}", name: "{identity}"}}',
    ]
    decision = by_kind.get("decision", [])
    for block, facts in (("facts", ours), ("customer", theirs), ("decision", decision)):
        if not facts:
            continue
        lines += ["", *_comment(texts[block], ""), f"{block}:"]
        for fact in facts:
            lines += _fact(fact, lang, "  ", customer=block == "customer")
    for block, kind, first in (
        ("people", "person", "id: p1"), ("team", "member", "id: m1"),
        ("links", "link", "member: m1"),
    ):  # fmt: skip
        # A step of the plan may name an owner even where nothing is asked about people.
        if kind == "link" and kind not in by_kind:
            continue
        lines += ["", *_comment(texts[block], ""), f"# {block}:", f"#   - {first}"]
        if kind == "link":
            lines.append("#     person: p1")
        else:
            lines += [f"#     # {texts['name']}", "#     name:"]
        for fact in by_kind.get(kind, ()):
            lines += _fact(fact, lang, "#     ", customer=False)
    lines += _events(base, lang)
    lines += ["", *_comment(texts["plan"], ""), "# plan:"]
    lines += [f"#   - {{step: {next(iter(base.steps))}, owner: m1, due: YYYY-MM-DD}}"]
    lines += ["#   - {id: their_data, text: …, side: theirs, due: YYYY-MM-DD}"]
    lines += ["", *_comment(texts["complete"], ""), "# complete: {people: no, team: no, links: no}"]
    return "\n".join(lines) + "\n"


def _events(base: KnowledgeBase, lang: str) -> list[str]:
    if base.events is None:
        return []
    lines = ["", *_comment(_TEXTS[lang]["events"], ""), "# events:"]
    for kind, doc in base.events.kinds.items():
        whom = ", person: p1" if doc.whom == "needed" else ""
        lines += [f"#   # {doc.ask.get(lang)}", f"#   - {{kind: {kind}, day: YYYY-MM-DD{whom}}}"]
    return lines


def _comment(text: str, indent: str) -> list[str]:
    return [f"{indent}# {line}" for line in textwrap.wrap(text, 92)]


def _fact(fact: Fact, lang: str, indent: str, *, customer: bool) -> Iterator[str]:
    question = fact.doc.question_for("customer" if customer else "us")
    inside = indent if indent.startswith("#") else f"{indent}# "
    for text in (question.get(lang), *_meanings(fact, lang)):
        for line in textwrap.wrap(text, 88):
            yield f"{inside}{'# ' if indent.startswith('#') else ''}{line}"
    yield f"{inside}{fact.name}:   # {_values(fact, lang)}"


def _meanings(fact: Fact, lang: str) -> Iterator[str]:
    """Yield the meaning of each value, and bands for an unknown exact figure."""
    doc = fact.doc
    words = {word: text.get(lang) for word, text in {**doc.values, **doc.also}.items()}
    if doc.type == "yes_no":
        words = _TEXTS[lang]["answers"]
    elif doc.type == "set" and NONE not in words:
        words[NONE] = _TEXTS[lang]["none"]
    # A word that reads as its own meaning needs none.
    meant = [f"{word} – {text}" for word, text in words.items() if word != text]
    if meant:
        yield "; ".join(meant)
    if doc.anchors:
        yield "; ".join(f"{score} – {text.get(lang)}" for score, text in doc.anchors.items())
    if doc.bands:
        bands = (f"{b.from_:g}..{b.to:g} – {b.label.get(lang)}" for b in doc.bands)
        yield f"{_TEXTS[lang]['band']}: {'; '.join(bands)}"
    elif doc.unit == "percent":
        yield f"{_TEXTS[lang]['band']}: 20..40"


def _values(fact: Fact, lang: str) -> str:
    doc, texts = fact.doc, _TEXTS[lang]
    if doc.type == "set":
        alone = "" if NONE in doc.values else f" | {NONE}"
        return f"[{', '.join(doc.values)}]{alone}"
    if fact.words():
        also = {"date": f" | {texts['day']}", "text": f" | {texts['text']}"}.get(doc.type, "")
        return " | ".join(fact.words()) + also
    if fact.is_number:
        low = "" if doc.range is None or doc.range.min is None else f"{doc.range.min:g}"
        high = "" if doc.range is None or doc.range.max is None else f"{doc.range.max:g}"
        return f"{low}..{high}" if low or high else str(texts["number"])
    return str(texts["day" if doc.type == "date" else "text"])
