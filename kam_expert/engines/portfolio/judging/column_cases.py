"""Run the cases of rule files on the portfolio engine."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from kam_expert.engines.portfolio.judging.finding_columns import Subject
from kam_expert.engines.portfolio.judging.frames import PolarsFrames
from kam_expert.engines.portfolio.judging.portfolio_rules import PortfolioRules
from kam_expert.engines.portfolio.reading.needs import needs_of
from kam_expert.engines.portfolio.reading.portfolio_source import PortfolioSource
from kam_expert.engines.portfolio.writing.run import by_kind
from kam_expert.engines.rule_cases import BEST, CaseRun, readings_of
from kam_expert.errors import CaseError
from kam_expert.facts.columns import TABLES
from kam_expert.facts.tables import as_text, rows_of
from kam_expert.knowledge.status import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from kam_expert.engines.portfolio.judging.frames import Frame, Frames
    from kam_expert.engines.portfolio.reading.chunk_layout import ChunkFrames as Chunk
    from kam_expert.facts.case import Case
    from kam_expert.facts.readings import Readings
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule, RuleCase

_READINGS = (("w", 0), ("s", 1))
Prepared = tuple["Rule", "RuleCase", "Readings"]


def run_cases(
    base: KnowledgeBase, library: Frames | None = None, names: frozenset[str] = frozenset()
) -> Iterator[CaseRun]:
    """Run the cases of all rules, or of the named ones; cases that cannot be built are skipped.

    Args:
        base: The rule base.
        library: Adds columns to frames; Polars by default.
        names: Rules; all of them if empty.
    """
    by_day: dict[date, list[Prepared]] = defaultdict(list)
    for rule in base.rules:
        if rule.status == "retired" or (names and rule.name not in names):
            continue
        for case in rule.cases:
            try:
                readings = readings_of(rule, case, base)
            except CaseError:
                continue
            by_day[readings.day].append((rule, case, readings))
    for day, prepared in by_day.items():
        yield from _run_day(base, library or PolarsFrames(), day, prepared)


class _Unranked(PortfolioSource):
    """Cases are independent, so they have no ranks."""

    def _ranked(self) -> pl.DataFrame:
        return pl.DataFrame()


@contextmanager
def source_of(cases: Sequence[Case], base: KnowledgeBase, day: date) -> Iterator[PortfolioSource]:
    """Yield independent cases as one chunk of a portfolio; each account has its index as its id."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for number, case in enumerate(cases):
        account = replace(case.account, id=str(number))
        for name, listed in rows_of(replace(case, account=account)).items():
            rows[name] += [{key: as_text(cell) for key, cell in row.items()} for row in listed]
    with tempfile.TemporaryDirectory() as folder:
        for name, listed in rows.items():
            if listed:
                columns = dict.fromkeys(key for row in listed for key in row)
                table = pl.DataFrame(listed, schema=dict.fromkeys(columns, pl.String))
                table.write_parquet(Path(folder) / f"{name}.parquet")
        with _Unranked(Path(folder), base, day, needs_of(base), len(cases)) as source:
            yield source


def _run_day(
    base: KnowledgeBase, library: Frames, day: date, prepared: Sequence[Prepared]
) -> Iterator[CaseRun]:
    with source_of([readings.case for _, _, readings in prepared], base, day) as source:
        [chunk] = source.chunks()
        if source.rejected:
            raise AssertionError(source.rejected[0])
    frames = {kind: library.load(frame) for kind, frame in _given(base, chunk, prepared).items()}
    by_rule: dict[str, list[int]] = defaultdict(list)
    for number, (rule, _, _) in enumerate(prepared):
        by_rule[rule.name].append(number)
    for numbers in by_rule.values():
        rule = prepared[numbers[0]][0]
        outcomes = _outcomes(base, library, day, rule, frames)
        for number in numbers:
            outcome = outcomes.get(number, "silent")
            yield CaseRun(rule, prepared[number][1], library.name, outcome)


def _outcomes(
    base: KnowledgeBase,
    library: Frames,
    day: date,
    rule: Rule,
    frames: Mapping[str, Frame],
) -> dict[int, str]:
    """Return the results of a rule, by the number of the case."""
    given = {kind: library.columns(frame) for kind, frame in frames.items()}
    rules = PortfolioRules(base, given, day, library)
    subjects = [s for s in rules.subjects if rule in rules.rules_of(s)]
    columns = {
        (subject, reading): rules.rule(rule, subject.place, reading)
        for subject in subjects
        for reading, _ in _READINGS
    }
    frame = subjects[0].frame
    wanted = [(frame, column) for column in columns.values()]
    made = rules.plan.run(frames, wanted)[frame]
    read = list(dict.fromkeys(["account", frame, *columns.values()]))
    rows = library.read(made, read).sort(frame)
    outcomes: dict[int, str] = {}
    for subject in subjects:
        pairs = zip(
            rows["account"], *(rows[columns[subject, r]] for r, _ in _READINGS), strict=True
        )
        seen = set()
        for number, working, strict in pairs:
            word = Outcome(rule.strength, rule.fact_names, working, strict).word
            if number not in seen:  # the first of a case's entities is meant
                seen.add(number)
                outcomes[number] = max(outcomes.get(number, "silent"), word, key=BEST.index)
    return outcomes


def _given(
    base: KnowledgeBase, chunk: Chunk, prepared: Sequence[Prepared]
) -> dict[str, pl.DataFrame]:
    """Return the frames with the findings and stages that cases give instead of computed ones.

    A case describes the first of its entities of a kind.
    """
    frames = by_kind(chunk)
    belongs = frames["belongs"].select("decision", "person")
    links = frames["link"].select("link", "person")
    frames["belongs_link"] = belongs.join(links, on="person")
    subjects = {Subject(s.finding, s.frame, s.gap) for s in _subjects(base)}
    verdicts = (*base.stage_model.names, "undetermined")
    for frame in ("account", "person", "member", "decision"):
        seen: set[int] = set()
        columns: dict[str, list[Any]] = defaultdict(list)
        for number in frames[frame]["account"].to_list():
            settled = prepared[number][2].settled
            said = {
                name: pair
                for (name, kind, _), pair in settled.findings.items()
                if number not in seen and kind == frame
            }
            seen.add(number)
            if frame == "account":
                columns["stage"].append(settled.verdict if settled.stages else None)
            for reading, index in _READINGS:
                for subject in subjects:
                    if subject.frame == frame:
                        pair = (False, False) if subject.gap else said.get(subject.finding)
                        truth = (pair or (False, False))[index]
                        columns[f"likely {subject.key}~{reading}"].append(truth)
                for verdict in verdicts if frame == "account" else ():
                    open_ = settled.stages is None or verdict in settled.stages[index]
                    columns[f"possible {verdict}~{reading}"].append(open_)
        texts = {name: pl.String for name in columns if name == "stage"}
        added = pl.DataFrame(columns, schema={**dict.fromkeys(columns, pl.Boolean), **texts})
        frames[frame] = pl.concat([frames[frame], added], how="horizontal")
    return frames


def _subjects(base: KnowledgeBase) -> Iterator[Subject]:
    for name, doc in base.findings.items():
        rules = base.rules_for(name)
        if not rules:
            # A case may give a finding that no rule concludes.
            yield Subject(name, doc.about)
        for rule in rules:
            if rule.kind == "gap":
                yield from (Subject(name, "account", gap) for gap in base.gaps)
            else:
                yield Subject(name, rule.kind)
