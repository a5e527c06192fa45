"""Answers to facts as columns in one reading: value, age, the answer before the last."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.evaluation import Columns, EvaluationPlace
from kam_expert.engines.portfolio.judging.expressions import (
    Elements,
    Expr,
    Number,
    Value,
    Word,
    chosen,
    is_true,
    rebuilt,
)
from kam_expert.engines.portfolio.judging.nodes import Make
from kam_expert.knowledge.conditions.condition import Ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.knowledge.vocabulary import Fact


def stem(ref: Ref) -> str:
    """Return a reference as part of a column's name; Spark allows no dots there."""
    return str(ref).replace(".", " ")


class FactColumns(Columns):
    """The columns of facts."""

    @cached_property
    def _values(self) -> dict[tuple[Ref, str], tuple[Value, Mapping[str, str]]]:
        return {}

    def read(self, ref: Ref, place: EvaluationPlace, reading: str) -> Value:
        """Return the value of a fact in one reading, as columns of the frame of *place*."""
        home = self.base.facts[ref.name].kind
        value, names = self._named(Ref(ref.name, ref.side), home, reading)
        return rebuilt(value, lambda part, _: self._at(ref, place, names[part]))

    def _at(self, ref: Ref, place: EvaluationPlace, column: str) -> Expr:
        """Return a column of the fact's frame on that of *place*."""
        home = self.base.facts[ref.name].kind
        if home == place.frame and not ref.path:
            return self.col(column)
        return self.lifted(place.frame, home, column)

    def _named(self, ref: Ref, home: str, reading: str) -> tuple[Value, Mapping[str, str]]:
        """Return a fact's value, and its parts as columns of its own frame."""
        if not self.fact_differs(ref):
            reading = "w"
        key = (ref, reading)
        if key not in self._values:
            parts = {}
            with self.noting() as needs:
                value = self.value(ref, reading)
            plain = self._plain(ref, home)
            for part, expr in value.parts().items():
                if plain is not None:
                    parts[part] = plain[part]
                    continue
                # Every part has the needs of all parts, as they are nearly equal.
                parts[part] = f"{ref.name} {ref.side}~{reading}:{part}"
                self.plan.add(Make(home, parts[part], expr, frozenset(needs)))
            self._values[key] = (value, parts)
        return self._values[key]

    def _plain(self, ref: Ref, home: str) -> dict[str, str] | None:
        """Return the given columns of a fact's parts, if no reading changes them."""
        fact = self.base.facts[ref.name]
        if self.fact_differs(ref):
            return None
        side = {"us": "ours", "customer": "theirs"}.get(fact.doc.asked_of, ref.side)
        if side == "theirs" and home != "account":
            return None
        prefix = fact.name if side == "ours" else f"{fact.name}__theirs"
        names = {"text": prefix, "low": prefix, "high": f"{prefix}__hi", "word": f"{prefix}__word"}
        return names | {f"has_{value}": f"{prefix}__is__{value}" for value in fact.doc.values}

    def fact_differs(self, ref: Ref) -> bool:
        """Return whether the readings can see different values of a fact."""
        fact = self.base.facts[ref.name]
        if fact.doc.from_lists or fact.doc.parts:
            return True
        bare = fact.doc.asked_of == "both" and ref.side == "bare"
        there = self.plan.given[fact.kind]
        if any(f"{fact.name}{suffix}__doubt" in there for suffix in ("", "__theirs")):
            return True
        return bare or fact.doc.fresh_days is not None

    def value(self, ref: Ref, reading: str) -> Value:
        """Return the value of a fact on its own frame; answered parts have priority."""
        stated = self.stated(ref, reading)
        fact = self.base.facts[ref.name]
        if not fact.doc.parts:
            return stated
        lowest = self._lowest(fact, ref.side, reading)
        return lowest if reading == "s" else chosen(self.parts_answered(ref), lowest, stated)

    def parts_answered(self, ref: Ref, reading: str = "w") -> Expr:
        """Return whether a part of a lowest fact is answered."""
        fact = self.base.facts[ref.name]
        place = EvaluationPlace(fact.kind)
        parts = [self.read(Ref(part, ref.side), place, reading) for part in fact.doc.parts]
        return self.x.any_of(is_true(part.known()) for part in parts)

    def _lowest(self, fact: Fact, side: str, reading: str) -> Word:
        """Return the lowest of the parts; null if an unknown one may be lower."""
        place = EvaluationPlace(fact.kind)
        parts = [self.read(Ref(part, side), place, reading) for part in fact.doc.parts]
        x, (least, *others) = self.x, fact.doc.values

        def some(word: str) -> Expr:
            return x.any_of(is_true(part.is_one_of([word])) for part in parts)

        text = x.null("String")
        for word in reversed(others):
            text = x.when(some(word)).then(x.lit(word)).otherwise(text)
        text = x.when(x.all_of(is_true(part.known()) for part in parts)).then(text)
        return Word(x, x.when(some(least)).then(x.lit(least)).otherwise(text))

    def stated(self, ref: Ref, reading: str) -> Value:
        """Return the stated value of a fact."""
        fact = self.base.facts[ref.name]
        found = [self._answer(fact, suffix, reading) for suffix in self._sides(ref, reading)]
        return self._first(fact, found)

    def _sides(self, ref: Ref, reading: str) -> tuple[str, ...]:
        """Return the column suffixes of the sides whose answers count; the first known one wins."""
        fact = self.base.facts[ref.name]
        side = {"us": "ours", "customer": "theirs"}.get(fact.doc.asked_of, ref.side)
        if side == "ours":
            return ("",)
        if fact.kind != "account":
            return () if side == "theirs" or reading == "s" else ("",)
        return ("__theirs",) if side == "theirs" or reading == "s" else ("__theirs", "")

    def _first(self, fact: Fact, found: list[Value]) -> Value:
        if not found:
            return self._blank(fact)
        return found[0] if len(found) == 1 else chosen(found[0].known(), found[0], found[1])

    def _answer(self, fact: Fact, suffix: str, reading: str) -> Value:
        """Return one side's answer; in the strict reading only while it is fresh."""
        value = self._columns(fact, f"{fact.name}{suffix}")
        days = fact.doc.fresh_days
        if reading == "w":
            return value
        holds = []
        if days is not None:
            holds.append(is_true(self.col(f"{fact.name}{suffix}__age") <= days))
        if f"{fact.name}{suffix}__doubt" in self.plan.given[fact.kind]:
            # An answer that an event may have voided.
            holds.append(~is_true(self.col(f"{fact.name}{suffix}__doubt")))
        if not holds:
            return value
        both = self.x.all_of(holds)
        return rebuilt(value, lambda _, expr: self.x.when(both).then(expr))

    def _columns(self, fact: Fact, prefix: str) -> Value:
        """Return the given columns of an answer."""
        doc, there = fact.doc, self.plan.given[fact.kind]
        if doc.type == "set":
            has = {name: self.col(f"{prefix}__is__{name}") for name in doc.values}
            return Elements(self.x, has)
        word = self.col(f"{prefix}__word") if f"{prefix}__word" in there else None
        if fact.is_number or doc.type == "date":
            high = self.col(f"{prefix}__hi") if f"{prefix}__hi" in there else None
            return Number(self.x, self.col(prefix), high, word)
        return Word(self.x, self.col(prefix))

    def _blank(self, fact: Fact) -> Value:
        if fact.doc.type == "set":
            none = self.x.null("Boolean")
            return Elements(self.x, dict.fromkeys(fact.doc.values, none))
        if fact.is_number or fact.doc.type == "date":
            return Number(self.x, self.x.null("Float64"))
        return Word(self.x, self.x.null("String"))

    # The age of an answer, and the one before the last

    def age(self, ref: Ref, place: EvaluationPlace, reading: str) -> Expr:
        """Return the age of the answer in days; 0 for an undated one in the working reading."""
        fact = self.base.facts[ref.name]

        def since(suffix: str) -> Expr:
            days = self.col(f"{fact.name}{suffix}__age")
            days = days.fill_null(0) if reading == "w" else days
            return self.x.when(self._answer(fact, suffix, reading).known()).then(days)

        def build() -> Expr:
            sides = self._sides(ref, reading)
            if not sides:
                return self.x.null("Int32")
            ages = [since(suffix) for suffix in sides]
            if len(ages) == 1:
                return ages[0]
            theirs = self._answer(fact, sides[0], reading).known()
            return self.x.when(theirs).then(ages[0]).otherwise(ages[1])

        name = self.make(fact.kind, f"{ref.name} {ref.side}~{reading}:age", build)
        return self._at(ref, place, name)

    def last_two(self, ref: Ref, place: EvaluationPlace, reading: str) -> tuple[Value, Value]:
        """Return the last two dated values; in the strict reading only if all are dated."""
        bare = Ref(ref.name, ref.side)

        def column(value: int, part: str) -> Expr:
            name = f"{stem(bare)}~{reading}:{('last', 'before')[value]}:{part}"
            home = self.base.facts[ref.name].kind
            name = self.make(home, name, lambda: self._two(bare, reading)[value].parts()[part])
            return self._at(ref, place, name)

        with self.noting():
            last, before = self._two(bare, reading)
        return (
            rebuilt(last, lambda part, _: column(0, part)),
            rebuilt(before, lambda part, _: column(1, part)),
        )

    def _two(self, ref: Ref, reading: str) -> tuple[Value, Value]:
        fact = self.base.facts[ref.name]

        def both(suffix: str) -> tuple[Value, Value]:
            last = self._answer(fact, suffix, reading)
            before = self._columns(fact, f"{fact.name}{suffix}__before")
            if reading == "s":
                dated = is_true(self.col(f"{fact.name}{suffix}__dated")) & last.known()
                last, before = (
                    rebuilt(v, lambda _, expr: self.x.when(dated).then(expr))
                    for v in (last, before)
                )
            return last, before

        pairs = [both(suffix) for suffix in self._sides(ref, reading)]
        if len(pairs) < 2:  # noqa: PLR2004 -- with one side there is nothing to choose
            return pairs[0] if pairs else (self._blank(fact), self._blank(fact))
        known = pairs[0][0].known()
        last, before = (chosen(known, *values) for values in zip(*pairs, strict=True))
        return last, before
