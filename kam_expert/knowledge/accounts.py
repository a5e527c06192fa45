"""Whole accounts with the diagnosis that is expected of them: ``rules/accounts/``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import Field

from kam_expert.errors import KamError, Place, Problem, ProblemsError, unknown_name
from kam_expert.knowledge.documents import Doc, Text, parse, parse_date
from kam_expert.knowledge.rule_base_files import ACCOUNTS
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.yaml_reader import Seq, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.yaml_reader import Map

#: The folder of accounts by authors who had not seen the rules.
BLIND = "blind"
Part = Literal["stage", "strategy", "causes", "first_moves", "never_findings", "never_steps"]
#: What is compared, in the order of the table.
PARTS: tuple[Part, ...] = get_args(Part)
#: The number of first moves that are compared.
MOVES = 3

Names = Annotated[list[str], Field(min_length=1)]


class ExpectsDoc(Doc):
    """What is expected of a diagnosis."""

    stage: Names
    strategy: list[str]
    causes: list[str]
    first_moves: Annotated[list[Names], Field(max_length=MOVES)]
    never_findings: list[str]
    never_steps: list[str]


class DiffersDoc(Doc):
    """Parts in which the outcome may differ from what is expected, and why that was decided."""

    on: Annotated[list[Part], Field(min_length=1)]
    why: Text


class ChangedDoc(Doc):
    """When and why an expectation was corrected."""

    date: str
    why: Text | str


class AccountDoc(Doc):
    """``accounts/<account>.yaml``."""

    account: str
    about: Text
    date: str
    case: dict[str, Any]
    expects: ExpectsDoc
    because: Text
    differs: DiffersDoc | None = None
    changed: ChangedDoc | None = None


@dataclass(frozen=True)
class WholeAccount:
    """An account with what is expected of its diagnosis.

    Attributes:
        group: The folder below that of the accounts; empty for those directly in it.
        case: As in a case file.
        expects: With the stages by the names of the rule base.
        unknown: Names that the expectations of a blind account use and nothing has.
        problems: What is invalid, apart from the case, which only the reader of cases can check.
    """

    name: str
    file: str
    group: str
    day: date
    case: Map
    expects: ExpectsDoc
    differs: frozenset[str]
    unknown: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def blind(self) -> bool:
        """Whether the author had not seen the rules; it is counted and never a failure."""
        return bool(self.group)


def read_accounts(
    folder: Path, base: KnowledgeBase
) -> tuple[tuple[WholeAccount, ...], tuple[Problem, ...]]:
    """Read the whole accounts of the rule base in *folder*.

    Returns:
        The accounts by folder and name, blind ones last, and the problems of files without a valid
        form.
    """
    accounts: list[WholeAccount] = []
    problems: list[Problem] = []
    top = folder / ACCOUNTS
    folders = [top, top / BLIND, *sorted(p for p in top.glob(f"{BLIND}/*") if p.is_dir())]
    for path in [path for place in folders for path in sorted(place.glob("*.yaml"))]:
        shown = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        try:
            node = read_file(path, shown)
        except ProblemsError as error:
            problems.extend(error.problems)
            continue
        except KamError as error:
            problems.append(Problem(Place(shown), str(error).removeprefix(f"{shown}: ")))
            continue
        doc, found = parse(AccountDoc, node, Place(shown, 1, 1))
        problems.extend(found)
        if doc is not None:
            day = parse_date(doc.date)
            if day is None:
                problems.append(Problem(node.at("date"), f'"{doc.date}" is no date (YYYY-MM-DD)'))
            else:
                accounts.append(_account(shown, node, doc, day, base))
    names: dict[str, str] = {}
    for account in accounts:
        if account.name in names:
            message = f'duplicate account "{account.name}", also in {names[account.name]}'
            problems.append(Problem(Place(account.file), message))
        names[account.name] = account.file
    return tuple(accounts), tuple(problems)


def strategies_of(base: KnowledgeBase) -> tuple[str, ...]:
    """Return the ids of the strategies of a rule base; it may have none."""
    return tuple(strategy.id for strategy in base.strategies)


def uncovered(base: KnowledgeBase, accounts: Iterable[WholeAccount]) -> Iterator[Problem]:
    """Yield the strategies that no account expects, and the kinds of steps that none does first."""
    accounts = tuple(accounts)
    place = Place(f"{base.folder}/{ACCOUNTS}")
    strategies = {name for account in accounts for name in account.expects.strategy}
    steps = {name for a in accounts for move in a.expects.first_moves for name in move}
    kinds = {base.steps[name].kind for name in steps if name in base.steps}
    for name in strategies_of(base):
        if name not in strategies:
            yield Problem(place, f'no account expects the strategy "{name}"')
    for name in base.step_book.kinds:
        if name not in kinds:
            yield Problem(place, f'no account expects a step of the kind "{name}" first')


def _account(file: str, node: Map, doc: AccountDoc, day: date, base: KnowledgeBase) -> WholeAccount:
    path, _, name = file.rpartition("/")
    stem = name.removesuffix(".yaml")
    group = path.partition(f"/{ACCOUNTS}/")[2]
    problems: list[Problem] = []
    if doc.account != stem:
        message = f'the account is named "{doc.account}" and its file "{stem}"'
        problems.append(Problem(node.at("account"), message))
    unknown = []
    for kind, name, known, place in _unknown_names(node["expects"], base):
        if group:
            unknown.append(f"{kind} {name}")
        else:
            problems.append(Problem(place, unknown_name(kind, name, known)))
    words = _stage_words(base)
    stages = list(dict.fromkeys(words.get(name, name) for name in doc.expects.stage))
    return WholeAccount(
        name=doc.account,
        file=file,
        group=group,
        day=day,
        case=node["case"],
        expects=doc.expects.model_copy(update={"stage": stages}),
        differs=frozenset(doc.differs.on if doc.differs else ()),
        unknown=tuple(dict.fromkeys(unknown)),
        problems=tuple(problems),
    )


def _stage_words(base: KnowledgeBase) -> dict[str, str]:
    """Return the verdicts by the words for them: their names and two plain words."""
    model = base.stage_model
    names = {name: name for name in (*model.names, UNDETERMINED)}
    return {**names, "between": model.between, "unknown": UNDETERMINED}


def _unknown_names(
    expects: Map, base: KnowledgeBase
) -> Iterator[tuple[str, str, Iterable[str], Place]]:
    """Yield the names that nothing has: kind, name, known names and place."""
    used: tuple[tuple[str, str, Iterable[str]], ...] = (
        ("stage", "stage", _stage_words(base)),
        ("strategy", "strategy", strategies_of(base)),
        ("finding", "causes", base.findings),
        ("step", "first_moves", base.steps),
        ("finding", "never_findings", base.findings),
        ("step", "never_steps", base.steps),
    )
    for kind, key, known in used:
        if kind == "strategy" and not known:
            continue
        listed = expects.get(key) or Seq(expects.place)
        for names in listed if key == "first_moves" else [listed]:
            for index, name in enumerate(names):
                if name not in known:
                    yield kind, name, known, names.at(index)
