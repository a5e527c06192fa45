"""A rule file as a form: what it concludes and when, its numbers, texts and cases.

Fields are made from the file and looked up in what was submitted, so a form can change only what
it shows. `RuleEdits` puts a submitted form into the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError
from kam_expert.knowledge.conditions.fact_parser import kind_of
from kam_expert.workshop.condition_form import LIMITS, OPERATORS, ConditionForm, words_of
from kam_expert.workshop.form_parts import (
    CaseFields,
    Control,
    FormBlock,
    FormLine,
    NumberField,
    controls_in,
)
from kam_expert.workshop.mutants import STRENGTHS
from kam_expert.workshop.rule_text import NodePath, as_data, flow_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kam_expert.knowledge.vocabulary import Fact

OUTCOMES = ("holds", "assumed", "silent", "open")
STATUSES = ("established", "likely", "possible", "open", "absent")


class RuleForm(ConditionForm):
    """The form of a rule file in one language."""

    def head(self) -> tuple[Control, ...]:
        """Return the fields of what the rule concludes, how strongly, and its state."""
        root, said = self.text.root, self.says
        concludes = root["concludes"]
        about = self.base.findings[concludes["finding"]].about
        findings = self.finding_options(lambda doc: doc.about == about)
        return (
            self.choice(("concludes", "finding"), said.label("finding"), findings),
            self.choice(("concludes", "strength"), said.label("strength"), said.options(STRENGTHS)),
            self.choice(
                ("status",), said.label("status"), said.options(("draft", "reviewed", "retired"))
            ),
        )

    def numbers(self) -> list[NumberField]:
        """Return the thresholds."""
        found = []
        for name in self.text.root.get("thresholds", {}):
            path: NodePath = ("thresholds", name)
            number = self.control((*path, "value"), "number", self.says.label("number"))
            why = self.text.at((*path, "we_chose"))
            reasons = (
                tuple(
                    self.control((*path, "we_chose", lang), "text", self.says.label(lang))
                    for lang in ("uk", "en")
                )
                if isinstance(why, dict)
                else (self.control((*path, "we_chose"), "text", self.says.label("reason")),)
            )
            found.append(NumberField(name, number, reasons))
        return found

    def texts(self) -> tuple[Control, ...]:
        """Return the explanation in both languages, and the note."""
        return tuple(
            self.control((key, lang), "long", f"{self.says.label(key)}: {self.says.label(lang)}")
            for key in ("explains", "note")
            if key in self.text.root
            for lang in ("uk", "en")
        )

    def case(self, index: int) -> CaseFields:
        """Return the fields of an entry under ``cases``."""
        path: NodePath = ("cases", index)
        entry, said = self.text.at(path), self.says
        controls = [
            self.control((*path, "name"), "text", said.label("case")),
            self.choice((*path, "expect"), said.label("expect"), said.options(OUTCOMES)),
        ]
        if "finding" in entry:
            options = said.options(STATUSES)
            controls.append(self.choice((*path, "finding"), said.label("status_of"), options))
        given = FormBlock((), "", tuple(self._given((*path, "given"))))
        several = flow_text(entry["each"]) if "each" in entry else ""
        return CaseFields(tuple(controls), given, several)

    def cases(self) -> list[CaseFields]:
        """Return the fields of every entry under ``cases``."""
        return [self.case(index) for index in range(len(self.text.root.get("cases", ())))]

    def facts(self) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        """Return what a condition of this rule can be about, by theme, with labels."""
        base, said = self.base, self.says
        found = []
        for theme, title in base.themes.items():
            options = [
                (key, self.title(key))
                for fact in base.facts.values()
                if fact.doc.theme == theme and self._can_add(fact)
                for key in _keys(fact)
            ]
            found.append((title.get(self.lang), tuple(options)))
        read = self.finding_options(lambda doc: doc.about in (self.kind, "account"))
        listed = tuple((f"finding:{name}", label) for name, label in read)
        found.append((said.label("findings"), listed))
        return [(title, options) for title, options in found if options]

    def _can_add(self, fact: Fact) -> bool:
        return fact.kind in (self.kind, "account") and fact.doc.type not in ("text", "date")

    def adding(self, key: str) -> tuple[Control, ...]:
        """Return the fields of a test of a fact that is being added. Raises KamError."""
        fact, said = self.fact_of(key), self.says
        if fact is None or key not in _keys(fact) or not self._can_add(fact):
            raise KamError(f'no fact "{key}" can be tested here')
        kind = kind_of(fact)
        operators = LIMITS if kind == "number" else OPERATORS[kind]
        op = Control(
            ("add",), "operator", said.label("operator"), operators[:1], said.operators(operators)
        )
        if kind != "number":
            options = tuple((word, self.words.value(fact.name, word)) for word in words_of(fact))
            return op, Control(("add", "value"), "words", said.label("value"), (), options)
        value = Control(("add", "value"), "number", said.label("number"), ("",))
        reasons = (
            Control(("add", lang), "text", f"{said.label('reason')}: {said.label(lang)}", ("",))
            for lang in ("uk", "en")
        )
        return op, value, *reasons

    def givable(self) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        """Return the facts that can be given to a case, by theme, with labels."""
        found = []
        for theme, title in self.base.themes.items():
            options = []
            for fact in self.base.facts.values():
                if fact.doc.theme != theme or fact.kind not in (self.kind, "account"):
                    continue
                if fact.doc.asked_of != "customer":
                    options.append((fact.name, self.words.fact(fact.name)))
                if fact.doc.asked_of != "us" and fact.kind == "account":
                    label = f"{self.words.fact(fact.name)} ({self.says.label('theirs')})"
                    options.append((f"customer.{fact.name}", label))
            found.append((title.get(self.lang), tuple(options)))
        return [(title, options) for title, options in found if options]

    def part(self, name: str) -> str:
        """Return a part of a diagnosis in words: stage, strategy or a finding."""
        known = ("stage", "strategy")
        return self.says.label(f"the_{name}") if name in known else self.words.finding(name)

    def said(self, part: str, value: str) -> str:
        """Return a value of a part of a diagnosis in words."""
        if part == "stage":
            return self.words.stage(value)
        strategy = self.base.strategy(value) if part == "strategy" else None
        return strategy.name.get(self.lang) if strategy else self.says.value(value)

    def controls(self) -> Iterator[Control]:
        """Yield every field of the file."""
        yield from self.head()
        for part in ("when", "unless"):
            block = self.condition(part)
            if block is not None:
                yield from controls_in(block)
        for number in self.numbers():
            yield from (number.number, *number.reasons)
        yield from self.texts()
        for case in self.cases():
            yield from case.controls
            yield from controls_in(case.given)

    # What is given to a case

    def _given(self, path: NodePath) -> Iterator[FormLine | FormBlock]:
        node = self.text.at(path)
        for key in node:
            here, value = (*path, key), node[key]
            fact = self.base.facts.get(str(key))
            if key in ("customer", "facts") and isinstance(value, dict):
                yield FormBlock(here, self.says.label(key), tuple(self._given(here)))
                continue
            title = self.title(str(key)) if fact else str(key)
            yield FormLine(here, title, str(key), (self._answer(here, fact, value),))

    def _answer(self, path: NodePath, fact: Fact | None, value: Any) -> Control:
        said = self.says
        if fact is not None and isinstance(value, str) and value in fact.words():
            options = tuple((word, self.words.value(fact.name, word)) for word in fact.words())
            return self.choice(path, said.label("value"), options)
        if isinstance(value, int | float):
            return self.control(path, "number", said.label("value"))
        return Control(path, "yaml", said.label("value"), (flow_text(as_data(value)),))


def _keys(fact: Fact) -> list[str]:
    """Return how a condition can name a fact."""
    sides = [f"{side}.{fact.name}" for side in ("ours", "theirs")]
    if fact.doc.asked_of != "both":
        return [fact.name]
    return [fact.name, *sides] if fact.bare else sides
