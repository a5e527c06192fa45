"""Questions about one account, for commands and other programs, with data and words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from kam_expert.engines.assemble import assemble
from kam_expert.engines.assemble import diagnose as diagnosed
from kam_expert.engines.forward_chaining import engine_of
from kam_expert.engines.inquiry.ask import ask
from kam_expert.engines.inquiry.compare import what_if
from kam_expert.engines.inquiry.counterfactual import fragile, path, strategy_path
from kam_expert.engines.inquiry.trace import leading_to
from kam_expert.engines.inquiry.variants import Variants
from kam_expert.engines.inquiry.why import why
from kam_expert.engines.inquiry.why_not import stage_not, why_not
from kam_expert.errors import KamError, did_you_mean, shortened
from kam_expert.facts.change_text import read_change
from kam_expert.facts.readings import Readings
from kam_expert.knowledge.by_name import by_name, findings_and_stages, stages_and_strategies
from kam_expert.outputs.ask_text import AskText
from kam_expert.outputs.comparison_text import ComparisonText
from kam_expert.outputs.inquiry_json import render_inquiry
from kam_expert.outputs.path_text import PathText
from kam_expert.outputs.why_not_text import WhyNotText
from kam_expert.outputs.why_text import WhyText

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from kam_expert.engines.settling import Key
    from kam_expert.facts.case import Case
    from kam_expert.facts.changes import Slot
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.results.inquiry import Firing

#: The most ids that an error lists.
_IDS = 8
#: Which rules a trace holds: those that led to the finding, or all that fired.
Traced = Literal["chain", "all"]


@dataclass(frozen=True)
class InquiryAnswer:
    """The answer to a question about an account.

    Attributes:
        kind: The key of the answer in JSON, such as ``why_not``.
        data: Data classes of `kam_expert.results.inquiry`, or lists of them.
        said: The answer in words, of the rule base and the case, in a language, for a day.
        trace: The rules that fired, if they were asked for.
    """

    kind: str
    data: Any
    said: Callable[[KnowledgeBase, Case, str, date], str]
    trace: Sequence[Firing] | None = None


@dataclass(frozen=True)
class Inquiries:
    """One account on one day, and what can be asked about it.

    Attributes:
        shown: How a command names the account, for hints in errors.
    """

    case: Case
    base: KnowledgeBase
    day: date
    shown: str = "CASE"

    @cached_property
    def variants(self) -> Variants:
        """The account, settled, with what it would be with other answers."""
        return Variants(self.case, self.base, self.day)

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """The diagnosis of the account."""
        return diagnosed(self.case, self.base, self.day, engine_of(self.base))

    def json(self, answered: InquiryAnswer) -> str:
        """Return an answer as JSON with texts in both languages."""
        answers = {answered.kind: answered.data}
        if answered.trace is not None:
            answers["trace"] = answered.trace
        return render_inquiry(answers, self.case, self.base, self.day)

    def text(self, answered: InquiryAnswer, lang: str) -> str:
        """Return an answer as text, followed by the trace if there is one."""
        return answered.said(self.base, self.case, lang, self.day)

    def why(
        self, name: str, about: str | None = None, trace: Traced | None = None
    ) -> InquiryAnswer:
        """Explain why a finding, stage or strategy is concluded.

        Args:
            name: Its id, or its name in either language.
            about: The id of a person or another entity; all by default.
            trace: Which rules to trace, if any.

        Raises:
            KamError: It is unknown, not concluded, or about nobody of that id.
        """
        name = self._finding(name)
        settled, fired = engine_of(self.base).trace(Readings(self.case, self.base, self.day))
        diagnosis = assemble(settled, self.base)
        if name in self.base.stage_model.names:
            return self._why_stage(name, diagnosis, fired, trace)
        strategy = () if diagnosis.strategy is None else (diagnosis.strategy.found,)
        found = [f for f in (*diagnosis.findings, *strategy) if f.id == name]
        if not found:
            raise KamError(f"{name} is not concluded here; ask kam why-not {self.shown} {name}")
        if about is not None:
            ids = [f.about.fact or f.about.id for f in found]
            found = [f for f in found if about in (f.about.id, f.about.fact)]
            if not found:
                raise KamError(
                    f"{name} is concluded about {', '.join(ids)}, "
                    f'not "{shortened(about)}".{did_you_mean(about, ids)}'
                )
        answers = [why(one, diagnosis) for one in found]
        if trace == "chain":
            fired = leading_to([(f.id, f.about) for f in found], fired, diagnosis, self.base)
        shown = fired if trace else None
        return InquiryAnswer(
            "why", answers, lambda *of: WhyText(*of).why_each(answers, shown), shown
        )

    def _why_stage(
        self, name: str, diagnosis: Diagnosis, fired: Sequence[Firing], trace: Traced | None
    ) -> InquiryAnswer:
        if name != diagnosis.stage.verdict:
            raise KamError(
                f"the stage is {diagnosis.stage.verdict}, not {name}; "
                f"ask kam why-not {self.shown} {name}"
            )
        if trace == "chain":
            fired = leading_to([], fired, diagnosis, self.base, stage=True)
        shown = fired if trace else None
        return InquiryAnswer(
            "why", diagnosis.stage, lambda *of: WhyText(*of).why_stage(diagnosis, shown), shown
        )

    def why_not(self, name: str, about: str | None = None) -> InquiryAnswer:
        """Explain why a finding, stage or strategy is not concluded. Raises as `why`."""
        name = self._finding(name)
        if name in self.base.stage_model.names:
            stage = stage_not(self.variants, name)
            return InquiryAnswer("why_not", stage, lambda *of: WhyNotText(*of).stage_not(stage))
        findings = self.variants.now.findings
        keys = self._about([key for key in findings if key[0] == name], name, about)
        open_ = [key for key in keys if findings[key].working is not True]
        if not open_:
            state = "is concluded" if keys else "is about nothing in this case"
            hint = f"; ask kam why {self.shown} {name}" if keys else ""
            raise KamError(f"{name} {state}{hint}")
        answers = [why_not(self.variants, key) for key in open_]
        return InquiryAnswer("why_not", answers, lambda *of: WhyNotText(*of).why_not(answers))

    def what_if(self, changes: Sequence[str]) -> InquiryAnswer:
        """Compare the account with what it would be after changes, each ``fact=value``.

        Raises:
            KamError: A change is invalid, or two are of one answer.
        """
        read: dict[Slot, Any] = {}
        for text in changes:
            slot, value = read_change(text, self.case, self.base, self.day)
            if slot in read:
                raise KamError(f'"{shortened(text)}": {slot.fact} is changed twice')
            read[slot] = value
        answer = what_if(self.variants, read)
        return InquiryAnswer("what_if", answer, lambda *of: ComparisonText(*of).comparison(answer))

    def ask(self, top: int) -> InquiryAnswer:
        """Return the questions to ask next, with the effect of an answer to the first *top*."""
        answer = ask(self.variants, top)
        return InquiryAnswer("ask", answer, lambda *of: AskText(*of).questioning(answer))

    def path(self, target: str | None = None) -> InquiryAnswer:
        """Return the fewest changes that reach a stage or strategy, and what would lose the stage.

        Args:
            target: By default the target stage of the case, or the last stage.

        Raises:
            KamError: It is unknown.
        """
        stages = self.base.stage_model.names
        goal = target or self.case.notes.target_stage or stages[-1]
        known = stages_and_strategies(self.base)
        goal = by_name(
            goal,
            known,
            f'"{shortened(goal)}" is neither a stage nor a strategy; it is one of '
            f"{', '.join(known)}.",
        )
        if self.base.strategy(goal) is None:
            answer, weak = path(self.variants, goal), fragile(self.variants)
        else:
            answer, weak = strategy_path(self.variants, goal), ()
        return InquiryAnswer(
            "path", {"to": answer, "fragile": weak}, lambda *of: PathText(*of).paths(answer, weak)
        )

    def _finding(self, name: str) -> str:
        """Return the id of a finding, stage or strategy by its id or name. Raises KamError."""
        unknown = f'unknown finding or stage "{shortened(name)}".'
        return by_name(name, findings_and_stages(self.base), unknown)

    @staticmethod
    def _about(keys: list[Key], name: str, about: str | None) -> list[Key]:
        """Return the *keys* about the entity *about*; all if it is None."""
        if about is None:
            return keys
        found = [key for key in keys if key[2] == about]
        if not found:
            ids = [key[2] for key in keys]
            raise KamError(
                f"{name} is about {_listed(ids) or 'nothing in this case'}, "
                f'not "{shortened(about)}".{did_you_mean(about, ids)}'
            )
        return found


def _listed(ids: Sequence[str]) -> str:
    """Return the first few ids, and "…" if there are others."""
    return ", ".join([*ids[:_IDS], *(["…"] if len(ids) > _IDS else [])])
