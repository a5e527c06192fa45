"""Answers of inquiries as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.outputs.answer_words import answers_said
from kam_expert.outputs.plan_words import PlanWords
from kam_expert.outputs.stage_words import nearness, other_stages
from kam_expert.outputs.terminal import Lines
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.about import About
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.diagnosis import Diagnosis, Finding, OpenQuestion, Premise, Reason
    from kam_expert.results.inquiry import (
        AnswerEffect,
        Asserted,
        ChangedPart,
        Comparison,
        FactSet,
        FindingChange,
        Firing,
        Fragility,
        Paths,
        Questioning,
        RuleNot,
        Shortfall,
        StageNot,
        StrategyChange,
        Why,
        WhyNot,
    )

_MARKS = {True: "✓", False: "✗", None: "?"}


class InquiryText:
    """Formats answers in one language.

    Args:
        base: The rule base.
        case: The account; the newer one of two versions.
        lang: ``uk`` or ``en``.
        day: The date of the diagnosis.
    """

    def __init__(self, base: KnowledgeBase, case: Case, lang: str, day: date) -> None:
        self.base = base
        self.lang = lang
        self.words = Words(base, case, lang, day)
        self.case = case
        self.lines = Lines()
        #: The statements that reasons have named so far, and where each value was found first.
        self._cited: dict[str, None] = {}
        self._found: dict[str, str] = {}
        self._: Callable[..., str] = self.words._

    def _head(self, *days: date) -> None:
        said = " → ".join(map(self.words.dated, days))
        self.lines.add(f"{self.case.account.name} – {said}")
        self.lines.rule()

    def _whose(self, about: About) -> str:
        return "" if about.kind == "account" else f" ({self.words.about(about)})"

    # Why

    def why_each(self, answers: Sequence[Why], diagnosis: Diagnosis) -> str:
        """Return the reasons of findings, including those of the findings they depend on."""
        self._head(diagnosis.day)
        said: set[tuple[str, About]] = set()
        for answer in answers:
            self._why(answer, "", said)
        if self._cited:
            self.lines.title(self._("What the statements of the source say"))
        for cited in self._cited:
            says = self.base.statements.statements[cited].says.get(self.lang)
            self.lines.add(f"{cited}: {says}", 4, "» ")
        return self.lines.text()

    def _why(self, answer: Why, number: str, said: set[tuple[str, About]]) -> None:
        found = answer.finding
        words = self.words
        status = words.status_and_certainty(found.status, firm=found.firm)
        self.lines.add(f"{words.headline(found)}")
        self.lines.add(f"[{status}; {found.id}{self._whose(found.about)}]")
        said.add((found.id, found.about))
        for place, reason in enumerate(found.reasons, 1):
            self._reason(reason, found, f"{number}{place}")
        if found.assumes:
            self.lines.add(self._("Taken as given:"))
            for assumed in dict.fromkeys(map(words.assumption, found.assumes)):
                self.lines.add(assumed, 4, "– ")
        self._decide(found)
        if found.reversed_by:
            self.lines.add(self._("Any one of these would take it back:"))
            for reversal in dict.fromkeys(map(words.reversal, found.reversed_by)):
                self.lines.add(reversal, 4, "– ")
        for place, below in enumerate(answer.below, 1):
            if (below.finding.id, below.finding.about) in said:
                continue
            self.lines.title(
                self._("Why: %(finding)s", finding=words.finding(below.finding.id))
                + self._whose(below.finding.about)
            )
            self._why(below, f"{number}{chr(96 + place)}.", said)

    def _reason(self, reason: Reason, found: Finding, number: str) -> None:
        words = self.words
        explained = (
            words.explain(reason, found)
            if found.status != "open"
            else self._("It would follow if what is marked here held:")
        )
        self.lines.add(explained, 4, f"{number}. "[:4].ljust(4))
        strength, outcome = words.strength(reason.strength), words.outcome(reason.outcome)
        self.lines.add(f"[{self._rule(reason.rule, reason.cites)}: {strength}; {outcome}]", 4)
        shown = [p for p in reason.premises if not p.exception or p.holds is not None]
        sides: dict[str, set[str | None]] = {}
        for premise in shown:
            sides.setdefault(words.subject(premise), set()).add(premise.side)
        place = 0
        for premise in shown:
            if premise.alternative and premise.holds is not True and reason.outcome != "open":
                continue  # another alternative holds
            place += 1
            subject = words.subject(premise)
            # The side is named where the rule reads the answers of both.
            side = self._side(premise) if len(sides[subject]) > 1 else ""
            self._premise(premise, subject + side, f"{number}.{place} ")
        self._cited |= dict.fromkeys(reason.cites)

    def _rule(self, name: str, cites: Sequence[str] = ()) -> str:
        """Return the name of a rule, with the statements of the source that it follows."""
        said = self._("rule %(rule)s", rule=name)
        if not cites:
            return said
        return self._(
            "%(rule)s, by statement %(statements)s", rule=said, statements=", ".join(cites)
        )

    def _premise(self, premise: Premise, subject: str, number: str) -> None:
        words = self.words
        holds = premise.holds
        if premise.exception:
            holds = None if holds is None else not holds
        asks = words.asks(premise)
        exception = f"{self._('unless')} " if premise.exception else ""
        asked = f"{exception}{subject}: {asks}" if asks else f"{exception}{subject}"
        found = words.found(premise)
        origin = words.origin(premise)
        self.lines.add(f"{number}{asked}", 8, f"{_MARKS[holds]} ")
        value = self._("found: %(value)s", value=found)
        if origin:
            first = self._found.setdefault(f"{subject}: {found} – {origin}", number.strip())
            seen = self._("as in %(number)s", number=first)
            value += f" – {origin if first == number.strip() else seen}"
        self.lines.add(value, 12)

    def _side(self, premise: Premise) -> str:
        """Return whose answer a premise asks for."""
        theirs = premise.side == "theirs"
        return ", " + (self._("the customer’s answer") if theirs else self._("our answer"))

    def _decide(self, found: Finding) -> None:
        """List the unknown facts that would decide the finding."""
        unknown = dict.fromkeys(
            self.words.subject(premise)
            for reason in found.reasons
            if reason.outcome == "open" or not found.firm
            for premise in reason.premises
            if premise.holds is None and premise.actual is None
        )
        if unknown:
            self.lines.add(self._("Not known, and would decide:"))
            for subject in unknown:
                self.lines.add(subject, 4, "? ")

    def why_stage(self, diagnosis: Diagnosis) -> str:
        """Return the features and vetoes behind the stage."""
        stage = diagnosis.stage
        self._head(diagnosis.day)
        verdict = self.words.stage_and_certainty(stage.verdict, firm=stage.firm)
        self.lines.add(f"{self._('Stage')}: {verdict}")
        for said in (other_stages(stage, self.words), *nearness(stage, self.words)):
            if said:
                self.lines.add(said)
        for model in self.base.stage_model.stages:
            seen, needed = stage.reached[model.name]
            said = self._("features seen: {seen}, needed: {needed}")
            self.lines.title(
                f"{self.words.stage(model.name)}: {said.format(seen=seen, needed=needed)}"
            )
            for feature in stage.features:
                if feature.group == model.group:
                    self._feature(feature.finding, feature.status, firm=feature.firm)
        self.lines.title(self._("What would bar it"))
        for veto in stage.vetoes:
            self._feature(veto.finding, veto.status, firm=veto.firm)
        return self.lines.text()

    def trace(self, firings: Sequence[Firing]) -> str:
        """Return what was said so far, then the rules that fired and what each asserted."""
        self.lines.title(self._("Rules in the order in which they fired"))
        for firing in firings:
            what = firing.asserts[0].what if firing.asserts else "finding"
            if firing.rule is not None:
                head = firing.rule
            elif what == "stratum":
                head = self._("Stratum %(number)s opens", number=firing.asserts[0].name)
            elif what == "stage":
                head = self._("The stage is settled")
            else:
                head = self._("The findings of the stratum are settled")
            self.lines.add(head, 6, f"{firing.number}. ")
            absent = [found for found in firing.asserts if found.status == "absent"]
            for asserted in firing.asserts:
                if what != "stratum" and (asserted.status != "absent" or len(absent) == 1):
                    self.lines.add(self._asserted(asserted, firing.rule), 8, "→ ")
            if len(absent) > 1:
                self.lines.add(self._("not seen: %(count)s", count=len(absent)), 8, "→ ")
        return self.lines.text()

    def _asserted(self, asserted: Asserted, rule: str | None) -> str:
        words = self.words
        if asserted.what == "stage":
            return words.stage(asserted.name)
        name = words.finding(asserted.name)
        if asserted.about is not None:
            fact = asserted.about.fact
            name += f": {words.fact(fact)}" if fact else self._whose(asserted.about)
        if rule is None:
            status = words.status_and_certainty(asserted.status or "", firm=bool(asserted.firm))
            return f"{name} – {status} [{asserted.name}]"
        strength = words.strength(self.base.rule(rule).strength)
        silent = asserted.status == "silent"
        outcome = self._("silent") if silent else words.outcome(asserted.status or "")
        return f"{name} – {strength}; {outcome} [{asserted.name}]"

    def _feature(self, name: str, status: str, *, firm: bool) -> None:
        mark = {"established": "●", "likely": "◐", "possible": "○", "open": "?"}.get(status, "·")
        status_said = self.words.status_and_certainty(status, firm=firm)
        said = f"{self.words.finding(name)} – {status_said} [{name}]"
        self.lines.add(said, 4, f"{mark} ")

    # Why not

    def why_not(self, answers: Sequence[WhyNot], day: date) -> str:
        """Return why a finding is not concluded, for each entity it could be about."""
        self._head(day)
        for answer in answers:
            self._why_not(answer)
        return self.lines.text()

    def _why_not(self, answer: WhyNot) -> None:
        said = self.words.finding(answer.finding) + self._whose(answer.about)
        self.lines.add(f"{said} – {self.words.status(answer.status)} [{answer.finding}]")
        if not answer.rules:
            self.lines.add(self._("No rule is left that could conclude more."), 4)
        for number, rule in enumerate(answer.rules, 1):
            self._rule_not(rule, number)

    def _rule_not(self, rule: RuleNot, number: int) -> None:
        strength = self.words.strength(rule.strength)
        self.lines.add(f"[{self._rule(rule.rule)}: {strength}]", 4, f"{number}. "[:4])
        for shortfall in rule.failed:
            self._shortfall(shortfall, "✗ ")
        for shortfall in rule.unknown:
            self._shortfall(shortfall, "? ")
        for premise in rule.excepted:
            said = f"{self.words.subject(premise)}: {self.words.found(premise)}"
            self.lines.add(self._("an exception applies: %(exception)s", exception=said), 8, "✗ ")
        for place, way in enumerate(rule.sets):
            word = self._("it would take") if not place else self._("or")
            self.lines.add(f"{word}: {'; '.join(map(self.change, way))}", 8, "→ ")
        if rule.would_be:
            status = self.words.status(rule.would_be)
            self.lines.add(self._("then it would be: %(status)s", status=status), 8)

    def _shortfall(self, shortfall: Shortfall, mark: str) -> None:
        premise, words = shortfall.premise, self.words
        asks = words.asks(premise)
        either = f"{self._('either')} " if premise.alternative else ""
        said = f"{either}{words.subject(premise)}: {asks}".rstrip(": ")
        said += f"; {self._('found: %(value)s', value=words.found(premise))}"
        if shortfall.by:
            by = words.number(shortfall.by)
            short = {
                "steps": self._("steps apart: %(by)s", by=by),
                "members": self._("missing or too many: %(by)s", by=by),
            }.get(shortfall.unit or "", self._("apart by %(by)s", by=by))
            said += f" ({short})"
        self.lines.add(said, 8, mark)

    def stage_not(self, answer: StageNot, day: date) -> str:
        """Return why the relationship is not in a stage."""
        self._head(day)
        stage, verdict = self.words.stage(answer.stage), self.words.stage(answer.verdict)
        if answer.stage == answer.verdict:
            self.lines.add(self._("The stage is this one already: %(stage)s", stage=stage))
            return self.lines.text()
        self.lines.add(self._("Not %(stage)s but %(now)s", stage=stage, now=verdict))
        if answer.needed:
            said = self._("features seen: {seen}, needed: {needed}")
            self.lines.add(said.format(seen=answer.seen, needed=answer.needed))
        if answer.barring:
            self.lines.title(self._("What bars it"))
            for name in answer.barring:
                self.lines.add(f"{self.words.finding(name)} [{name}]", 4, "✗ ")
        for model in self.base.stage_model.stages:
            unseen = {missing.finding for missing in answer.missing} & set(model.core)
            if model.name == answer.stage and len(model.core) - len(unseen) < model.core_needed:
                names = "; ".join(self.words.finding(name) for name in model.core)
                self.lines.add(
                    self._("It rests on these, and too few are seen: %(names)s", names=names)
                )
        if answer.missing:
            self.lines.title(self._("Features not seen, the nearest first"))
            for missing in answer.missing:
                self._missing(missing)
        self._ways(answer.paths)
        return self.lines.text()

    def _missing(self, missing: WhyNot) -> None:
        status = self.words.status(missing.status)
        name = f"{self.words.finding(missing.finding)} – {status} [{missing.finding}]"
        self.lines.add(name, 4, "? " if missing.status == "open" else "✗ ")
        for rule in missing.rules[:1]:
            for way in rule.sets[:1]:
                self.lines.add("; ".join(map(self.change, way)), 8, "→ ")

    # What if, and what changed

    def _strategy(self, change: StrategyChange | None) -> None:
        if change is None:
            return
        before, after = self.words.finding(change.before), self.words.finding(change.after)
        after += f" ({self.words.certainty(firm=change.firm_after)})"
        if not change.moved:
            self.lines.add(f"{self._('Strategy')}: {after}, {self._('as before')}")
            return
        before += f" ({self.words.certainty(firm=change.firm_before)})"
        self.lines.add(f"{self._('Strategy')}: {before} → {after}")
        self._because(change.because)

    def comparison(self, answer: Comparison) -> str:
        """Return the difference between two diagnoses."""
        self._head(*dict.fromkeys(answer.days))
        stage = answer.stage
        before = self.words.stage_and_certainty(stage.before, firm=stage.firm_before)
        after = self.words.stage_and_certainty(stage.after, firm=stage.firm_after)
        if stage.before == stage.after and stage.firm_before == stage.firm_after:
            self.lines.add(f"{self._('Stage')}: {after}, {self._('as before')}")
        else:
            said = f"{self._('Stage')}: {before} → {after}"
            self.lines.add(said + self._turn(better=stage.better))
            self._because(stage.because)
        self._strategy(answer.strategy)
        self._parts(answer.parts)
        for title, better in (
            (self._("Improvements"), True),
            (self._("Falls"), False),
            (self._("Other changes"), None),
        ):
            changes = [change for change in answer.findings if change.better is better]
            if changes:
                self.lines.title(title)
                for change in changes:
                    self._finding_change(change)
        self._steps(answer)
        if answer.same:
            self.lines.add(self._("The diagnosis is as it was."))
        return self.lines.text()

    def _turn(self, *, better: bool | None) -> str:
        if better is None:
            return ""
        return f" – {self._('an improvement') if better else self._('a fall')}"

    def _parts(self, parts: Sequence[ChangedPart]) -> None:
        if parts:
            self.lines.title(self._("Facts that are other than before"))
            for part in parts:
                self.lines.add(self.part(part), 4, "• ")

    def part(self, part: ChangedPart) -> str:
        """Return a difference as a clause."""
        words = self.words
        if part.what in ("answer", "total"):
            name = self._fact(part.fact or "", part.about, part.side)
            before, after = (words.value(part.fact or "", v) for v in (part.before, part.after))
            return f"{name}: {before} → {after}"
        if part.what == "day":
            return self._(
                "time has passed: %(before)s → %(after)s",
                before=words.date_of(str(part.before)),
                after=words.date_of(str(part.after)),
            )
        if part.what == "plan":
            return PlanWords(words).part(part)
        name = words.list_name(part.fact or "")
        said = {True: self._("yes"), False: self._("no"), None: self._("not said")}
        if part.what == "complete":
            return self._(
                "%(list)s, said to be complete: %(before)s → %(after)s",
                list=name, before=said[part.before], after=said[part.after],
            )  # fmt: skip
        if part.what == "listed":
            return f"{name}: {self._('listed now') if part.after else self._('no longer listed')}"
        about = words.about(part.about)
        if part.what == "belongs":
            return self._("%(person)s has to do with other decisions than before", person=about)
        return f"{about}: {self._('new') if part.what == 'added' else self._('no longer there')}"

    def _fact(self, name: str, about: About, side: str | None) -> str:
        fact = self.base.facts.get(name)
        whose = self._whose(about)
        if fact is not None and fact.doc.asked_of == "both":
            whose += ", " + (
                self._("the customer’s answer") if side == "theirs" else self._("our answer")
            )
        return self.words.fact(name) + whose

    def _because(self, parts: Sequence[ChangedPart]) -> None:
        if parts:
            said = "; ".join(self.part(part) for part in parts)
            self.lines.add(self._("because: %(parts)s", parts=said), 8)

    def _finding_change(self, change: FindingChange) -> None:
        words = self.words
        name = words.finding(change.id) + self._whose(change.about)
        if change.before == change.after:
            turn = self._("now firm") if change.firm_after else self._("now provisional")
            self.lines.add(f"{name}: {words.status(change.after)}, {turn} [{change.id}]", 4, "• ")
            return
        statuses = words.status_change(change)
        self.lines.add(f"{name}: {statuses} [{change.id}]", 4, "• ")
        self._because(change.because)

    def _steps(self, answer: Comparison) -> None:
        for title, steps in (
            (self._("New next steps"), answer.steps_new),
            (self._("Steps no longer needed"), answer.steps_gone),
            (self._("Steps that have to wait now"), answer.steps_held),
            (self._("Steps that no longer wait"), answer.steps_freed),
        ):
            if steps:
                self.lines.title(title)
                for step in steps:
                    doc = self.base.steps[step.id]
                    self.lines.add(f"{doc.name.get(self.lang)}{self._whose(step.about)}", 4, "• ")

    # What to ask next

    def questioning(self, answer: Questioning, day: date) -> str:
        """Return the questions to ask next, those with a known effect in full."""
        self._head(day)
        if answer.stop == "all":
            self.lines.add(self._("No further answer changes anything."))
        elif answer.stop == "stage":
            self.lines.add(self._("No further answer changes the stage."))
        shown = zip(answer.questions, answer.effects, strict=False)
        for number, (question, effect) in enumerate(shown, 1):
            self._question(question, effect, number)
        more = len(answer.questions) - len(answer.effects)
        if more > 0:
            self.lines.add(self._("Further questions: %(count)s", count=more))
        return self.lines.text()

    def ask(self, question: OpenQuestion) -> str:
        """Return the wording of a question."""
        whose = "" if question.about.kind == "account" else f"{self.words.about(question.about)}: "
        return whose + self.words.question(question.name, question.asked_of)

    def _question(self, question: OpenQuestion, effect: AnswerEffect, number: int) -> None:
        self.lines.add(f"{self.ask(question)} [{question.name}]", 4, f"{number}. "[:4])
        self.lines.add(self.words.whom_to_ask(question.asked_of), 4)
        answers = answers_said(question.name, self.words)
        self.lines.add(self._("Answer: %(answers)s", answers=answers), 4)
        said = (
            (self._("settles of the stage"), effect.features),
            (self._("makes certain of the stage"), effect.confirms),
            (self._("settles of the stage, with other answers"), effect.helps),
            (self._("settles otherwise"), effect.findings),
        )
        for label, names in said:
            if names:
                found = ", ".join(self.words.changed(name) for name in names)
                self.lines.add(f"{label}: {found}", 4)
        if not any(names for _, names in said):
            self.lines.add(self._("Matters only after another answer"), 4)
        if effect.could_be:
            found = ", ".join(self.words.stage(name) for name in effect.could_be)
            self.lines.add(self._("could lead to the stage: %(stages)s", stages=found), 4)

    # The least change

    def paths(self, answer: Paths, fragile: Sequence[Fragility], day: date) -> str:
        """Return the smallest sets of changes that reach a stage, and those that lose it."""
        self._head(day)
        is_strategy = self.base.strategy(answer.target) is not None
        named = self.words.finding if is_strategy else self.words.stage
        target, now = named(answer.target), named(answer.verdict)
        if answer.target != answer.verdict:
            self.lines.add(self._("From %(now)s to %(stage)s", now=now, stage=target))
            self._ways(answer)
        elif is_strategy:
            self.lines.add(
                self._("The strategy is this one already: %(strategy)s", strategy=target)
            )
        else:
            self.lines.add(self._("The stage is this one already: %(stage)s", stage=target))
        if not is_strategy:
            self._fragile(fragile)
        return self.lines.text()

    def _ways(self, answer: Paths) -> None:
        self.lines.title(self._("The least change"))
        if not answer.ways:
            self.lines.add(
                self._("No change of facts that anybody can change was found that leads there.")
            )
            return
        size = len(answer.ways[0])
        said = self._("facts to change: %(count)s", count=size)
        proof = self._("fewer are not enough") if answer.proved else self._("the best found")
        self.lines.add(f"{said}; {proof}")
        for number, way in enumerate(answer.ways, 1):
            for place, change in enumerate(way):
                mark = f"{number}. "[:4] if not place else ""
                self._change(change, mark)

    def _change(self, change: FactSet, mark: str) -> None:
        self.lines.add(f"{self.change(change)} – {self.lever(change.lever)}", 4, mark)
        if change.two_dates:
            self.lines.add(self._("a trend: it takes answers of two dates"), 8)
        if change.steps:
            steps = ", ".join(self.base.steps[s].name.get(self.lang) for s in change.steps[:3])
            self.lines.add(self._("by the steps: %(steps)s", steps=steps), 8)

    def change(self, change: FactSet) -> str:
        """Return one changed fact as a clause."""
        name = self._fact(change.fact, change.about, change.side)
        to = self.words.value(change.fact, change.to)
        if change.find_out_first:
            return self._("%(fact)s: find out first, it takes: %(to)s", fact=name, to=to)
        before = self.words.value(change.fact, change.before)
        if change.before == change.to:
            return self._("%(fact)s: once more %(to)s, on a later day", fact=name, to=to)
        return f"{name}: {before} → {to}"

    def lever(self, lever: str) -> str:
        """Return who can change a fact."""
        return {
            "ours": self._("we can change it"),
            "theirs": self._("the customer can change it"),
            "joint": self._("together"),
            "time": self._("only time"),
        }.get(lever, self._("nobody can change it"))

    def _fragile(self, fragile: Sequence[Fragility]) -> None:
        self.lines.title(self._("Single facts that hold the present stage"))
        if not fragile:
            self.lines.add(self._("No single known fact would, if it were otherwise."))
        for found in fragile:
            stage = self.words.stage(found.verdict)
            self.lines.add(f"{self.change(found.change)} ⇒ {stage}", 4, "• ")
