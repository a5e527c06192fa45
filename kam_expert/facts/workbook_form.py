"""The form of a workbook for one account: its sheets, their columns, and the words in cells.

Writer and reader share it. The first row of a sheet has the names of its columns and the first
cell identifies the sheet, so users can rename sheets and move columns. The words of the form (yes,
no, sources) are here in both languages; the labels of values are in the rule base.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kam_expert.errors import Place
from kam_expert.facts.case import LISTS
from kam_expert.facts.plain_text import folded
from kam_expert.facts.plan_entries import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kam_expert.knowledge.vocabulary import Fact

#: The prefix of the name of a sheet in its first cell.
MARK = "kam:"
#: Row 1 has the names of columns, row 2 the headings, row 3 the first answers.
HEAD_ROWS = 2
#: The hidden sheet with what a cell may be chosen from; it holds no answers.
OPTIONS = "lists"
ORIGIN = ("source", "by", "as_of")
#: The columns of a sheet of facts, which has one row per fact.
ANSWERS = ("fact", "question", "answer", *ORIGIN)
#: The sheets with their fixed columns; sheets of lists have columns of facts as well.
SHEETS = {
    "account": ("key", "label", "value"),
    "facts": ANSWERS,
    "customer": ANSWERS,
    "decisions": ("id", "name"),
    "people": ("id", "name", "decisions"),
    "team": ("id", "name"),
    "links": ("member", "person"),
    "events": ("id", "member", "person"),
    "more": ("of", "id", "fact", "answer", *ORIGIN),
    "notes": ("kind", "key", "text", "owner", "due", "hide"),
    "plan": KEYS,
}
#: The sheets of lists, with the kind of entity of a row.
KIND_OF = {table: LISTS[table] for table in SHEETS if table in LISTS}
NOTES = ("comment", "step")
#: Prefixes of the keys about lists in the sheet of the account.
COMPLETE, LISTED = "complete.", "listed."
OWN = ("id", "name", "owner", "segment")
#: The labels of words, which cells can have instead of the word.
WORDS: Mapping[str, Mapping[str, str]] = {
    "yes": {"uk": "так", "en": "yes"},
    "no": {"uk": "ні", "en": "no"},
    "unknown": {"uk": "невідомо", "en": "unknown"},
    "none": {"uk": "немає", "en": "none"},
    "observed": {"uk": "бачили самі", "en": "observed"},
    "said": {"uk": "сказано нам", "en": "said"},
    "reported": {"uk": "переказано", "en": "reported"},
    "assumed": {"uk": "припущення", "en": "assumed"},
    "facts": {"uk": "наша відповідь", "en": "our answer"},
    "customer": {"uk": "відповідь клієнта", "en": "customer’s answer"},
    "decision": {"uk": "рішення", "en": "decision"},
    "person": {"uk": "людина клієнта", "en": "person"},
    "member": {"uk": "людина нашої команди", "en": "member of our team"},
    "link": {"uk": "хто з ким", "en": "link"},
    "event": {"uk": "подія", "en": "event"},
    "comment": {"uk": "коментар", "en": "comment"},
    "step": {"uk": "крок", "en": "step"},
    "ours": {"uk": "наша обіцянка", "en": "our promise"},
    "theirs": {"uk": "обіцянка клієнта", "en": "customer’s promise"},
    "internal": {"uk": "наше завдання", "en": "our task"},
    "agreed": {"uk": "домовлено", "en": "agreed"},
    "begun": {"uk": "розпочато", "en": "begun"},
    "done": {"uk": "зроблено", "en": "done"},
    "dropped": {"uk": "відмовилися", "en": "dropped"},
    "worked": {"uk": "спрацювало", "en": "it worked"},
    "partly": {"uk": "спрацювало частково", "en": "it worked in part"},
    "not": {"uk": "не спрацювало", "en": "it did not work"},
}
#: The subjects of answers in the sheet of more values.
SUBJECTS = ("facts", "customer", "decision", "person", "member", "link", "event")


class SheetCell(Place):
    """A cell of a workbook, or a sheet: ``acme.xlsx: People!C7``.

    The sheet is part of the file name, because reports show the file and the row of an answer.
    """

    @classmethod
    def of(cls, file: str, sheet: str, line: int = 0, column: int = 0) -> SheetCell:
        """Return the place of a cell (row and column from 1), or of a sheet as a whole."""
        # Quoted as in a formula.
        plain = all(c.isalnum() or c == "_" for c in sheet)
        quoted = sheet if plain else "'{}'".format(sheet.replace("'", "''"))
        return cls(f"{file}: {quoted}", line, column)

    def __str__(self) -> str:
        """Return the cell in spreadsheet notation."""
        cell = f"{column_letters(self.column)}{self.line or ''}" if self.line else ""
        return f"{self.file}!{cell}" if cell else self.file

    @property
    def within(self) -> str:
        """Return sheet and cell without the file."""
        return str(self).rpartition(": ")[2]


def column_letters(number: int) -> str:
    """Return the spreadsheet name (A, B, …, AA) of a column counted from 1; empty for 0."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def said(word: str, lang: str) -> str:
    """Return the label of a word of the form in *lang*."""
    return WORDS[word][lang] if word in WORDS else word


def word_of(text: str, known: Iterable[str]) -> str:
    """Return the word of *known* that a cell names by word or label, else its text."""
    sought = folded(text)
    for word in known:
        if sought in map(folded, (word, *WORDS.get(word, {}).values())):
            return word
    return text.strip()


_UNKNOWN = frozenset(folded(label) for label in ("unknown", *WORDS["unknown"].values()))


class Labels:
    """The words of a fact and their labels."""

    def __init__(self, fact: Fact) -> None:
        doc = fact.doc
        self.fact = fact
        self._labels: dict[str, dict[str, str]] = {
            word: {"uk": text.uk, "en": text.en}
            for word, text in {**doc.values, **doc.also}.items()
        }
        if doc.type == "yes_no":
            self._labels = {word: dict(WORDS[word]) for word in ("yes", "no")}
        for band in doc.bands:
            word = f"{band.from_:g}..{band.to:g}"
            self._labels[word] = {"uk": band.label.uk, "en": band.label.en}
        self.words = frozenset(fact.words())
        self._words: dict[str, set[str]] = {}
        for word, labels in self._labels.items():
            for label in labels.values():
                self._words.setdefault(folded(label), set()).add(word)

    def word(self, text: str) -> str | None:
        """Return the word that *text* is or labels; None if it is neither or ambiguous."""
        if text in self._labels:
            return text
        same = folded(text)
        if same in _UNKNOWN:
            return "unknown"
        found = self._words.get(same, set())
        return next(iter(found)) if len(found) == 1 else None

    def label(self, word: str, lang: str) -> str:
        """Return the text of a cell for *word*: its label if that can be read back."""
        label = self._labels.get(word, {}).get(lang, word)
        fits = self.fact.doc.type != "set" or ";" not in label
        return label if fits and self.word(label) == word else word

    def choices(self, lang: str) -> list[str]:
        """Return the choices of a drop-down list, in the order of the rule base."""
        return [self.label(word, lang) for word in self._labels]


def listed(items: Iterable[str]) -> str:
    """Return *items* as a cell: separated by semicolons, or as JSON where that is ambiguous."""
    texts = list(items)
    plain = texts and all(t and t == t.strip() and ";" not in t for t in texts)
    if not plain or texts[0].startswith("[") or (len(texts) == 1 and _says_none(texts[0])):
        return json.dumps(texts, ensure_ascii=False)
    return "; ".join(texts)


def items_of(text: str) -> list[str]:
    """Return the items of a cell written by `listed`; the word for none means no items."""
    if text.lstrip().startswith("["):
        try:
            items: Any = json.loads(text)
        except (ValueError, RecursionError):
            items = None
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return items
    return [] if _says_none(text) else [part.strip() for part in text.split(";") if part.strip()]


def _says_none(text: str) -> bool:
    return word_of(text, ("none",)) == "none"
