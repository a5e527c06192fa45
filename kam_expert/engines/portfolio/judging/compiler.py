"""Compile facts, conditions and rules into columns: the portfolio's counterpart of `readings`.

Each condition becomes two columns, one a reading, on the frame of what it is about. What a
condition reads elsewhere (a link's person, a person's account, how many people) becomes columns
that are lifted or gathered.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from kam_expert.engines.portfolio.judging.expressions import (
    Elements,
    Expr,
    Number,
    Value,
    Word,
    chosen,
    is_true,
    not_false,
    rebuilt,
)
from kam_expert.engines.portfolio.judging.plan import Make, Plan
from kam_expert.facts.case import LISTS
from kam_expert.facts.computed import form_of
from kam_expert.knowledge.condition import (
    All,
    AnyOf,
    Comparison,
    Condition,
    Count,
    DaysAgo,
    Every,
    FactTest,
    FindingCount,
    FindingTest,
    IsUnknown,
    LastTwo,
    Named,
    NoneOf,
    Ref,
    StageTest,
    Test,
    Trend,
    nodes,
    refs,
)
from kam_expert.knowledge.vocabulary import ENGINE_FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kam_expert.engines.portfolio.judging.frames import Frames
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.vocabulary import Fact

READINGS = ("w", "s")  # working, strict
_NEVER = float("inf")


@dataclass(frozen=True)
class EvaluationPlace:
    """Where a condition is evaluated: a frame, and for rules about gaps the gap."""

    frame: str
    gap: str | None = None


def _stem(ref: Ref) -> str:
    """Return a reference as part of a column's name, in which Spark takes no dots."""
    return str(ref).replace(".", " ")


class Compiler:
    """Turns a rule base into a plan of columns.

    Args:
        base: The rule base.
        given: The columns that each frame has.
        day: The date of the diagnosis.
        library: Adds columns to frames, and has the words for expressions.
    """

    def __init__(
        self,
        base: KnowledgeBase,
        given: Mapping[str, frozenset[str]],
        day: date,
        library: Frames,
    ) -> None:
        self.base = base
        self.day = day
        self.x = library.x
        self.plan = Plan(library, given)
        self._needs: dict[str, Expr] = {}
        self._same: dict[tuple[str, str], str] = {}
        self._columns: dict[tuple[int, EvaluationPlace, str], str] = {}
        self._values: dict[tuple[Ref, str], tuple[Value, Mapping[str, str]]] = {}
        self._conditions: list[Condition] = []  # kept, as their identities are keys

    # Columns ------------------------------------------------------------------------------------

    def col(self, name: str) -> Expr:
        """Return a column of the frame at hand, noted as needed."""
        return self._needs.setdefault(name, self.x.col(name))

    @contextmanager
    def _noting(self) -> Iterator[dict[str, Expr]]:
        before, self._needs = self._needs, {}
        try:
            yield self._needs
        finally:
            self._needs = before

    def make(self, frame: str, name: str, build: Any) -> str:
        """Add the column *name* unless it is there; *build* gives its expression.

        Returns:
            The name of the column: another one where *build* gives just that.
        """
        key = (frame, name)
        if key in self._same:
            return self._same[key]
        if key not in self.plan.nodes and name not in self.plan.given[frame]:
            with self._noting() as needs:
                expr = build()
            for other, column in needs.items():
                if expr is column:
                    self._same[key] = other
                    return other
            self.plan.add(Make(frame, name, expr, frozenset(needs)))
        return name

    def lifted(self, frame: str, source: str, column: str) -> Expr:
        """Return a column of another frame on *frame*."""
        return self.col(self.plan.lift(frame, source, column))

    # Facts --------------------------------------------------------------------------------------

    def read(self, ref: Ref, place: EvaluationPlace, reading: str) -> Value:
        """Return the value of a fact in one reading, as columns of the frame of *place*."""
        home = self.base.facts[ref.name].kind
        value, names = self._named(Ref(ref.name, ref.side), home, reading)
        if home == place.frame and not ref.path:
            return rebuilt(value, lambda part, _: self.col(names[part]))
        return rebuilt(value, lambda part, _: self.lifted(place.frame, home, names[part]))

    def _named(self, ref: Ref, home: str, reading: str) -> tuple[Value, Mapping[str, str]]:
        """Return a fact's value, and its parts as columns that stand on its own frame."""
        if not self._differs(ref):
            reading = "w"
        key = (ref, reading)
        if key not in self._values:
            parts = {}
            with self._noting() as needs:
                value = self._value(ref, home, reading)
            plain = self._plain(ref, home)
            for part, expr in value.parts().items():
                if plain is not None:
                    parts[part] = plain[part]
                    continue
                # Every part names the needs of all: the same columns, or nearly.
                parts[part] = f"{ref.name} {ref.side}~{reading}:{part}"
                self.plan.add(Make(home, parts[part], expr, frozenset(needs)))
            self._values[key] = (value, parts)
        return self._values[key]

    def _plain(self, ref: Ref, home: str) -> dict[str, str] | None:
        """Return the given columns that a fact's parts are, if no reading changes them."""
        fact = self.base.facts[ref.name]
        form = fact.doc.computed
        if self._differs(ref) or (form is not None and "rank" not in form):
            return None
        side = {"us": "ours", "customer": "theirs"}.get(fact.doc.asked_of, ref.side)
        if side == "theirs" and home != "account":
            return None
        prefix = fact.name if side == "ours" else f"{fact.name}__theirs"
        names = {"text": prefix, "low": prefix, "high": f"{prefix}__hi", "word": f"{prefix}__word"}
        return names | {f"has_{value}": f"{prefix}__is__{value}" for value in fact.doc.values}

    def _differs(self, ref: Ref) -> bool:
        """Return whether the readings can see different values of a fact."""
        fact = self.base.facts[ref.name]
        form = fact.doc.computed
        if form is not None and "rank" not in form:
            return True
        bare = fact.doc.asked_of == "both" and ref.side == "bare"
        return bare or fact.doc.fresh_days is not None

    def differs(self, condition: Condition) -> bool:
        """Return whether the readings can disagree about a condition."""
        for node in nodes(condition):
            if isinstance(
                node, Count | Every | FindingTest | FindingCount | StageTest | LastTwo | Trend
            ):
                return True
            if isinstance(node, DaysAgo) and self.base.facts[node.ref.name].doc.type != "date":
                return True
            if isinstance(node, Named) and self.differs(node.condition):
                return True
        return any(ref.name in ENGINE_FACTS or self._differs(ref) for ref in refs(condition))

    def _value(self, ref: Ref, home: str, reading: str) -> Value:
        fact = self.base.facts[ref.name]
        form = fact.doc.computed
        if form is None or "rank" in form:
            return self.stated(ref, home, reading)
        counted, basis = self.computed(fact, reading)
        if reading == "s":
            return counted
        return chosen(basis, counted, self.stated(ref, home, reading))

    def stated(self, ref: Ref, home: str, reading: str) -> Value:
        """Return what people said of a fact."""
        fact = self.base.facts[ref.name]
        side = {"us": "ours", "customer": "theirs"}.get(fact.doc.asked_of, ref.side)
        if side == "ours":
            return self._fresh(fact, "", reading, self._told(fact, ""))
        if side == "theirs":
            return self._fresh(fact, "__theirs", reading, self._told(fact, "__theirs"))
        theirs = self._told(fact, "__theirs")
        if reading == "s":
            return self._fresh(fact, "__theirs", reading, theirs)
        if home != "account":
            return self._told(fact, "")
        return chosen(theirs.known(), theirs, self._told(fact, ""))

    def _told(self, fact: Fact, suffix: str) -> Value:
        """Return the columns of one side's counting answer."""
        prefix = f"{fact.name}{suffix}"
        doc, there = fact.doc, self.plan.given[fact.kind]
        if suffix and fact.kind != "account":
            return self._blank(fact)
        if doc.type == "set":
            return Elements(
                self.x, {name: self.col(f"{prefix}__is__{name}") for name in doc.values}
            )
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

    def _fresh(self, fact: Fact, suffix: str, reading: str, value: Value) -> Value:
        days = fact.doc.fresh_days
        if days is None or reading == "w" or (suffix and fact.kind != "account"):
            return value
        fresh = is_true(self.col(f"{fact.name}{suffix}__age") <= days)
        return rebuilt(value, lambda _, expr: self.x.when(fresh).then(expr))

    # Computed facts -----------------------------------------------------------------------------

    def computed(self, fact: Fact, reading: str) -> tuple[Value, Expr]:
        """Return what the lists say of *fact*, and where there is a basis for it."""
        form = fact.doc.computed
        assert form is not None  # noqa: S101 -- asked of computed facts only
        what, of = form_of(form)
        frame, member = fact.kind, LISTS[of]
        basis = self._listed(frame, of)
        more = self._may_grow(frame, of, reading)
        where = self.base.computed_where.get(fact.name)
        key = f"{fact.name}~{reading}"
        sure, perhaps = self._meant(where, member, reading, key)
        match what:
            case "count":
                value: Value = self._bounds(frame, of, (sure, perhaps), more)
            case "distinct":
                end = form["by"]
                ends = [
                    self.make(end, f"has {flag}", lambda f=flag: self.col(self._any(end, of, f)))
                    for flag in (sure, perhaps)
                ]
                lists = {"person": "people", "member": "team"}[end]
                value = self._bounds(frame, lists, (ends[0], ends[1]), more)
            case "set":
                return self._set_of(fact, (sure, perhaps), more, basis, reading), basis
            case "percent":
                whole = self.read(Ref(form["of"]), EvaluationPlace(frame), reading)
                assert isinstance(whole, Number)  # noqa: S101 -- a share of a number
                basis = basis & whole.known()
                value = self._percent(of, frame, (sure, perhaps), more, whole, reading)
            case _:
                value = self._numbers(what, fact, (sure, perhaps), more, reading)
        return rebuilt(value, lambda _, expr: self.x.when(basis).then(expr)), basis

    def _meant(
        self, where: Condition | None, member: str, reading: str, key: str
    ) -> tuple[str, str]:
        """Make columns on *member*: where it surely counts, and where it may."""
        place = EvaluationPlace(member)
        sure = self.make(
            member,
            f"sure {key}",
            lambda: self.x.true if where is None else is_true(self.truth(where, place, reading)),
        )
        perhaps = self.make(
            member,
            f"perhaps {key}",
            lambda: self.x.true if where is None else not_false(self.truth(where, place, reading)),
        )
        return sure, perhaps

    def _bounds(self, frame: str, of: str, flags: tuple[str, str], more: Expr) -> Number:
        low, high = (self._tally(frame, of, flag) for flag in flags)
        return Number(self.x, low, self.x.when(~more).then(high))

    def _tally(self, frame: str, of: str, flag: str) -> Expr:
        """Count the members whose *flag* is set."""
        return self.col(self._gathered(frame, of, flag, "count"))

    def _any(self, frame: str, of: str, flag: str) -> str:
        return self._gathered(frame, of, flag, "any")

    def _gathered(self, frame: str, of: str, column: str, how: Any) -> str:
        """Gather a column over the members of a list of *frame*; give its name on *frame*."""
        member = LISTS[of]
        source = self.between(frame, member)
        if source != member:
            column = self.plan.lift(source, member, column)
        return self.plan.gather(frame, source, column, how)

    @staticmethod
    def between(frame: str, member: str) -> str:
        """Return the frame whose rows tie *member* to *frame*."""
        if {frame, member} == {"decision", "person"}:
            return "belongs"
        if {frame, member} == {"decision", "link"}:
            return "belongs_link"
        return member

    def _set_of(
        self, fact: Fact, flags: tuple[str, str], more: Expr, basis: Expr, reading: str
    ) -> Elements:
        form = fact.doc.computed or {}
        of = form["set"]
        member, path_name = LISTS[of], form["of"]
        path, _, name = path_name.rpartition(".")
        ref, place = Ref(name, path=path), EvaluationPlace(LISTS[of])
        key = f"{fact.name}~{reading}"
        sure, perhaps = flags

        def of_member() -> Word:
            value = self.read(ref, place, reading)
            assert isinstance(value, Word)  # noqa: S101 -- a set is made of words
            return value

        blank = self.make(member, f"blank {key}", lambda: self.col(perhaps) & ~of_member().known())
        open_ = self.col(self._any(fact.kind, of, blank)) | more
        told = basis if reading == "w" else basis & ~more
        has = {}
        for word in fact.doc.values:
            surely = self.make(
                member,
                f"sure {word} {key}",
                lambda word=word: self.col(sure) & is_true(of_member().text == word),
            )
            maybe = self.make(
                member,
                f"perhaps {word} {key}",
                lambda word=word: self.col(perhaps) & is_true(of_member().text == word),
            )
            in_it = self.col(self._any(fact.kind, of, surely))
            may_be = self.col(self._any(fact.kind, of, maybe))
            has[word] = self.x.when(told).then(self.x.decided(in_it, ~may_be & ~open_))
        return Elements(self.x, has, self.x.when(told).then(open_), told)

    def _percent(  # noqa: PLR0913 -- what a share is made of
        self,
        of: str,
        frame: str,
        flags: tuple[str, str],
        more: Expr,
        whole: Number,
        reading: str,
    ) -> Number:
        size = whole.exact()
        usable = is_true(size != 0)
        if reading == "s":
            usable = usable & ~more
        hundred = self.x.lit(100.0)

        def share(flag: str) -> Expr:
            part = 100 * self._tally(frame, of, flag) / size
            return self.x.when(part > hundred).then(hundred).otherwise(part)

        low, high = (share(flag) for flag in flags)
        high = self.x.when(more).then(hundred).otherwise(high)
        return Number(self.x, self.x.when(usable).then(low), self.x.when(usable).then(high))

    def _numbers(
        self, what: str, fact: Fact, flags: tuple[str, str], more: Expr, reading: str
    ) -> Number:
        form = fact.doc.computed or {}
        _, of = form_of(form)
        member, key = LISTS[of], f"{fact.name}~{reading}"
        path, _, name = form["of"].rpartition(".")
        ref = Ref(name, path=path)
        sure, perhaps = flags

        def exact() -> Expr:
            value = self.read(ref, EvaluationPlace(member), reading)
            assert isinstance(value, Number)  # noqa: S101 -- the parser saw to it
            return self.x.when(self.col(perhaps)).then(value.exact())

        amount = self.make(member, f"exact {key}", exact)
        blank = self.make(
            member,
            f"blank {key}",
            lambda: self.col(perhaps) & (self.col(amount).is_null() | ~self.col(sure)),
        )
        frame = fact.kind
        usable = ~more & ~self.col(self._any(frame, of, blank))
        some = self.col(self._any(frame, of, perhaps))
        if what == "minimum":
            least = self.col(self._gathered(frame, of, amount, "min"))
            never = self.x.lit(_NEVER)
            return Number(
                self.x, self.x.when(usable).then(self.x.when(some).then(least).otherwise(never))
            )
        most = self.col(self._gathered(frame, of, amount, "max"))
        whole = self.plan.gather(frame, self.between(frame, member), amount, "sum")
        share = 100 * most / self.col(whole)
        return Number(
            self.x, self.x.when(usable & some & is_true(self.col(whole) != 0)).then(share)
        )

    # Lists --------------------------------------------------------------------------------------

    def _listed(self, frame: str, of: str) -> Expr:
        column = f"{of}_listed"
        return self.col(column) if frame == "account" else self.lifted(frame, "account", column)

    def _may_grow(self, frame: str, of: str, reading: str) -> Expr:
        """Return where a list may have members that nobody named."""

        def build() -> Expr:
            listed = self.col(f"{of}_listed")
            if of == "decisions":
                return ~listed if reading == "w" else self.x.true
            said = self.col(f"{of}_complete")
            closed = not_false(said) if reading == "w" else is_true(said)
            return ~(listed & closed)

        column = self.make("account", f"{of} may grow~{reading}", build)
        return self.col(column) if frame == "account" else self.lifted(frame, "account", column)

    # Conditions ---------------------------------------------------------------------------------

    def truth(self, condition: Condition, place: EvaluationPlace, reading: str) -> Expr:
        """Return the truth of *condition* in one reading."""
        match condition:
            case All():
                return self.x.all_of(self.truth(part, place, reading) for part in condition.parts)
            case AnyOf():
                return self.x.any_of(self.truth(part, place, reading) for part in condition.parts)
            case NoneOf():
                return ~self.x.any_of(self.truth(part, place, reading) for part in condition.parts)
            case Named():
                return self._definition(condition, place, reading)
            case FactTest():
                value = self._fact(condition.ref, place, reading)
                return self.x.all_of(value.check(self._dated(t)) for t in condition.tests)
            case Comparison():
                mine = self._number(condition.ref, place, reading)
                other = self._number(condition.other, place, reading)
                if condition.op == "less_than":
                    mine, other = other, mine
                return mine.exceeds(other, condition.by)
            case DaysAgo():
                return self._days_ago(condition, place, reading)
            case LastTwo():
                now, before = self._last_two(condition.ref, place, reading)
                tests = [self._dated(test) for test in condition.tests]
                passed = self.x.all_of(v.check(t) for v in (before, now) for t in tests)
                return self.x.when(before.known()).then(passed)
            case Trend():
                return self._trend(condition, place, reading)
            case IsUnknown():
                return ~self.read(condition.ref, place, "w").known()
            case FindingTest():
                return self.x.any_of(self.finding(name, place, reading) for name in condition.names)
            case FindingCount():
                found = [self.finding(name, place, reading) for name in condition.names]
                count = Number(
                    self.x, self.x.total(found), self.x.total([not_false(truth) for truth in found])
                )
                return self.x.all_of(count.check(test) for test in condition.tests)
            case StageTest():
                return self._stage(condition, place, reading)
        return self._counted(condition, place, reading)

    def column(self, condition: Condition, place: EvaluationPlace, reading: str) -> str:
        """Return the truth of *condition* as a column of its own on the frame of *place*."""
        if reading == "s" and not self.differs(condition):
            reading = "w"
        key = (id(condition), place, reading)
        if key not in self._columns:
            self._conditions.append(condition)
            name = f"c{len(self._conditions)}~{reading}"
            name = self.make(place.frame, name, lambda: self.truth(condition, place, reading))
            self._columns[key] = name
        return self._columns[key]

    def _dated(self, test: Test) -> Test:
        """Return *test* with dates as the days since, as which they stand in the frames."""
        if test.op not in ("is", "not"):
            return test
        items = ((self.day - i).days if isinstance(i, date) else i for i in test.operand)
        return Test(test.op, tuple(items))

    def _definition(self, condition: Named, place: EvaluationPlace, reading: str) -> Expr:
        home = self.base.definitions[condition.name][0]
        if reading == "s" and not self.differs(condition):
            reading = "w"
        name = f"is {condition.name}~{reading}"
        name = self.make(
            home, name, lambda: self.truth(condition.condition, EvaluationPlace(home), reading)
        )
        return self.col(name) if home == place.frame else self.lifted(place.frame, home, name)

    def _number(self, ref: Ref, place: EvaluationPlace, reading: str) -> Number:
        value = self.read(ref, place, reading)
        assert isinstance(value, Number)  # noqa: S101 -- the parser saw to it
        return value

    def _fact(self, ref: Ref, place: EvaluationPlace, reading: str) -> Value:
        if ref.name not in ENGINE_FACTS:
            return self.read(ref, place, reading)
        if ref.name == "gap":
            assert place.gap is not None  # noqa: S101 -- the parser saw to it
            return Word(self.x, self.gap(place.gap, place, reading))
        if ref.name == "customer_answers":
            here = "customer_answers"
            if place.frame == "account":
                return Number(self.x, self.col(here))
            return Number(self.x, self.lifted(place.frame, "account", here))
        low, high = self.contradictions(reading)
        if place.frame != "account":
            return Number(
                self.x,
                self.lifted(place.frame, "account", low),
                None if high is None else self.x.null("Int32"),
            )
        return Number(self.x, self.col(low), None if high is None else self.x.null("Int32"))

    def _days_ago(self, condition: DaysAgo, place: EvaluationPlace, reading: str) -> Expr:
        ref = condition.ref
        fact = self.base.facts[ref.name]
        if fact.doc.type == "date":
            value = self._number(ref, place, reading)
            days = Number(self.x, value.low, value.high)
            passed = self.x.all_of(days.check(test) for test in condition.tests)
            if value.word is None:
                return passed
            return self.x.when(value.word.is_null()).then(passed).otherwise(self.x.false)
        name = f"{ref.name} {ref.side}~{reading}:age"
        home = fact.kind
        name = self.make(home, name, lambda: self._age(Ref(ref.name, ref.side), home, reading))
        here = home == place.frame and not ref.path
        age = self.col(name) if here else self.lifted(place.frame, home, name)
        return self.x.all_of(Number(self.x, age).check(test) for test in condition.tests)

    def _age(self, ref: Ref, home: str, reading: str) -> Expr:
        """Return the days since the answer that counts; working, an undated one is of the day."""
        fact = self.base.facts[ref.name]

        def age(suffix: str) -> Expr:
            value = self._fresh(fact, suffix, reading, self._told(fact, suffix))
            since = self.col(f"{fact.name}{suffix}__age")
            if reading == "w":
                since = since.fill_null(0)
            return self.x.when(value.known()).then(since)

        side = {"us": "ours", "customer": "theirs"}.get(fact.doc.asked_of, ref.side)
        if home != "account":
            none = self.x.null("Int32")
            return none if side == "theirs" or (side == "bare" and reading == "s") else age("")
        if side == "ours":
            return age("")
        if side == "theirs" or reading == "s":
            return age("__theirs")
        return (
            self.x.when(self._told(fact, "__theirs").known())
            .then(age("__theirs"))
            .otherwise(age(""))
        )

    def _last_two(self, ref: Ref, place: EvaluationPlace, reading: str) -> tuple[Value, Value]:
        """Return the last dated value and the one before; strictly, only if all are dated."""
        home = self.base.facts[ref.name].kind
        bare = Ref(ref.name, ref.side)
        found = []
        for index, word in enumerate(("last", "before")):
            with self._noting():
                shape = self._two(bare, home, reading)[index]
            names = {
                part: self.make(
                    home,
                    f"{_stem(bare)}~{reading}:{word}:{part}",
                    lambda index=index, part=part: self._two(bare, home, reading)[index].parts()[
                        part
                    ],
                )
                for part in shape.parts()
            }

            def column(part: str, _: Expr, names: Mapping[str, str] = names) -> Expr:
                if home == place.frame and not ref.path:
                    return self.col(names[part])
                return self.lifted(place.frame, home, names[part])

            found.append(rebuilt(shape, column))
        return found[0], found[1]

    def _two(self, ref: Ref, home: str, reading: str) -> tuple[Value, Value]:
        fact = self.base.facts[ref.name]

        def both(suffix: str) -> tuple[Value, Value]:
            last = self._fresh(fact, suffix, reading, self._told(fact, suffix))
            before = self._before(fact, suffix)
            if reading == "s":
                dated = is_true(self.col(f"{fact.name}{suffix}__dated")) & last.known()
                last, before = (
                    rebuilt(v, lambda _, expr: self.x.when(dated).then(expr))
                    for v in (last, before)
                )
            return last, before

        side = {"us": "ours", "customer": "theirs"}.get(fact.doc.asked_of, ref.side)
        if home != "account":
            if side == "theirs" or (side == "bare" and reading == "s"):
                return self._blank(fact), self._blank(fact)
            return both("")
        if side == "ours":
            return both("")
        if side == "theirs" or reading == "s":
            return both("__theirs")
        theirs, ours = both("__theirs"), both("")
        known = theirs[0].known()
        return chosen(known, theirs[0], ours[0]), chosen(known, theirs[1], ours[1])

    def _before(self, fact: Fact, suffix: str) -> Value:
        prefix = f"{fact.name}{suffix}__before"
        there = self.plan.given[fact.kind]
        if fact.doc.type == "set":
            return Elements(self.x, {n: self.col(f"{prefix}__is__{n}") for n in fact.doc.values})
        word = self.col(f"{prefix}__word") if f"{prefix}__word" in there else None
        if fact.is_number or fact.doc.type == "date":
            high = self.col(f"{prefix}__hi") if f"{prefix}__hi" in there else None
            return Number(self.x, self.col(prefix), high, word)
        return Word(self.x, self.col(prefix))

    def _trend(self, condition: Trend, place: EvaluationPlace, reading: str) -> Expr:
        now, before = self._last_two(condition.ref, place, reading)
        assert isinstance(now, Number)  # noqa: S101 -- the parser saw to it
        assert isinstance(before, Number)  # noqa: S101 -- as above
        rising, falling = now.exceeds(before, 0), before.exceeds(now, 0)
        if condition.direction == "rising":
            return rising
        return falling if condition.direction == "falling" else ~(rising | falling)

    def _counted(self, condition: Condition, place: EvaluationPlace, reading: str) -> Expr:
        assert isinstance(condition, Count | Every)  # noqa: S101 -- all others are handled
        member = LISTS[condition.of]
        frame = place.frame
        more = self._may_grow(frame, condition.of, reading)
        key = self.column(condition.where, EvaluationPlace(member), reading)
        sure = self.make(member, f"sure {key}", lambda: is_true(self.col(key)))
        perhaps = self.make(member, f"perhaps {key}", lambda: not_false(self.col(key)))
        if isinstance(condition, Every):
            return self._every(condition, frame, (key, sure, perhaps), more, reading)
        if condition.by is None:
            count = self._bounds(frame, condition.of, (sure, perhaps), more)
        else:
            count = self._distinct(condition, frame, (sure, perhaps), more, reading)
        return self.x.all_of(count.check(test) for test in condition.tests)

    def _distinct(
        self,
        condition: Count,
        frame: str,
        flags: tuple[str, str],
        more: Expr,
        reading: str,
    ) -> Number:
        member = LISTS[condition.of]
        by = condition.by
        assert by is not None  # noqa: S101 -- the caller saw to it
        sure, perhaps = flags
        key = f"{_stem(by)}~{reading} {sure}"

        def exact() -> Expr:
            value = self.read(by, EvaluationPlace(member), reading)
            if isinstance(value, Word):
                return value.text
            if isinstance(value, Number):
                return value.exact()
            # A set counts as one value: its elements, written one after the other.
            return self.x.library.concat_str(
                [
                    self.x.cast(self.x.cast(not_false(has), "Int8"), "String")
                    for has in value.has.values()
                ]
            )

        value = self.make(member, f"value {key}", exact)
        columns = {
            "sure": lambda: self.x.when(self.col(sure)).then(self.col(value)),
            "all": lambda: self.x.when(self.col(perhaps)).then(self.col(value)),
        }
        unique = {}
        for word, build in columns.items():
            column = self.make(member, f"{word} value {key}", build)
            hole = self.make(
                member, f"no {word} value {key}", lambda c=column: self.col(c).is_null()
            )
            kinds = self.col(self._gathered(frame, condition.of, column, "n_unique"))
            # A null counts as one kind more.
            holes = self.col(self._any(frame, condition.of, hole))
            unique[word] = kinds - self.x.cast(holes, "Int32")
        blank = self.make(
            member, f"blank {key}", lambda: self.col(perhaps) & self.col(value).is_null()
        )
        at_all = self.make(
            member, f"blank sure {key}", lambda: self.col(sure) & self.col(value).is_null()
        )
        blanks = self._tally(frame, condition.of, blank)
        none = (unique["sure"] == 0) & self.col(self._any(frame, condition.of, at_all))
        low = self.x.when(none).then(self.x.lit(1)).otherwise(unique["sure"])
        return Number(self.x, low, self.x.when(~more).then(unique["all"] + blanks))

    def _every(
        self,
        condition: Every,
        frame: str,
        keys: tuple[str, str, str],
        more: Expr,
        reading: str,
    ) -> Expr:
        member = LISTS[condition.of]
        where, sure, perhaps = keys
        passes = self.column(condition.satisfies, EvaluationPlace(member), reading)
        name = f"{where} {passes}"
        fails = self.make(
            member, f"fails {name}", lambda: self.col(sure) & ~not_false(self.col(passes))
        )
        doubt = self.make(
            member,
            f"doubt {name}",
            lambda: (~self.col(where) | self.col(passes)).is_null(),  # noqa: PLW0108 -- notes what it reads when called
        )
        failed, doubted, some, maybe = (
            self.col(self._any(frame, condition.of, flag)) for flag in (fails, doubt, sure, perhaps)
        )
        open_ = self.x.null("Boolean")
        settled = (
            self.x.when(~maybe)
            .then(self.x.false)
            .otherwise(self.x.when(some & ~doubted).then(self.x.true))
        )
        return (
            self.x.when(failed)
            .then(self.x.false)
            .otherwise(self.x.when(more).then(open_).otherwise(settled))
        )

    # Findings, the stage, what the engine knows -------------------------------------------------

    def finding(self, name: str, place: EvaluationPlace, reading: str) -> Expr:
        """Return where a finding about the same thing, or its account, is likely or better."""
        about = self.base.findings[name].about
        if about in (place.frame, "account"):
            column = self.likely(name, about, reading)
            if column is None:
                return self.x.false
            same = about == place.frame
            return self.col(column) if same else self.lifted(place.frame, about, column)
        return self.x.false

    def likely(self, name: str, frame: str, reading: str) -> str | None:
        """Return the column of a finding's truth; None if no rule concludes it of such a thing."""
        raise NotImplementedError

    def _stage(self, condition: StageTest, place: EvaluationPlace, reading: str) -> Expr:
        raise NotImplementedError

    def gap(self, name: str, place: EvaluationPlace, reading: str) -> Expr:
        """Return yes, no or null: whether the answers of a declared pair lie apart."""
        gap = self.base.gaps[name]
        fact = self.base.facts[gap.ours]
        ours = self.read(Ref(gap.ours, "ours"), EvaluationPlace("account"), reading)
        theirs = self.read(Ref(gap.theirs, "theirs"), EvaluationPlace("account"), reading)
        apart = self._distance(fact, ours, theirs) >= gap.threshold.value
        del place
        return (
            self.x.when(apart)
            .then(self.x.lit("yes"))
            .otherwise(self.x.when(~apart).then(self.x.lit("no")))
        )

    def _distance(self, fact: Fact, one: Value, two: Value) -> Expr:
        if isinstance(one, Elements) and isinstance(two, Elements):
            apart = self.x.total([one.has[name] != two.has[name] for name in one.has])
            exact = self.x.all_of(~v.has[n].is_null() for v in (one, two) for n in v.has)
            return self.x.when(exact).then(apart)
        if isinstance(one, Number) and isinstance(two, Number):
            if fact.is_number:
                return (one.exact() - two.exact()).abs()
            # Two dates are the same or not; words in their place likewise.
            same = self.x.cast(one.exact() == two.exact(), "Int32")
            known = one.known() & two.known()
            return self.x.when(known).then(1 - same.fill_null(0))
        assert isinstance(one, Word)  # noqa: S101 -- the only kind left
        assert isinstance(two, Word)  # noqa: S101 -- as above
        differ = self.x.cast(one.text != two.text, "Int32")
        if fact.doc.type != "ordered":
            return differ
        first, second = (self._rank(value.text, list(fact.doc.values)) for value in (one, two))
        ranked = ~first.is_null() & ~second.is_null()
        return self.x.when(ranked).then((first - second).abs()).otherwise(differ)

    def contradictions(self, reading: str) -> tuple[str, str | None]:
        """Return the columns of the least and (if bounded) most contradictions of an account."""
        raise NotImplementedError

    def _rank(self, text: Expr, order: list[str]) -> Expr:
        rank = self.x.null("Int32")
        for index, word in enumerate(order):
            rank = self.x.when(text == word).then(self.x.lit(index)).otherwise(rank)
        return rank
