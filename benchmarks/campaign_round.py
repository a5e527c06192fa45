"""Run a campaign from the first letter to the last return, with a known truth, and print figures.

    python benchmarks/campaign_round.py --accounts 200 --owners 40 --seed 1

The accounts are as a CRM gives them. Owners and customers return what people return: files in any
order, half filled, renamed, copied, sent twice, corrected later, in both languages; several people
of one customer; and one hostile of each kind: formulas, unknown accounts, a file of another
campaign, a huge cell, a file that is none. Every answer must be where it belongs, with its side,
person and day, and nothing else may be there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import xlsxwriter
from python_calamine import CalamineWorkbook
from random_cases import a_value

from kam_expert.app.campaign_folder import CampaignFolder, CampaignOptions, new_campaign
from kam_expert.engines.campaign.answers import Voices
from kam_expert.engines.campaign.progress import CampaignRules
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.edit_data import value_data
from kam_expert.facts.workbook_form import Labels
from kam_expert.knowledge.campaign_settings import load_campaign_settings
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.outputs.campaign_words import sentences
from kam_expert.resources import rules_folder
from kam_expert.web.questionnaire import questionnaire_text

from random_cases import built  # isort: skip

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.campaign import AskedAccount, Campaign

BEGUN = date(2026, 11, 2)
ROLES = ("Buyer", "Інженер", "Director")
#: An answer that must come out: its value, person and day, by account, fact, side and person.
Truth = dict[tuple[str, str, str, str], tuple[Any, date]]


def rules() -> CampaignRules:
    """Return the shipped rule base with its settings of campaigns."""
    base = load_compiled(rules_folder())
    return CampaignRules(base, load_campaign_settings(rules_folder(), base))


def write_accounts(folder: Path, base: KnowledgeBase, count: int, owners: int) -> None:
    """Write accounts as a CRM gives them: revenue, people and who met whom when."""
    random = Random(7)
    folder.mkdir()
    for number in range(count):
        case: dict[str, Any] = {
            "kam": 1,
            "account": {
                "id": f"00{number:04d}",
                "name": f"Customer {number}",
                "owner": f"Owner {number % owners}",
            },
            "facts": {"revenue_12m": random.randrange(10**5, 10**7)},
            "people": [
                {"id": f"p{at}", "function": function, "is_main_contact": "no" if at else "yes"}
                for at, function in enumerate(("procurement", "finance")[: random.randrange(1, 3)])
            ],
            "team": [{"id": "m1", "member_function": "account_manager"}],
            "links": [
                {"member": "m1", "person": "p0", "link_last_two_way_days": random.randrange(300)}
            ],
        }
        (folder / f"{number}.yaml").write_text(case_text(built(case, base)), encoding="utf-8")


@dataclass
class Returns:
    """What returns in a campaign, with the truth.

    Attributes:
        truth: What must come out.
        owners, customers: Those who answered.
        declined: The accounts whose customer declines.
    """

    campaign: Campaign
    sent: Path
    base: KnowledgeBase
    random: Random
    to: Path
    truth: Truth = field(default_factory=dict)
    declined: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.to.mkdir()
        self.labels = {name: Labels(fact) for name, fact in self.base.facts.items()}

    def write(self) -> None:
        """Write all files that return."""
        random = self.random
        for at, (owner, accounts) in enumerate(self.campaign.owners.items()):
            if at % 4 == 3:
                continue  # never answers
            self.owners.add(owner)
            book = self.sent / "owners" / owner.replace(" ", "-") / "questions.xlsx"
            day = BEGUN + timedelta(random.randrange(1, 6))
            told = self._told(accounts, 0.5 if at % 3 == 1 else 1)
            name = ("questions.xlsx", f"Копія {owner} (1).xlsx", f"{at}.xlsx")[at % 3]
            path = self._path(name)
            self._workbook(book, path, told, day)
            if at % 5 == 0:
                shutil.copy(path, self._path(f"copy of {name}"))
            if at % 5 == 1:  # a later version, in which some answers differ
                later = day + timedelta(3)
                again = dict(random.sample(sorted(told.items()), max(1, len(told) // 3)))
                again = {key: self._value(key[1]) for key in again}
                self._workbook(book, self._path(f"corrected {name}"), again, later)
        for at, account in enumerate(self.campaign.accounts.values()):
            if not account.customer or at % 3 == 2:
                continue
            if at % 11 == 0:
                self.declined.add(account.id)
                self._questionnaire(account, {}, "", BEGUN, declined=True)
                continue
            self.customers.add(account.id)
            for role in ROLES[: 1 + at % len(ROLES)]:
                share = 1 if at % 2 else 0.5
                facts = [fact for fact in account.customer if random.random() < share]
                said = {fact: self._value(fact) for fact in facts or account.customer[:1]}
                day = BEGUN + timedelta(random.randrange(1, 10))
                self._questionnaire(account, said, role, day)

    def _path(self, name: str) -> Path:
        path, number = self.to / name, 1
        while path.exists():
            number += 1
            path = self.to / f"{number} {name}"
        return path

    def _value(self, fact: str) -> Any:
        made = self.base.facts[fact]
        value = a_value(made, self.random)
        return made.read(value, str(value))

    def _told(
        self, accounts: tuple[AskedAccount, ...], share: float
    ) -> dict[tuple[str, str, str], Any]:
        told = {}
        for account in accounts:
            for side, facts in (("ours", account.us), ("predicted", account.customer)):
                for fact in facts:
                    if self.random.random() < share:
                        told[account.id, fact, side] = self._value(fact)
        return told

    def _workbook(
        self, sent: Path, path: Path, told: dict[tuple[str, str, str], Any], day: date
    ) -> None:
        """Fill in the workbook that was sent, as somebody would, and note the truth."""
        book = CalamineWorkbook.from_path(str(sent))
        sides = {"kam:campaign": "ours", "kam:predicted": "predicted"}
        with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as written:
            for title in book.sheet_names:
                rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
                side = sides.get(str(rows[0][0]).partition(" ")[0]) if rows else None
                sheet = written.add_worksheet(title)
                heads = rows[0] if rows else []
                above = self.random.randrange(3) if side else 0
                for number, row in enumerate(rows):
                    cells = list(row)
                    if side and number > 1:
                        for column, fact in enumerate(heads):
                            value = told.get((str(row[0]), str(fact), side))
                            if value is not None:
                                cells[column] = self._cell(str(fact), value)
                                key = (str(row[0]), str(fact), side, "")
                                self.truth[key] = (value_data(value), day)
                            if fact == "as_of":
                                cells[column] = day.isoformat()
                    for column, cell in enumerate(cells):
                        if cell != "":
                            sheet.write(number + above, column, cell)

    def _cell(self, fact: str, value: Any) -> Any:
        """Return a value as people write it: words, labels of either language, numbers."""
        labels, lang = self.labels[fact], self.random.choice(("uk", "en"))
        if isinstance(value, frozenset):
            return "; ".join(labels.label(word, lang) for word in sorted(value)) or "none"
        if isinstance(value, str):
            return self.random.choice((value, labels.label(value, lang)))
        if isinstance(value, int) and self.base.facts[fact].doc.unit == "percent":
            return self.random.choice((value, f"{value} %"))
        return value.isoformat() if isinstance(value, date) else value

    def _questionnaire(
        self, account: AskedAccount, told: dict[str, Any], by: str, day: date, **more: bool
    ) -> None:
        document: dict[str, Any] = {
            "kam": 1,
            "campaign": self.campaign.id,
            "saved": f"{day.isoformat()}T12:00:00.000Z",
            "account": {"id": account.id, "name": account.name},
            "customer": {
                fact: {
                    "value": value_data(value) if value != frozenset() else "none",
                    "source": "said",
                    "by": by,
                    "as_of": day.isoformat(),
                }
                for fact, value in told.items()
            },
        }
        if more.get("declined"):
            document["declined"] = "yes"
        text = json.dumps(document, ensure_ascii=False)
        self._path(f"{account.id}-answers.json").write_text(text, encoding="utf-8")
        for fact, value in told.items():
            self.truth[account.id, fact, "theirs", by] = (value_data(value), day)

    def hostile(self) -> int:
        """Write one hostile file of each kind, and return how many files are refused whole."""
        first = next(a for a in self.campaign.accounts.values() if a.us)
        heads = [f"kam:campaign {self.campaign.id}", "Account", first.us[0]]
        rows: list[list[Any]] = [
            heads,
            ["", "", ""],
            [first.id, "", '=HYPERLINK("http://example.org","yes")'],
            ["no-such-account", "", "yes"],
            ["", "", "yes"],
            [f"{first.id}\u0430", "", "yes"],
            [first.id, "", "x" * 32_000],
        ]
        with xlsxwriter.Workbook(str(self._path("hostile.xlsx"))) as book:
            sheet = book.add_worksheet("Questions")
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, str) and cell.startswith("="):
                        sheet.write_formula(number, column, cell, None, "#REF!")
                    elif cell != "":
                        sheet.write_string(number, column, cell)
        with xlsxwriter.Workbook(str(self._path("other campaign.xlsx"))) as book:
            sheet = book.add_worksheet("Questions")
            sheet.write_row(0, 0, ["kam:campaign 0123456789", "Account", first.us[0]])
            sheet.write_row(2, 0, [first.id, "", "yes"])
        other = {"kam": 1, "campaign": "0123456789", "account": {"id": first.id}, "customer": {}}
        self._path("other.json").write_text(json.dumps(other), encoding="utf-8")
        stranger = {"kam": 1, "campaign": self.campaign.id, "account": {"id": "nobody"}}
        self._path("stranger.json").write_text(json.dumps(stranger), encoding="utf-8")
        self._path("deep.json").write_text("[" * 100_000, encoding="utf-8")
        self._path("empty.xlsx").write_bytes(b"")
        self._path("letter.docx").write_bytes(b"PK")
        with zipfile.ZipFile(self._path("bomb.xlsx"), "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
        return 7


def counted(folder: CampaignFolder, base: KnowledgeBase) -> Truth:
    """Return the answers that count in a campaign, as the truth has them."""
    voices = Voices(folder.returned, base)
    found: Truth = {}
    for account in folder.campaign.accounts:
        for side in ("ours", "theirs", "predicted"):
            for fact in voices.facts(account, side):
                for voice in voices.of(account, fact, side):
                    who = voice.answer.by if side == "theirs" else ""
                    found[account, fact, side, who] = (voice.answer.value, voice.answer.day)
    return found


def campaign_round(
    folder: Path, accounts: int, owners: int, seed: int
) -> tuple[CampaignFolder, Returns, dict[str, float], list[str]]:
    """Run a campaign in *folder*.

    Returns:
        The campaign, what returned, seconds of CPU by part, and what was refused.
    """
    judged, random = rules(), Random(seed)
    write_accounts(folder / "accounts", judged.base, accounts, owners)
    seconds, start = {}, time.process_time()

    def asked(account: AskedAccount, campaign: str) -> str:
        of = (account.id, account.name)
        return questionnaire_text(of, judged.base, "uk", BEGUN, (campaign, account.customer))

    made = new_campaign(
        str(folder / "accounts"), folder / "sent", judged, BEGUN, CampaignOptions("uk"), asked
    )
    seconds["new"] = time.process_time() - start
    returns = Returns(made, folder / "sent", judged.base, random, folder / "back")
    returns.write()
    returns.hostile()
    files = sorted(returns.to.iterdir())
    random.shuffle(files)
    start = time.process_time()
    campaign = CampaignFolder(folder / "sent", judged)
    refused: list[str] = []
    for part in (files[::2], files[1::2]):
        refused += campaign.take(part, BEGUN + timedelta(12))[1]
    seconds["take"] = time.process_time() - start
    return CampaignFolder(folder / "sent", judged), returns, seconds, refused


def main() -> None:
    """Print the figures; the exit status is 1 if an answer is not where it belongs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--owners", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        campaign, returns, seconds, refused = campaign_round(
            Path(temporary), asked.accounts, asked.owners, asked.seed
        )
        base = rules().base
        start = time.process_time()
        status = campaign.status(BEGUN + timedelta(12))
        seconds["status"] = time.process_time() - start
    found = counted(campaign, base)
    wrong = {
        key
        for key in found.keys() | returns.truth.keys()
        if found.get(key) != returns.truth.get(key)
    }
    print(f"files taken {len(status.returned)}, refused {len(refused)}")
    print(f"problems {len(status.problems)}")
    print(f"answers expected {len(returns.truth)}, found {len(found)}, wrong {len(wrong)}")
    for key in sorted(wrong)[:10]:
        print("  ", key, found.get(key), returns.truth.get(key))
    print(*sentences(status, "en"), sep="\n")
    print(", ".join(f"{part} {spent:.1f} s of CPU" for part, spent in seconds.items()))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
