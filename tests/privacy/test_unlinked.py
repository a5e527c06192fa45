"""What the client reads is the same whatever people are called: no byte follows from who they are.

This needs no list of encodings: a name that came through in any form, as a digest or as an order,
would make a difference.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.yaml_reader import read_file
from tests.privacy.canaries import OWNERS
from tests.privacy.editions import plain, report
from tests.shipped import EXAMPLES, shipped_base

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase

#: Of other scripts and directions, of one letter, words of the vocabulary and of the report, and
#: letters that forms escape.
AWKWARD = (
    "محمد علي", "李雷", "Ґ", "procurement", "partnership", "Стадія відносин", "contact 1", "null",
    "yes", "0", "<b>&amp;\"'", "О’Ніл-Пʼятий", "a→b", "../../x", "{about}", "%(ours)s", "𝔊𝔯𝔞𝔠𝔢",
)  # fmt: skip


class Peopled:
    """The facts of an example about other people, from other sources, in another order."""

    def __init__(
        self, data: Any, base: KnowledgeBase, words: Iterator[str], chance: random.Random
    ) -> None:
        self.base = base
        self.data = json.loads(json.dumps(data))
        self._words = words
        self._rename()
        self._sign(self.data)
        self._write_notes()
        for block in ("people", "team", "links", "decisions"):
            chance.shuffle(self.data.get(block) or [])

    def _rename(self) -> None:
        new: dict[tuple[str, str], str] = {}
        for block in ("people", "team", "decisions"):
            for entity in self.data.get(block) or []:
                new[block, entity["id"]] = next(self._words)
                entity |= {"id": new[block, entity["id"]], "name": next(self._words)}
        for link in self.data.get("links") or []:
            link["person"] = new["people", link["person"]]
            link["member"] = new["team", link["member"]]
        for person in self.data.get("people") or []:
            person |= {name: next(self._words) for name in OWNERS if name in self.base.facts}
            if "decisions" in person:
                person["decisions"] = [new["decisions", d] for d in person["decisions"]]

    def _sign(self, node: Any) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key == "by":
                node[key] = next(self._words)
            elif key in self.base.facts and not isinstance(value, dict | list):
                node[key] = {"value": value, "by": next(self._words), "source": "said"}
            elif isinstance(value, dict | list):
                self._sign(value)

    def _write_notes(self) -> None:
        word = self._words
        self.data["account"] |= {"owner": next(word), "segment": next(word)}
        self.data["comments"] = [next(word), next(word)]
        self.data["steps"] = {step: {"owner": next(word)} for step in self.base.steps}

    def case(self, folder: Path) -> Case:
        """Read the case from a file with a name of its own."""
        path = folder / f"{next(self._words).encode().hex()[:40]}.json"
        path.write_text(json.dumps(self.data), encoding="utf-8")
        return read_case(path, self.base)


def numbered() -> Iterator[str]:
    # The numbers are in random order, so that no sorting gives the order of the other names.
    return (f"Somebody {number * 7919 % 1009}" for number in range(1, 1009))


def awkward() -> Iterator[str]:
    for number in range(1, 1009):
        yield f"{AWKWARD[number % len(AWKWARD)]}{number * 5003 % 1013}"


def both(data: Any, base: KnowledgeBase, folder: Path) -> tuple[Case, Case]:
    one = Peopled(data, base, numbered(), random.Random(1))
    return one.case(folder), Peopled(data, base, awkward(), random.Random(2)).case(folder)


def with_two_decisions(data: Any) -> Any:
    """Put a second decision in, to which some people belong, and which looks otherwise."""
    facts = {f.name for f in shipped_base().facts.values() if f.kind == "decision"}
    first = {
        "id": "d1",
        **{k: v for k, v in (data.pop("decision", None) or {}).items() if k in facts},
    }
    data["decisions"] = [
        first,
        {"id": "d2", "award_rules": "free", "decision_path": "nobody_knows"},
    ]
    data["decisions"][1] = {k: v for k, v in data["decisions"][1].items() if k in {"id", *facts}}
    for number, person in enumerate(data.get("people") or []):
        person["decisions"] = ["d1", "d2"] if number % 2 else ["d2"]
    return data


@pytest.mark.every_example(2)
def test_the_same_facts_of_other_people_give_the_same_bytes(
    base: KnowledgeBase, path: Path, tmp_path: Path
) -> None:
    one, other = both(plain(read_file(path)), base, tmp_path)

    for lang, forms in (("uk", ("json", "html")), ("en", ("text",))):
        first, second = (report(case, lang, base=base) for case in (one, other))
        for form in forms:
            assert first.text(form) == second.text(form), form


def test_the_same_holds_of_several_decisions(tmp_path: Path) -> None:
    path = EXAMPLES / "diamond_with_conductor.yaml"
    one, other = both(with_two_decisions(plain(read_file(path))), shipped_base(), tmp_path)
    assert len(one.decisions or ()) == 2

    assert report(one, "uk").text("json") == report(other, "uk").text("json")
    assert report(one, "en").text("html") == report(other, "en").text("html")


def test_the_same_holds_of_a_document(tmp_path: Path) -> None:
    path = EXAMPLES / "two_sides_disagree.yaml"
    one, other = both(plain(read_file(path)), shipped_base(), tmp_path)

    assert report(one, "uk").pdf() == report(other, "uk").pdf()
