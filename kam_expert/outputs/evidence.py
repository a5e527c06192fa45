"""The evidence for a conclusion as a report shows it: each item once and in few words.

Each value is shown next to the condition that it meets. A numbered list of sources says who said
it and when. A change that reverses the conclusion is only a mark at a condition if it is the
opposite of that condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.results.diagnosis import Assumption, Finding, Premise, Reason, Reversal

_SIGNS = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}
_STROKE = " / "
_NEED_SOMETHING = ("contains", "contains_any", "contains_all")
_ONE_OR_MORE = {"at_least": 1}
_NOTHING = {"size": 0}
_OPPOSITES = {"at_least": "below", "below": "at_least", "at_most": "above", "above": "at_most"}


class ShortWords(Words):
    """Words for a page that shows conditions next to values: limits are written as signs."""

    def _test(self, name: str, op: str, operand: Any) -> str:
        if op not in _SIGNS:
            return super()._test(name, op, operand)
        fact = self.base.facts.get(name)
        # The value next to "≥ 3" names the maximum.
        score = fact is not None and fact.doc.unit == "score"
        limit = self.number(operand) if score else self.value(name, operand)
        return f"{_SIGNS[op]}\N{NO-BREAK SPACE}{limit}"

    def _words_test(self, name: str, op: str, operand: Any) -> str:
        items = list(operand) if isinstance(operand, tuple | list | frozenset) else [operand]
        if op == "not":
            return f"≠ {self._strokes(name, items)}"
        fact = self.base.facts.get(name)
        others = [word for word in (fact.doc.values if fact else ()) if word not in items]
        if op == "contains_any" and 0 < len(others) < len(items):
            return self._("something besides: %(values)s", values=self._strokes(name, others))
        if op != "is" or len(items) == 1:
            return super()._words_test(name, op, operand)
        if fact is not None and fact.doc.type != "set" and 0 < len(others) < len(items):
            return f"≠ {self._strokes(name, others)}"
        return self._strokes(name, items)

    def _strokes(self, name: str, items: Sequence[Any]) -> str:
        return _STROKE.join(self.value(name, item) for item in items)

    def _size(self, operand: Any) -> str:
        # The names that were found are next to the condition.
        several = isinstance(operand, dict) and operand != {"is": [0]}
        return self.test("", operand) if several else super()._size(operand)

    def assumption(self, assumption: Assumption) -> str:
        """Return what was assumed, in the fewest words."""
        if assumption.is_of_rule:
            return self._(
                "no exception is named: %(facts)s", facts=self._exception(assumption.name)
            )
        return super().assumption(assumption)

    def source_text(self, side: str | None, origin: Mapping[str, Any]) -> str:
        """Return who said something and when, without the line; the side only if it is theirs."""
        whose = [self._("the customer’s answer")] if side == "theirs" else []
        return ", ".join([*whose, *self._source({**origin, "line": None})])


@dataclass(frozen=True)
class Origin:
    """The origin of a value.

    Attributes:
        source: The number of its source; 0 if only the line is known.
        line: The line in the case file; None for a computed value.
        theirs: Whether it is an answer of the customer.
    """

    source: int
    line: int | None
    theirs: bool = False


@dataclass
class Source:
    """One source on one day, and the lines of all its answers."""

    number: int
    says: str
    lines: set[int]


#: The parts of an origin that make a source of its own, apart from the lines of the case file.
_TOLD = {"by", "as_of", "source", "planned"}


class Sources:
    """The sources of what the report shows, in the order of first use."""

    def __init__(self, words: ShortWords) -> None:
        self._words = words
        self._found: dict[tuple[str, str], Source] = {}

    def of(self, side: str | None, origin: Mapping[str, Any] | None) -> Origin | None:
        """Return the origin of a value, and add its source to the list."""
        if origin is None:
            return None
        if origin.get("computed"):
            return Origin(0, None)
        line, file = origin.get("line"), origin.get("file", "")
        elsewhere = file if file != self._words.case_file else ""
        if side != "theirs" and not elsewhere and not _TOLD & set(origin):
            # An account from the store has no lines.
            return Origin(0, line) if line else None
        text = self._words.source_text(side, origin)
        says = ": ".join(part for part in (elsewhere, text) if part)
        new = Source(len(self._found) + 1, says, set())
        source = self._found.setdefault((elsewhere, text), new)
        if line is not None:
            source.lines.add(line)
        return Origin(source.number, line, side == "theirs")

    def __iter__(self) -> Iterator[Source]:
        """Iterate over the sources in the order of their numbers."""
        return iter(self._found.values())


@dataclass
class Found:
    """A value, with whom it is about and its origins."""

    value: str
    of: list[tuple[str, Origin | None]]


@dataclass
class Evidence:
    """One condition with everything that was found about it.

    Attributes:
        asked: The condition; empty if it only repeats the value.
        turns: Whether the conclusion is reversed if this condition alone fails.
        taken: Whether our answer stands in for the customer's.
        at_least_one: Whether it only asks for at least one person.
        finding: The finding, if the condition asks for one.
        pairs: Number of pairs of people that meet the condition; the table of ties has the values.
        counts: The list whose members it counts, if it counts.
    """

    subject: str
    asked: str
    turns: bool
    finding: str | None
    found: list[Found]
    pairs: int = 0
    counts: str = ""
    taken: bool = False
    at_least_one: bool = False

    def add(self, value: str, whose: str, origin: Origin | None) -> None:
        """Add a value, whom it is about, and its origin."""
        entry = next((found for found in self.found if found.value == value), None)
        if entry is None:
            entry = Found(value, [])
            self.found.append(entry)
        if (whose, origin) not in entry.of:
            entry.of.append((whose, origin))

    @property
    def key(self) -> tuple[str, str]:
        """Return the key by which conditions are merged."""
        return self.subject, self.asked

    @property
    def options(self) -> list[tuple[str, bool]]:
        """Return the accepted words, each with whether it was found; empty if none was."""
        words = self.asked.split(_STROKE)
        if len(self.found) != 1 or len(words) == 1 or self.found[0].value not in words:
            return []
        return [(word, word == self.found[0].value) for word in words]

    @property
    def speaks(self) -> bool:
        """Return whether condition and value are clear without a sentence."""
        whose = any(name for found in self.found for name, _ in found.of)
        return not (self.finding or whose or self.pairs or self.counts)


class EvidenceBook:
    """Collects the evidence for reasons.

    Args:
        words: The wording of the page.
        scales: Facts about people that the table of profiles shows with their sources.
    """

    def __init__(self, words: ShortWords, scales: frozenset[str]) -> None:
        self.words = words
        self.scales = scales
        self.sources = Sources(words)

    def of(self, reason: Reason, findings: Sequence[Finding]) -> list[Evidence]:
        """Return the evidence for *reason*, without alternatives that failed.

        Args:
            reason: A reason of the first of *findings*.
            findings: The same conclusion about one or more people.
        """
        premises = [p for p in reason.premises if not p.exception and _carries(p)]
        # Nothing holds below a "none"; the sentence of the rule says what is asked there.
        bare = not premises
        if bare:
            premises = [p for p in reason.premises if not p.exception and p.actual is not None]
        shown: dict[tuple[str, str], Evidence] = {}
        for premise in premises:
            self._add(premise, findings, shown, bare=bare)
        return _pairs_counted(_without_bare_counts(list(shown.values())))

    def _add(
        self,
        premise: Premise,
        findings: Sequence[Finding],
        shown: dict[tuple[str, str], Evidence],
        *,
        bare: bool,
    ) -> None:
        words, about = self.words, findings[0].about
        asked = "" if bare or premise.finding else words.asks(premise)
        subject = words.subject_of(premise)
        evidence = shown.setdefault(
            (subject, asked),
            Evidence(
                subject,
                asked,
                turns=False,
                finding=premise.finding,
                found=[],
                counts=(premise.fact or "").partition("count:")[2],
            ),
        )
        evidence.at_least_one = premise.fact == "count:people" and premise.asks == _ONE_OR_MORE
        evidence.turns |= any(self._turned(premise, r) for r in findings[0].reversed_by)
        evidence.taken |= any(_stands_for_theirs(a, premise) for f in findings for a in f.assumes)
        if premise.finding is not None:
            return
        own = premise.about.kind in ("account", about.kind) and (
            premise.about.kind == "account" or premise.about.id == about.id
        )
        if premise.about.kind == "link" and not own:
            evidence.pairs += 1
            return
        value = words.found(premise)
        evidence.asked = "" if value == asked else evidence.asked
        elsewhere = premise.fact in self.scales and not (own and len(findings) == 1)
        if elsewhere and isinstance(premise.actual, int):
            value = words.number(premise.actual)
        origin = None if elsewhere else self.sources.of(premise.side, premise.origin)
        evidence.add(value, "" if own else words.about(premise.about), origin)

    def spoken_reversals(self, finding: Finding, shown: Sequence[Reason]) -> list[str]:
        """Return the reversals of a finding that have no mark at a condition."""
        premises = _carrying(shown)
        return [
            self.words.reversal(reversal)
            for reversal in finding.reversed_by
            if not any(self._turned(premise, reversal) for premise in premises)
        ]

    def spoken_assumptions(self, findings: Sequence[Finding], shown: Sequence[Reason]) -> list[str]:
        """Return the distinct assumptions of the findings that have no mark at a condition."""
        premises = _carrying(shown)
        said = (
            self.words.assumption(assumption)
            for finding in findings
            for assumption in finding.assumes
            if not any(_stands_for_theirs(assumption, premise) for premise in premises)
        )
        return list(dict.fromkeys(said))

    def _turned(self, premise: Premise, reversal: Reversal) -> bool:
        same = (premise.about, premise.fact, premise.side) == (
            reversal.about,
            reversal.fact,
            reversal.side,
        )
        fact = self.words.base.facts.get(reversal.fact)
        return same and fact is not None and _is_opposite(premise.asks, reversal.to, fact)


def _without_bare_counts(shown: list[Evidence]) -> list[Evidence]:
    """Drop conditions that only ask for at least one person if other evidence names people."""
    counts = [e for e in shown if e.at_least_one]
    named = any(e.found and not e.counts and not e.speaks for e in shown)
    return [e for e in shown if e not in counts] if named else shown


def _pairs_counted(shown: list[Evidence]) -> list[Evidence]:
    """Move what is asked of counted pairs into the condition that counts them."""
    counts = [e for e in shown if e.found and e.counts == "links"]
    if len(counts) != 1:
        return shown
    where = [e for e in shown if e.pairs and not e.found]
    if where:
        said = "; ".join(f"{e.subject} {e.asked}".strip() for e in where)
        counts[0].subject = f"{counts[0].subject} ({said})"
    return [e for e in shown if e not in where]


def _stands_for_theirs(assumption: Assumption, premise: Premise) -> bool:
    return assumption.kind == "our_answer" and (assumption.about, assumption.name) == (
        premise.about,
        premise.fact,
    )


def _is_opposite(asks: Mapping[str, Any], to: Mapping[str, Any], fact: Fact) -> bool:
    if len(asks) != 1 or len(to) != 1:
        return False
    [(op, operand)], [(other, wanted)] = asks.items(), to.items()
    if op in _OPPOSITES:
        return bool(other == _OPPOSITES[op] and wanted == operand)
    if fact.doc.type == "set":
        return to == _NOTHING and (op in _NEED_SOMETHING or operand == _ONE_OR_MORE)
    if op not in ("is", "not") or fact.doc.type not in ("choice", "ordered", "yes_no"):
        return False
    named = set(operand if isinstance(operand, tuple | list | frozenset) else [operand])
    words = set(fact.words())
    return other == "is" and set(wanted) == (words - named if op == "is" else named)


def _carrying(reasons: Sequence[Reason]) -> list[Premise]:
    return [p for reason in reasons for p in reason.premises if not p.exception and _carries(p)]


def _carries(premise: Premise) -> bool:
    known = premise.actual is not None or premise.finding or premise.fact == "stage"
    return bool(known or "unknown" in premise.asks) and (
        premise.holds is True or not premise.alternative
    )
