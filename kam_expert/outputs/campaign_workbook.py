"""The workbook of a campaign for one owner: a row for each account, a column for each question.

`kam_expert.importing.campaign_sheets` reads it back. The first cell of a sheet names the sheet and
the campaign, so that the file may be renamed and sheets moved.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from kam_expert.facts.workbook_form import HEAD_ROWS, MARK, OPTIONS
from kam_expert.outputs.excel import new_workbook
from kam_expert.outputs.form_sheets import FormSheets, fitting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.results.campaign import AskedAccount, Campaign

#: The sheets: what the owner is asked, and what the customer is expected to answer.
SHEETS = ("campaign", "predicted")
_NOTE = {"x_scale": 2.6, "y_scale": 2.6}
_HEADING = 105


def owner_workbook(
    campaign: Campaign, accounts: Sequence[AskedAccount], base: KnowledgeBase, lang: str
) -> bytes:
    """Return the workbook for the owner of *accounts* as bytes.

    Args:
        campaign: Its id is in the workbook.
        accounts: Those of the owner.
        base: The rule base with the questions.
        lang: ``uk`` or ``en``, for questions and labels; answers are accepted in both.

    Raises:
        KamError: XlsxWriter is not installed, or a text does not fit into a cell.
    """
    memory = io.BytesIO()
    book = new_workbook(memory, campaign.begun, "excel", in_memory=True)
    _OwnerWorkbook(book, base, lang).write(campaign, accounts)
    book.close()
    return memory.getvalue()


class _OwnerWorkbook(FormSheets):
    def write(self, campaign: Campaign, accounts: Sequence[AskedAccount]) -> None:
        """Write all sheets."""
        self._read_me(campaign)
        names = [self._("Questions"), self._("Expected of the customer")]
        sheets = [self.book.add_worksheet(name) for name in names]
        self._options = self.book.add_worksheet(OPTIONS)
        self._options.hide()
        self.not_asked = self.book.add_format({"bg_color": "#eeeeee"})
        asked = {account.id: account.us for account in accounts}
        self._sheet(sheets[0], SHEETS[0], campaign, accounts, asked)
        asked = {account.id: account.customer for account in accounts}
        self._sheet(sheets[1], SHEETS[1], campaign, accounts, asked)
        sheets[0].activate()

    def _read_me(self, campaign: Campaign) -> None:
        sheet = self.book.add_worksheet(self._("How to fill it in"))
        sheet.set_column(0, 0, 110, self.plain)
        lines = [
            campaign.purpose[self.lang],
            self._(
                "Each row is an account, each yellow cell a question about it. Grey cells need no "
                "answer. Leave empty what you do not know: unknown does not mean no."
            ),
            self._(
                "Choose from the list in a cell, or write the word. Separate several answers "
                "with semicolons; “none” says that none does."
            ),
            self._("A number may be a range: 3..5. Dates are YYYY-MM-DD or real dates."),
            self._("A mark in the corner of a heading shows help when you point at it."),
            self._(
                "On the second sheet say what you expect the customer to answer, before you know "
                "it. Later the program shows the two side by side."
            ),
            self._(
                "If somebody else answered or on another day, say so in the last two columns of "
                "the row."
            ),
            self._(
                "Leave the small grey names in the first row and the first column as they are: "
                "programs read them. Send the file back by %(day)s, even half filled.",
                day=campaign.stop.isoformat(),
            ),
        ]
        sheet.write_string(0, 0, self._("How to fill it in"), self.theme)
        for number, line in enumerate(lines, 1):
            sheet.write_string(number, 0, fitting(line), self.plain)

    def _sheet(
        self,
        sheet: Any,
        name: str,
        campaign: Campaign,
        accounts: Sequence[AskedAccount],
        asked: dict[str, tuple[str, ...]],
    ) -> None:
        customer = name == "predicted"
        # Questions that most accounts have come first.
        found = [fact for facts in asked.values() for fact in facts]
        order = {fact: at for at, fact in reversed(list(enumerate(dict.fromkeys(found))))}
        facts = [
            self.base.facts[fact]
            for fact in sorted(order, key=lambda fact: (-found.count(fact), order[fact]))
        ]
        rows = [account for account in accounts if asked[account.id]]
        sheet.set_row(0, None, self.grey)
        sheet.write_string(0, 0, f"{MARK}{name} {campaign.id}", self.grey)
        sheet.write_string(1, 0, self._("Id"), self.bold)
        sheet.write_string(1, 1, self._("Account"), self.bold)
        sheet.set_column(0, 0, 14)
        sheet.set_column(1, 1, 30)
        sheet.set_row(1, _HEADING)
        for column, fact in enumerate(facts, 2):
            self._heading(sheet, column, fact, customer=customer)
        ends = len(facts) + 2
        for column, key in enumerate(("by", "as_of"), ends):
            _, title, help_ = self._head(key)
            sheet.write_string(0, column, key, self.grey)
            sheet.write_string(1, column, title, self.bold)
            if help_:
                sheet.write_comment(1, column, help_, _NOTE)
            sheet.set_column(column, column, 16, self.text)
        sheet.freeze_panes(HEAD_ROWS, 2)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        sheet.set_landscape()
        for number, account in enumerate(rows, HEAD_ROWS):
            self._account(sheet, number, account, facts, asked[account.id])
        if rows:
            last = HEAD_ROWS + len(rows) - 1
            for column, fact in enumerate(facts, 2):
                choices = self.labels[fact.name].choices(self.lang)
                self._dropdown(sheet, (HEAD_ROWS, column, last, column), choices)

    def _heading(self, sheet: Any, column: int, fact: Fact, *, customer: bool) -> None:
        question = fact.doc.question_for("customer" if customer else "us").get(self.lang)
        sheet.write_string(0, column, fact.name, self.grey)
        sheet.write_string(1, column, question, self.bold)
        sheet.write_comment(1, column, fitting(self._help(fact)), _NOTE)
        sheet.set_column(column, column, 26)

    def _account(
        self,
        sheet: Any,
        row: int,
        account: AskedAccount,
        facts: Sequence[Fact],
        asked: tuple[str, ...],
    ) -> None:
        sheet.write_string(row, 0, fitting(account.id), self.grey)
        sheet.write_string(row, 1, fitting(account.name), self.plain)
        for column, fact in enumerate(facts, 2):
            shape = self._shape(fact) if fact.name in asked else self.not_asked
            sheet.write_blank(row, column, None, shape)
        ends = len(facts) + 2
        sheet.write_blank(row, ends, None, self.text)
        sheet.write_blank(row, ends + 1, None, self.day)
