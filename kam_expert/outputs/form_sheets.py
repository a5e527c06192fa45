"""The cells, headings and drop-downs of a workbook for one account."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError
from kam_expert.facts.answer_schema import SOURCES
from kam_expert.facts.case_writer import value_text
from kam_expert.facts.workbook_form import (
    HEAD_ROWS,
    KIND_OF,
    MARK,
    Labels,
    column_letters,
    listed,
    said,
)
from kam_expert.outputs.excel import FORBIDDEN, MAX_CHARACTERS
from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

_EXACT = 10**15
_WIDTHS = {
    "key": 20, "label": 80, "value": 40, "fact": 26, "question": 70, "answer": 34, "source": 16,
    "by": 20, "as_of": 12, "id": 12, "name": 24, "decisions": 16, "member": 14, "person": 14,
    "of": 22, "kind": 14, "text": 70, "owner": 20, "due": 12, "hide": 10,
    "step": 30, "about": 16, "side": 20, "begin": 12, "status": 14, "reason": 30,
    "agreed_on": 12, "done_on": 12, "result": 20, "evidence": 30, "note": 30,
}  # fmt: skip


class FormSheets:
    """Writes the sheets of a form; text is never written as a formula or a link.

    Args:
        book: A workbook of XlsxWriter.
        base: The rule base with the questions and labels.
        lang: ``uk`` or ``en``.
    """

    def __init__(self, book: Any, base: KnowledgeBase, lang: str) -> None:
        self.book = book
        self.base = base
        self.lang = lang
        self._said = translator(lang)
        self.labels = {fact.name: Labels(fact) for fact in base.facts.values()}
        top = {"valign": "top", "text_wrap": True}
        add = book.add_format
        self.grey = add({"font_color": "#8a8a8a", "font_size": 8, "valign": "top"})
        self.bold = add({"bold": True, "bottom": 1, **top})
        self.theme = add({"bold": True, "font_size": 12, "top": 1})
        self.plain = add(top)
        self.number = add({**top, "align": "left", "bg_color": "#fff9e5", "border": 1,
                           "border_color": "#d9d2b0"})  # fmt: skip
        boxed = {**top, "align": "left", "bg_color": "#fff9e5", "border": 1}
        boxed["border_color"] = "#d9d2b0"
        self.text = add({**boxed, "num_format": "@"})
        self.day = add({**boxed, "num_format": "yyyy-mm-dd"})
        self._lists: dict[tuple[str, ...], str] = {}
        self._sheets: dict[str, Any] = {}
        #: The hidden last sheet with the choices of the drop-downs.
        self._options: Any = None

    def _(self, text: str, **values: object) -> str:
        found = self._said.gettext(text)
        return found % values if values else found

    def _titles(self) -> dict[str, str]:
        return {
            "account": self._("Account"),
            "facts": self._("Our answers"),
            "customer": self._("Customer’s answers"),
            "decisions": self._("Decisions"),
            "people": self._("People"),
            "team": self._("Team"),
            "links": self._("Who with whom"),
            "events": self._("Events"),
            "more": self._("More values"),
            "notes": self._("Notes"),
            "plan": self._("Agreed plan"),
        }

    # Cells

    def _write(self, sheet: Any, row: int, column: int, value: Any, shape: Any = None) -> None:
        """Write a cell; text stays text."""
        if value is None or value == "":
            sheet.write_blank(row, column, None, shape or self.plain)
        elif isinstance(value, date):
            moment = datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- a workbook has no time zones
            # Excel has no dates before 1900, and wrong ones before March 1900.
            if value.year > 1900:  # noqa: PLR2004 -- explained above
                sheet.write_datetime(row, column, moment, self.day)
            else:
                sheet.write_string(row, column, value.isoformat(), shape or self.text)
        elif isinstance(value, str):
            sheet.write_string(row, column, fitting(value), shape or self.text)
        elif _is_exact(value):
            sheet.write_number(row, column, value, self.number)
        else:
            sheet.write_string(row, column, value_text(value), self.text)

    def _shape(self, fact: Fact) -> Any:
        """Return the format of the cells of a fact."""
        if fact.doc.type == "date":
            return self.day
        # In a number cell Excel turns "12%" into 0.12.
        return self.number if fact.is_number and fact.doc.unit != "percent" else self.text

    def _cell_of(self, fact: Fact, value: Any) -> Any:
        """Return a value as its cell contains it."""
        labels = self.labels[fact.name]
        if isinstance(value, frozenset):
            order = list(fact.doc.values)
            words = sorted(value, key=lambda word: (word not in order, order.index(word)))
            nothing = said("none", self.lang)
            if not words and labels.word(nothing) is None:
                return nothing
            return listed(labels.label(word, self.lang) for word in words)
        if not isinstance(value, str):
            return value_text(value) if not isinstance(value, date | int | float) else value
        if value in labels.words:
            return labels.label(value, self.lang)
        # A free text that equals a label is quoted, so that it is not read as the label.
        misleads = labels.word(value) is not None or value.startswith('"')
        return json.dumps(value, ensure_ascii=False) if misleads else value

    def _heads(self, name: str, heads: Sequence[tuple[str, str, str]]) -> Any:
        """Write the two header rows: names for programs, headings with help for people."""
        sheet = self._sheets[name]
        for column, (head, title, help_) in enumerate(heads):
            mark = MARK + name if column == 0 else head
            sheet.write_string(0, column, mark, self.grey)
            sheet.write_string(1, column, title, self.bold)
            sheet.set_column(column, column, _WIDTHS.get(head, 24))
            if help_:
                sheet.write_comment(1, column, fitting(help_), {"x_scale": 2.6, "y_scale": 2.6})
        sheet.freeze_panes(HEAD_ROWS, 2 if name in KIND_OF else 1)
        # Numbers in text cells are intended.
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        sheet.set_landscape()
        if name in KIND_OF:
            # Headings of many columns take two or three lines.
            sheet.set_row(1, 45)
        else:
            sheet.fit_to_pages(1, 0)
        return sheet

    def _head(self, name: str) -> tuple[str, str, str]:
        titles = {
            "key": self._("Name"), "label": self._("What it is"), "value": self._("Value"),
            "fact": self._("Name"), "question": self._("Question"), "answer": self._("Answer"),
            "source": self._("How known"), "by": self._("By whom"), "as_of": self._("On which day"),
            "id": self._("Id"), "name": self._("Name or role"), "decisions": self._("Decisions"),
            "member": self._("Who of us (id)"), "person": self._("With whom (id)"),
            "of": self._("About what"), "kind": self._("Kind"), "text": self._("Text"),
            "owner": self._("Owner"), "due": self._("Due"), "hide": self._("Leave out"),
        }  # fmt: skip
        helps = {
            "decisions": self._(
                "Ids from the sheet of decisions, separated by semicolons; empty: all of them."
            ),
            "id": self._("Any short word. Answers about the account itself need none."),
            "as_of": self._("YYYY-MM-DD. An answer without a date holds now."),
        }
        if name == "key":
            return name, titles[name], ""
        return name, titles[name], helps.get(name, "")

    def _dropdown(
        self, sheet: Any, area: tuple[int, int, int, int], choices: Iterable[str]
    ) -> None:
        """Offer *choices* in the cells of an area; other texts, such as bands, are accepted too."""
        found = tuple(choices)
        if not found:
            return
        if found not in self._lists:
            # The list is on a sheet: inside the rule it may have 255 characters and no commas.
            column = len(self._lists)
            for row, choice in enumerate(found):
                self._options.write_string(row, column, choice)
            name = column_letters(column + 1)
            self._lists[found] = f"=lists!${name}$1:${name}${len(found)}"
        self._refer(sheet, area, self._lists[found])

    @staticmethod
    def _refer(sheet: Any, area: tuple[int, int, int, int], source: str) -> None:
        rule = {"validate": "list", "source": source, "show_error": False}
        sheet.data_validation(*area, rule)

    @staticmethod
    def _column(sheet: Any, column: int, name: str, shape: Any) -> None:
        sheet.set_column(column, column, _WIDTHS.get(name, 24), shape)

    def _origin_rules(self, sheet: Any, columns: Sequence[str], rows: tuple[int, int]) -> None:
        first, last = rows
        at = columns.index("source")
        sources = [said(word, self.lang) for word in SOURCES]
        self._dropdown(sheet, (first, at, last, at), sources)

    def _help(self, fact: Fact) -> str:
        doc = fact.doc
        lines = [doc.help.get(self.lang)]
        choices = self.labels[fact.name].choices(self.lang)
        if choices:
            several = doc.type == "set"
            lines.append(self._("One or several of:") if several else self._("One of:"))
            lines += [f"– {choice}" for choice in choices]
        if fact.is_number and doc.range is not None:
            low, high = doc.range.min, doc.range.max
            if low is not None and high is not None:
                numbers = {"low": f"{low:g}", "high": f"{high:g}"}
                lines.append(self._("A number from %(low)s to %(high)s", **numbers))
        lines += [f"{word}: {text.get(self.lang)}" for word, text in doc.anchors.items()]
        return "\n".join(lines)


def fitting(text: str) -> str:
    """Return *text* if it fits into a cell, else raise KamError."""
    if len(text) > MAX_CHARACTERS:
        raise KamError(
            f"a text of {len(text):,} characters does not fit into a cell of a workbook, which "
            f"holds {MAX_CHARACTERS:,}; shorten it or keep the case as a YAML file"
        )
    if found := FORBIDDEN.search(text):
        raise KamError(f"a workbook cannot hold the character U+{ord(found[0]):04X}")
    return text


def _is_exact(value: Any) -> bool:
    """Return whether a cell, which has 16 digits, keeps every digit of a value."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < _EXACT and float(f"{value:.16G}") == value
