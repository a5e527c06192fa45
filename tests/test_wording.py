"""A contradiction in words."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.settling import PlainEngine
from kam_expert.outputs.wording import Words

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from tests.conftest import MakeCase

DAY = date(2026, 11, 1)
# Nobody said that the list of ties is complete, and nobody confirmed the old total since.
OPEN_LISTS = """
facts:
  cross_links: {value: 3, as_of: 2020-01-01}
people: [{id: p}, {id: q}]
team: [{id: m}]
links:
  - {member: m, person: p, link_last_two_way_days: 5}
  - {member: m, person: q, link_last_two_way_days: 5}
"""


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "stated 3, worked out from the lists 2"),
        ("uk", "сказано 3, а за списками виходить 2"),
    ],
)
def test_a_stated_total_and_the_counted_one_are_told_as_the_case_has_them(
    base: KnowledgeBase, build: MakeCase, lang: str, sentence: str
) -> None:
    case = build(OPEN_LISTS)
    (found,) = diagnose(case, base, DAY, PlainEngine()).contradictions

    said = Words(base, case, lang, DAY).contradiction(found)

    # The strict reading knows neither: it could say only "2 or more".
    subject, _, numbers = said.partition(": ")
    assert subject.casefold() == base.facts["cross_links"].doc.short.get(lang).casefold()
    assert numbers == sentence
