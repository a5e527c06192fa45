"""The fields of a condition, as a rule file has it.

Whatever has no field is shown as written and can be removed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kam_expert.facts.case import Case, Entity
from kam_expert.knowledge.conditions.fact_parser import kind_of
from kam_expert.knowledge.conditions.scope import GROUPS
from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.knowledge.vocabulary import ENGINE_FACTS
from kam_expert.outputs.value_words import ValueWords
from kam_expert.workshop.form_parts import Control, FormBlock, FormLine
from kam_expert.workshop.form_words import FormWords
from kam_expert.workshop.rule_text import NodePath, RuleText, flow_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.finding_documents import FindingDoc
    from kam_expert.knowledge.vocabulary import Fact
    from kam_expert.workshop.form_parts import ControlKind

#: Tests of a number against a limit.
LIMITS = ("at_least", "at_most", "above", "below")
#: The operators that can take each other's place, by the kind of value.
OPERATORS = {
    "number": ("is", "not", *LIMITS),
    "word": ("is", "not"),
    "set": ("contains", "contains_any", "contains_all", "only"),
}
#: Keys of a condition that hold a list of conditions.
_CONNECTIVES = ("all", "any", "none")


@dataclass
class ConditionForm:
    """The fields of the conditions of a rule file in one language."""

    base: KnowledgeBase
    text: RuleText
    lang: str
    says: FormWords = field(init=False)
    words: ValueWords = field(init=False)

    def __post_init__(self) -> None:
        """Make the words of the form."""
        self.says = FormWords(self.lang)
        nobody = Case(Entity("account", "case"))
        self.words = ValueWords(self.base, nobody, self.lang)

    @property
    def kind(self) -> str:
        """Return what the rule is about."""
        return str(self.text.root["for"])

    def condition(self, part: str) -> FormBlock | None:
        """Return ``when`` or ``unless``; None where the rule has none."""
        if part not in self.text.root:
            return None
        return FormBlock((), "", tuple(self._entries((part,), self.kind)))

    # Conditions

    def _entries(self, path: NodePath, kind: str) -> Iterator[FormLine | FormBlock]:
        node, said = self.text.at(path), self.says
        for key in node:
            here, value = (*path, key), node[key]
            if key in _CONNECTIVES:
                parts = tuple(self._item((*here, index), kind) for index in range(len(value)))
                yield FormBlock(here, said.label(key), parts)
            elif key in ("count", "every"):
                yield self._members(here, kind)
            elif key == "finding":
                yield FormLine(here, said.label("finding_holds"), key, tuple(self._findings(here)))
            elif key in ("stage", "verdict"):
                names = self.base.stage_model.names
                known = names if key == "stage" else (*names, UNDETERMINED)
                options = tuple((name, self.words.stage(name)) for name in known)
                yield FormLine(here, said.label(key), key, (self._words(here, options),))
            elif key == "is":
                fitting = (kind, "account")
                named = [n for n, (about, _) in self.base.definitions.items() if about in fitting]
                options = tuple((name, name.replace("_", " ")) for name in named)
                control = self.choice(here, said.label("definition"), options)
                yield FormLine(here, said.label("definition"), key, (control,))
            elif key == "findings":
                tests = tuple(self._tests(here, "number", None, ("group",)))
                yield FormLine(here, said.label("findings_of"), key, tests, str(value["group"]))
            else:
                yield self._fact(here)

    def _item(self, path: NodePath, kind: str) -> FormLine | FormBlock:
        """Return one condition of a list; the whole of it is removed together."""
        parts = tuple(self._entries(path, kind))
        if len(parts) == 1:
            return replace(parts[0], path=path)
        return FormBlock(path, self.says.label("all"), parts)

    def _members(self, path: NodePath, kind: str) -> FormBlock:
        node, said = self.text.at(path), self.says
        member = GROUPS[kind][node["of"]]
        parts: list[FormLine | FormBlock] = []
        for part in ("where", "satisfies"):
            if part in node:
                inner = tuple(self._entries((*path, part), member))
                removed = (*path, part) if part == "where" else ()
                parts.append(FormBlock(removed, said.label(part), inner))
        besides = ("of", "where", "satisfies", "distinct")
        controls = tuple(self._tests(path, "number", None, besides))
        title = f"{said.label(str(path[-1]))} {said.label(node['of'])}"
        if "distinct" in node:
            title += f", {said.label('distinct')} {self.words.fact(str(node['distinct']))}"
        return FormBlock(path, title, tuple(parts), controls)

    def _findings(self, path: NodePath) -> Iterator[Control]:
        value = self.text.at(path)
        options = self.finding_options(lambda doc: doc.about in (self.kind, "account"))
        known = {name for name, _ in options}
        names = value if isinstance(value, list) else [value]
        for index, name in enumerate(names):
            place = (*path, index) if isinstance(value, list) else path
            extra = () if name in known else ((str(name), str(name)),)
            yield self.choice(place, self.says.label("finding"), (*options, *extra))

    def _fact(self, path: NodePath) -> FormLine:
        key, value = str(path[-1]), self.text.at(path)
        fact = self.fact_of(key)
        title = self.title(key)
        if fact is None:
            if key.rpartition(".")[2] in ENGINE_FACTS and isinstance(value, dict):
                return FormLine(path, title, key, tuple(self._tests(path, "number", None)))
            return FormLine(path, title, key, note=flow_text(value))
        kind = kind_of(fact)
        if isinstance(value, dict):
            controls: list[Control] = []
            notes = []
            for op in value:
                found = tuple(self._test((*path, op), kind, fact))
                controls += found
                if not found:
                    notes.append(f"{op}: {flow_text(value[op])}")
            return FormLine(path, title, key, tuple(controls), ", ".join(notes))
        if kind == "set":
            return FormLine(path, title, key, note=flow_text(value))
        return FormLine(path, title, key, tuple(self._operand(path, kind, fact, "is")))

    def _tests(
        self, path: NodePath, kind: str, fact: Fact | None, besides: Sequence[str] = ()
    ) -> Iterator[Control]:
        for op in self.text.at(path):
            if op not in besides:
                yield from self._test((*path, op), kind, fact)

    def _test(self, path: NodePath, kind: str, fact: Fact | None) -> Iterator[Control]:
        """Yield the fields of one operator with its operand; none if it has no fields."""
        op, value, said = str(path[-1]), self.text.at(path), self.says
        if op == "trend" and isinstance(value, str):
            ways = said.options(("rising", "falling", "flat"))
            yield self.choice(path, said.label("trend"), ways)
        elif op in ("days_ago", "days_until", "size") and isinstance(value, dict):
            for control in self._tests(path, "number", None):
                yield replace(control, label=f"{said.label(op)}: {control.label}")
        elif op in OPERATORS[kind]:
            yield from self._operand(path, kind, fact, op)

    def _operand(self, path: NodePath, kind: str, fact: Fact | None, op: str) -> Iterator[Control]:
        said, value = self.says, self.text.at(path)
        family = OPERATORS[kind]
        yield Control(path, "operator", said.label("operator"), (op,), said.operators(family))
        if kind == "number":
            if isinstance(value, int | float):
                yield self.control(path, "number", said.label("number"))
            else:
                options = self._threshold_options(str(value))
                yield Control(path, "choice", said.label("threshold"), (str(value),), options)
        elif fact is not None:
            options = tuple((word, self.words.value(fact.name, word)) for word in words_of(fact))
            yield self._words(path, options)

    def _threshold_options(self, now: str) -> tuple[tuple[str, str], ...]:
        known = self.text.root.get("thresholds", {})
        listed = {f"${n}": f"{n} = {known[n]['value']}" for n in known}
        return tuple(({now: now} | listed).items())

    # Parts

    def fact_of(self, key: str) -> Fact | None:
        """Return the fact that a key of a condition names, of whichever side."""
        return self.base.facts.get(key.rpartition(".")[2])

    def title(self, key: str) -> str:
        """Return a fact as a condition names it, in words."""
        *before, name = key.split(".")
        said = [self.says.label(part) for part in before]
        return f"{self.words.fact(name)} ({', '.join(said)})" if said else self.words.fact(name)

    def finding_options(self, chosen: Callable[[FindingDoc], bool]) -> tuple[tuple[str, str], ...]:
        """Return findings with their names."""
        base = self.base
        return tuple(
            (name, doc.name.get(self.lang))
            for name, doc in base.findings.items()
            if name not in base.strategy_findings and chosen(doc)
        )

    def control(self, path: NodePath, kind: ControlKind, label: str) -> Control:
        """Return the field of one value."""
        value = self.text.at(path)
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        return Control(path, kind, label, (shown,))

    def choice(self, path: NodePath, label: str, options: Iterable[tuple[str, str]]) -> Control:
        """Return the field of a value that is chosen from a list."""
        return Control(path, "choice", label, (str(self.text.at(path)),), tuple(options))

    def _words(self, path: NodePath, options: tuple[tuple[str, str], ...]) -> Control:
        value = self.text.at(path)
        items = value if isinstance(value, list) else [value]
        return Control(
            path, "words", self.says.label("value"), tuple(str(i) for i in items), options
        )


def words_of(fact: Fact) -> list[str]:
    """Return the values that a condition can ask a fact for."""
    return fact.words() if fact.doc.type != "set" else list(fact.doc.values)
