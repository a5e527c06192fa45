"""The distance of two answers as a column: the counterpart of `facts.distance`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.engines.portfolio.judging.expressions import (
    Algebra,
    Elements,
    Expr,
    Number,
    Value,
    Word,
)

if TYPE_CHECKING:
    from kam_expert.knowledge.vocabulary import Fact


def distance(fact: Fact, one: Value, two: Value) -> Expr:
    """Return the distance of two answers to *fact* as a column; null where one is unknown."""
    x = one.x
    if isinstance(one, Elements) and isinstance(two, Elements):
        apart = x.total([one.has[name] != two.has[name] for name in one.has])
        exact = x.all_of(~v.has[n].is_null() for v in (one, two) for n in v.has)
        return x.when(exact).then(apart)
    if isinstance(one, Number) and isinstance(two, Number):
        if fact.is_number:
            return (one.exact() - two.exact()).abs()
        # Two dates are equal or not; so are words in their place.
        same = x.cast(one.exact() == two.exact(), "Int32")
        known = one.known() & two.known()
        return x.when(known).then(1 - same.fill_null(0))
    assert isinstance(one, Word)  # noqa: S101 -- the only kind left
    assert isinstance(two, Word)  # noqa: S101 -- as above
    differ = x.cast(one.text != two.text, "Int32")
    if fact.doc.type != "ordered":
        return differ
    first, second = (_rank(x, value.text, list(fact.doc.values)) for value in (one, two))
    ranked = ~first.is_null() & ~second.is_null()
    return x.when(ranked).then((first - second).abs()).otherwise(differ)


def _rank(x: Algebra, text: Expr, order: list[str]) -> Expr:
    rank = x.null("Int32")
    for index, word in enumerate(order):
        rank = x.when(text == word).then(x.lit(index)).otherwise(rank)
    return rank
