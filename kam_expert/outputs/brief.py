"""The first page of a report, in sentences: what the relationship is, why, what to do, what to ask.

The amount of text is the same in every language: the words of each language are counted, and as
much of the evidence and of the reasons for moves is shown as the longest of them has room for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.status import at_least_likely
from kam_expert.knowledge.strategy import GROUP
from kam_expert.outputs.brief_parts import Brief, Details, MoveTold, ReasonTold
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.outputs.plan_shown import named, shown_plan
from kam_expert.outputs.topics import sorted_topics
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from kam_expert.facts.case import Case, Entity
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.outputs.plan_shown import MoveShown
    from kam_expert.results.diagnosis import Cause, Diagnosis, Finding, OpenQuestion

#: The most words of the first page, without the picture.
MOST_WORDS = 250
_REASONS = 3
_MOVES = 5
#: A name or a text of the case that is longer is cut, in characters. No real name is.
_LONGEST = 120
#: How many are named of those whom a sentence is about; one where names are very long.
_NAMED = (3, 1)
#: How much of the page is shown, the most that fits first. The first move always says why.
_DETAILS = (
    *(Details(evidence, _MOVES) for evidence in range(_REASONS, 0, -1)),
    *(Details(1, because) for because in range(_MOVES - 1, 1, -1)),
    *(Details(0, because) for because in range(_MOVES, 0, -1)),
    *(Details(0, 1, moves) for moves in range(_MOVES - 1, 0, -1)),
)


def brief_of(diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str) -> Brief:
    """Return the first page of a report.

    Args:
        diagnosis: The diagnosis.
        case: The facts.
        base: The rule base with the texts.
        lang: ``uk`` or ``en``.
    """
    for told in (_told(diagnosis, case, base, most) for most in _NAMED):
        for details in _DETAILS:
            pages = {each: page.with_details(details) for each, page in told.items()}
            if all(page.words <= MOST_WORDS for page in pages.values()):
                return pages[lang]
    return pages[lang]


def _told(diagnosis: Diagnosis, case: Case, base: KnowledgeBase, named: int) -> dict[str, Brief]:
    """Return all that there is to tell on the page, in each language."""
    told = {each: _BriefBuilder(diagnosis, case, base, each, named).brief() for each in LANGUAGES}
    repeated = {n for page in told.values() for n, r in enumerate(page.reasons) if r.is_repeated}
    return {each: page.without_evidence(repeated) for each, page in told.items()}


class _BriefWords(Words):
    """Words with names short enough for one page."""

    def called(self, entity: Entity) -> str:
        """Return the name of an entity, cut if it is long."""
        return _cut(super().called(entity))

    def compared(self, same: int, differ: int) -> str:
        """Return on how many questions the answers of the two sides agree and differ."""
        if not differ:
            return self._n(
                "Both sides answered %(num)d question, and the answers agree.",
                "Both sides answered %(num)d questions, and all answers agree.",
                same,
                num=same,
            )
        if not same:
            return self._n(
                "Both sides answered %(num)d question, and the answers differ.",
                "Both sides answered %(num)d questions, and all answers differ.",
                differ,
                num=differ,
            )
        return self._n(
            "Both sides answered %(total)d question: on %(same)d the answers agree, on %(differ)d "
            "they differ.",
            "Both sides answered %(total)d questions: on %(same)d the answers agree, on "
            "%(differ)d they differ.",
            same + differ,
            total=same + differ,
            same=same,
            differ=differ,
        )

    def features_known(self, known: int, total: int) -> str:
        """Return how many of the features of the stages are known."""
        if not known:
            return self._(
                "None of the %(total)d features by which a stage is told is known yet.", total=total
            )
        return self._n(
            "Of the %(total)d features by which a stage is told, %(num)d is known.",
            "Of the %(total)d features by which a stage is told, %(num)d are known.",
            known,
            total=total,
            num=known,
        )


class _BriefBuilder:
    """Writes the first page in one language."""

    def __init__(
        self, diagnosis: Diagnosis, case: Case, base: KnowledgeBase, lang: str, named: int
    ) -> None:
        self.diagnosis = diagnosis
        self.base = base
        self.named = named
        self.with_year = True
        self.words = _BriefWords(base, case, lang, diagnosis.day)
        self._ = self.words._

    def brief(self) -> Brief:
        if self.diagnosis.edition is Edition.CUSTOMER:
            return self._joint()
        return Brief(
            self._verdict(),
            self._lead(),
            self._cause(),
            tuple(self._reasons()[:_REASONS]),
            tuple(self._moves())[:_MOVES],
            self._find_out(),
        )

    def _joint(self) -> Brief:
        """Return the page for the customer: no stage and no strategy."""
        gaps = [f for f in self.diagnosis.concluded() if f.about.fact is not None]
        differ = {found.about.fact for found in gaps}
        same = [name for name in self._answered_by_both() if name not in differ]
        return Brief(
            "",
            self._counted(len(same), len(differ)),
            "",
            tuple(self._agreed(same))[:_REASONS],
            tuple(self._moves())[:_MOVES],
            self._find_out(),
            joint=True,
            differences=tuple(self._differences(gaps))[:_REASONS],
        )

    def _answered_by_both(self) -> list[str]:
        """Return the pairs of facts that both sides have answered."""
        account = self.words.case.account
        return [
            name
            for name, pair in self.base.gaps.items()
            if account.ours.get(pair.ours) and account.theirs.get(pair.theirs)
        ]

    def _counted(self, same: int, differ: int) -> str:
        if not same + differ:
            return self._(
                "The two sides have not answered the same questions yet, so it is not known where "
                "they agree."
            )
        return self.words.compared(same, differ)

    def _agreed(self, same: list[str]) -> Iterator[ReasonTold]:
        for topic in sorted_topics(self.diagnosis, self.base).strengths:
            yield ReasonTold(self.words.headline(topic.first))
        if same:
            names = self._listed([self.words.compared_fact(name) for name in same])
            yield ReasonTold(self._("Both sides answer alike about: %(facts)s.", facts=names))

    def _differences(self, gaps: list[Finding]) -> Iterator[str]:
        for found in gaps:
            said = self._answers_of_sides(found)
            if said:
                yield self._(
                    "%(fact)s: the supplier’s answer is “%(ours)s”, "
                    "the customer’s is “%(theirs)s”.",
                    **said,
                )

    def _answers_of_sides(self, found: Finding) -> dict[str, str]:
        """Return the facts that the two sides answered differently, and both answers."""
        said = {
            premise.side: self.words.found(premise)
            for reason in found.reasons
            for premise in reason.premises
            if premise.side
        }
        gap = self.words.gap(found)
        if "ours" not in said or "theirs" not in said:
            return {}
        return {"fact": gap[:1].upper() + gap[1:], "ours": said["ours"], "theirs": said["theirs"]}

    # What the relationship is, and what to do with it

    def _verdict(self) -> str:
        stage, strategy = self.diagnosis.stage, self.diagnosis.strategy
        is_named = stage.verdict != UNDETERMINED
        both_may_change = (
            is_named and strategy and not strategy.chosen and not strategy.found.firm
            and not stage.firm
        )  # fmt: skip
        said = []
        if strategy is not None:
            how = self._("chosen") if strategy.chosen else self._certainty(firm=strategy.found.firm)
            told = self._("Strategy: %(strategy)s", strategy=self.words.finding(strategy.effective))
            said.append(told if both_may_change else f"{told} ({how})")
        told = self._("Stage: %(stage)s", stage=self.words.stage(stage.verdict))
        how = self._certainty(firm=stage.firm)
        said.append(f"{told} ({how})" if is_named and not both_may_change else told)
        if both_may_change:
            said.append(self._("New answers may change both"))
        return ". ".join(said) + "."

    def _certainty(self, *, firm: bool) -> str:
        return self._("firm") if firm else self._("new answers may change it")

    def _lead(self) -> str:
        opening = self.base.stage_model.opening(self.diagnosis.stage.verdict)
        if opening is None:
            name = self.words.stage(self.diagnosis.stage.verdict)
            said = self._("The stage of the relationship is “%(stage)s”", stage=name)
        else:
            said = opening.get(self.words.lang)
        what = self._what_to_do()
        return f"{said}; {what}." if what else f"{said}."

    def _what_to_do(self) -> str:
        strategy = self.diagnosis.strategy
        if strategy is None:
            return ""
        found = self.base.strategy(strategy.effective)
        if strategy.chosen is None and found is not None and found.opening is not None:
            return found.opening.get(self.words.lang)
        name = self.words.finding(strategy.effective)
        if strategy.chosen is None:
            return self._("the strategy is “%(strategy)s”", strategy=name)
        return self._(
            "the strategy chosen is “%(strategy)s”: %(reason)s",
            strategy=name,
            reason=_cut(strategy.chosen.reason).rstrip("."),
        )

    def _cause(self) -> str:
        cause = next(iter((*self._causes_of_strategy(), *self.diagnosis.causes)), None)
        if cause is None:
            return ""
        name = self.words.finding(cause.first.id)
        names = [whom for f in cause.findings if (whom := self.words.whom(f.about))]
        if names:
            name = f"{name} ({self._listed(names)})"
        if cause.first.status == "established":
            return self._("Main problem or risk: %(cause)s.", cause=name)
        return self._("Probable main problem or risk: %(cause)s.", cause=name)

    def _listed(self, names: list[str]) -> str:
        said = ", ".join(names[: self.named])
        more = len(names) - self.named
        return said if more <= 0 else self._("%(names)s and %(num)d more", names=said, num=more)

    # Why

    def _reasons(self) -> list[ReasonTold]:
        told: set[tuple[str, str]] = set()
        reasons = []
        for findings in self._grounds():
            first = findings[0]
            if (first.id, first.about.id) not in told:
                told |= {(found.id, found.about.id) for found in findings}
                reasons.append(self._reason(findings))
        settled = self._settled()
        if settled:
            # Where the strategy has a cause of its own, this only says why no stage is named.
            place = _REASONS - 1 if self._causes_of_strategy() else 0
            reasons.insert(place, ReasonTold(settled))
        return reasons

    def _settled(self) -> str:
        """Return how much is known, where that is too little to name the stage."""
        stage = self.diagnosis.stage
        features = stage.features
        known = sum(f.status == "absent" or at_least_likely(f.status) for f in features)
        if stage.verdict in stage.reached or not features or 2 * known >= len(features):
            return ""
        return self.words.features_known(known, len(features))

    def _grounds(self) -> Iterator[tuple[Finding, ...]]:
        """Yield the findings that are reasons, the best first.

        What the strategy rests on comes first: obstacles by their main cause, or what is good if no
        obstacle is part of it. Then follow the other main causes, strengths and circumstances.
        """
        diagnosis = self.diagnosis
        causes = self._causes_of_strategy()
        found = [diagnosis.finding(name) for name in self._strategy_rests_on()]
        good = [(f,) for f in found if f and at_least_likely(f.status)]
        yield from [cause.findings for cause in causes] or good
        for cause in diagnosis.causes:
            yield cause.findings
        topics = sorted_topics(diagnosis, self.base)
        for topic in (*topics.strengths, *topics.circumstances):
            if self.base.findings[topic.first.id].group != GROUP:
                yield topic.findings

    def _causes_of_strategy(self) -> list[Cause]:
        """Return the main causes that the strategy rests on, itself or by what follows."""
        names = set(self._strategy_rests_on())
        return [
            cause
            for cause in self.diagnosis.causes
            if names & {found.id for found in (*cause.findings, *cause.rests)}
        ]

    def _strategy_rests_on(self) -> list[str]:
        strategy = self.diagnosis.strategy
        if strategy is None:
            return []
        return [
            premise.finding
            for reason in strategy.found.reasons
            for premise in reason.premises
            if premise.finding and premise.holds and not premise.exception
        ]

    def _gap_reason(self, findings: tuple[Finding, ...]) -> ReasonTold:
        """Return a reason about answers of the two sides: on what they differ, and the first."""
        facts = self._listed([self.words.gap(found) for found in findings])
        says = f"{self.words.headline(findings[0]).rstrip('.')}: {facts}."
        said = self._answers_of_sides(findings[0])
        evidence = self._(
            "%(fact)s: our answer is “%(ours)s”, the customer’s is “%(theirs)s”.", **said
        )
        return ReasonTold(says, evidence if said else "")

    def _reason(self, findings: tuple[Finding, ...]) -> ReasonTold:
        first = findings[0]
        if first.about.fact is not None:
            return self._gap_reason(findings)
        says, name = self.words.headline(first), self.words.about(first.about)
        if first.about.kind in ("person", "member", "link") and name not in says:
            who = {"person": self._("at the customer"), "member": self._("on our side")}
            side = who.get(first.about.kind)
            says = f"{name}{f' ({side})' if side else ''}: {says[:1].lower()}{says[1:]}"
        others = [self.words.about(found.about) for found in findings[1:]]
        if others:
            says += " " + self._("The same holds for: %(names)s.", names=self._listed(others))
        order = ("establishes", "suggests", "hints")
        reasons = sorted(
            (reason for reason in first.reasons if reason.outcome != "open"),
            key=lambda reason: (reason.outcome != "holds", order.index(reason.strength)),
        )
        return ReasonTold(says, self.words.explain(reasons[0], first) if reasons else "")

    # What to do, and what to find out

    def _moves(self) -> Iterator[MoveTold]:
        plan = shown_plan(self.diagnosis, self.words)
        days = [entry.entry.due for entry in plan.own] + [shown.due for shown in plan.moves]
        # Among days of several years each has its year.
        self.with_year = {day.year for day in days[:_MOVES] if day} != {self.diagnosis.day.year}
        for number, entry in enumerate(plan.own, 1):
            what, who = _cut(entry.name), _cut(entry.who)
            yield self._move(what, "", who, entry.entry.due, f"s{number}")
        for shown in plan.moves:
            whom = [self._listed(list(shown.whom))] if shown.whom else []
            name = named("; ".join((shown.title, *map(_lower, shown.with_titles))), whom)
            because = self._because(shown)
            yield self._move(name, because, shown.who, shown.due, f"s{shown.move.place}")

    def _move(self, what: str, because: str, who: str, due: date | None, place: str) -> MoveTold:
        said = [who] if who else []
        if due:
            written = self.words.dated if self.with_year else self.words.day_and_month
            said.append(self._("by %(day)s", day=written(due)))
        return MoveTold(what, because, ", ".join(said), place)

    def _because(self, shown: MoveShown) -> str:
        """Return why a move is made: what it answers, as a clause; empty if nothing says it."""
        move = shown.move
        grounds = [name for name in self._strategy_rests_on() if name in move.because]
        for name in (*grounds, *filter(None, (move.finding,)), *move.because):
            doc = self.base.findings[name]
            if doc.because is not None:
                return self._("because %(clause)s", clause=doc.because.get(self.words.lang))
        return ""

    def _find_out(self) -> str:
        question = next(iter(self.diagnosis.open_questions), None)
        if question is None:
            return self.words.nothing_to_ask(self.diagnosis.edition)
        if self.diagnosis.edition is Edition.CUSTOMER:
            return self._asked(question)
        return f"{self._asked(question)} {self._could_change(question)}".strip()

    def _asked(self, question: OpenQuestion) -> str:
        if self.diagnosis.edition is Edition.CUSTOMER:
            ask = self._question(question, question.asked_of)
            return self._("Let us answer this together: “%(question)s”", question=ask)
        us, customer = (self._question(question, side) for side in ("us", "customer"))
        if question.asked_of == "us":
            return self._("First ask our own people: “%(question)s”", question=us)
        if question.asked_of == "customer":
            return self._("First ask the customer: “%(question)s”", question=customer)
        if us == customer:
            return self._("First ask both sides, each for itself: “%(question)s”", question=us)
        return self._(
            "First ask our own people: “%(us)s” And ask the customer: “%(customer)s”",
            us=us,
            customer=customer,
        )

    def _question(self, question: OpenQuestion, asked_of: str) -> str:
        """Return a question to one side as a sentence."""
        ask = self.words.question(question.name, asked_of, self.diagnosis.edition)
        if question.about.kind != "account":
            ask = f"{self.words.about(question.about)}: {ask}"
        return ask if ask.endswith((".", "?", "!", "…")) else f"{ask}."

    def _could_change(self, question: OpenQuestion) -> str:
        if "stage" not in question.could_change:
            return ""
        strategy = self.diagnosis.strategy
        if strategy is not None and strategy.found.firm and strategy.chosen is None:
            return self._("What they say could change the stage, and not the strategy.")
        return self._("What they say could change the stage.")


def _lower(text: str) -> str:
    """Return a text with a small first letter."""
    return text[:1].lower() + text[1:]


def _cut(text: str) -> str:
    """Return a text of the case, cut with … if it is longer than any name."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
