"""Nothing about a person is in what a client reads; what the client reads follows from the rest."""

from __future__ import annotations

import base64
import html
import io
import json
import random
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from property_search import examples
from pypdf.generic import ArrayObject, ByteStringObject, DictionaryObject, StreamObject
from random_cases import built, random_case

from kam_expert import cli
from kam_expert.engines.assemble import diagnose
from kam_expert.engines.privacy.confidential import client_edition
from kam_expert.errors import KamError
from kam_expert.facts.case import Case, each_entity
from kam_expert.facts.case_reader import read_case
from kam_expert.knowledge.yaml_reader import read_file
from kam_expert.resources import rules_folder
from tests.privacy.editions import DAY, plain, report
from tests.shipped import shipped_base, shipped_engine, shipped_privacy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.results.client_edition import ClientEdition
    from kam_expert.results.diagnosis import Diagnosis

EXAMPLES = sorted((rules_folder().parent / "examples").glob("*.yaml"))
FORMS = ("html", "json", "text")


def judged(case: Case) -> Diagnosis:
    return diagnose(case, shipped_base(), DAY, shipped_engine())


def edition_of(case: Case, **wishes: Any) -> ClientEdition:
    return client_edition(case, shipped_base(), DAY, shipped_engine(), shipped_privacy(), **wishes)


def example(name: str) -> Case:
    return read_case(next(p for p in EXAMPLES if p.stem == name), shipped_base())


# Canaries: a unique text in every field that takes any text.


class Planted:
    """An example with a canary in every field of free text."""

    def __init__(self, folder: Path, name: str) -> None:
        self.canaries: dict[str, str] = {}
        self.renamed: dict[tuple[str, str], str] = {}
        data = plain(read_file(next(p for p in EXAMPLES if p.stem == name)))
        for block, kind in (("people", "person"), ("team", "member"), ("decisions", "decision")):
            for entity in data.get(block) or []:
                self.renamed[kind, entity["id"]] = self.new(f"id of a {kind}")
                entity["id"] = self.renamed[kind, entity["id"]]
                entity["name"] = self.new(f"name of a {kind}")
        if "decision" in data:
            data["decision"] |= {"id": self.new("decision"), "name": self.new("decision name")}
        for link in data.get("links") or []:
            link["person"] = self.renamed["person", link["person"]]
            link["member"] = self.renamed["member", link["member"]]
        self.sign(data)
        for person in data.get("people") or []:
            person["contact_owner"] = self.new("contact_owner")
            person["backup_owner"] = self.new("backup_owner")
        data["account"] |= {"owner": self.new("owner"), "segment": self.new("segment")}
        data["comments"] = [self.new("comment"), self.new("comment")]
        data["steps"] = {step: {"owner": self.new("step owner")} for step in shipped_base().steps}
        data["plan"] = [
            {"id": self.new("id of an entry"), "text": self.new("move"), "due": "2026-12-01",
             "owner": self.new("owner of a move"), "status": "dropped",
             "reason": self.new("reason"), "about": list(self.renamed.values())},
            {"id": self.new("id of an entry"), "step": next(iter(shipped_base().steps)),
             "owner": self.new("owner of a move"), "status": "done", "done_on": "2026-10-01",
             "evidence": self.new("evidence"), "note": self.new("note")},
        ]  # fmt: skip
        self.path = folder / f"{self.new('file')}.json"
        self.path.write_text(json.dumps(data), encoding="utf-8")
        self.case = read_case(self.path, shipped_base())

    def new(self, what: str) -> str:
        # Both scripts, and a letter that HTML escapes.
        canary = f"Кенар{len(self.canaries):03d}&Canary{len(self.canaries):03d}"
        self.canaries[canary] = what
        return canary

    def sign(self, node: Any) -> None:
        """Have somebody say every answer."""
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "by":
                    node[key] = self.new("by")
                elif key in shipped_base().facts and not isinstance(value, dict | list):
                    node[key] = {"value": value, "by": self.new("by"), "source": "said"}
                else:
                    self.sign(value)
        elif isinstance(node, list):
            for item in node:
                self.sign(item)


def written(canary: str) -> Iterator[bytes]:
    """Yield every way in which a file may contain a text."""
    for part in (canary, *canary.split("&")):
        for text in (part, html.escape(part), quote(part), json.dumps(part).strip('"')):
            yield text.encode()
        for encoded in (part.encode(), part.encode("utf-16-be"), part.encode("utf-16-le")):
            yield encoded
            yield encoded.hex().encode()
            yield encoded.hex().upper().encode()
            # The first and last characters of base64 depend on the neighbouring bytes.
            for shift in range(3):
                yield base64.b64encode(b"\0" * shift + encoded)[4:-4]


def found(canaries: dict[str, str], data: bytes) -> list[str]:
    small = data.lower()

    def has(text: str) -> bool:
        return any(way in data or way.lower() in small for way in written(text))

    # What begins every canary is looked for first: where it is not, none of them is.
    if not has("Кенар&Canary"):
        return []
    return [what for canary, what in canaries.items() if has(canary)]


def test_a_canary_is_found_in_whatever_form(planted: Planted) -> None:
    canary, what = next(iter(planted.canaries.items()))
    forms = (
        canary.encode("utf-16-le"),
        html.escape(canary).encode(),
        quote(canary).encode(),
        json.dumps(canary).encode(),
        base64.b64encode(f"xx{canary}xx".encode()),
        canary.encode().hex().upper().encode(),
    )

    for form in forms:
        assert what in found({canary: what}, b"before " + form + b" after"), form


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return Planted(tmp_path_factory.mktemp("planted"), "diamond_with_conductor")


@pytest.mark.parametrize("lang", ["uk", "en"])
@pytest.mark.parametrize("form", FORMS)
def test_no_canary_is_in_the_client_edition(planted: Planted, form: str, lang: str) -> None:
    assert found(planted.canaries, report(planted.case, lang).text(form).encode()) == []


def test_no_canary_is_in_the_pdf_its_strings_or_its_metadata(planted: Planted) -> None:
    document = report(planted.case).pdf()

    assert found(planted.canaries, document) == []
    assert found(planted.canaries, "\n".join(pdf_texts(document)).encode()) == []


def test_the_consultants_edition_has_the_canaries(planted: Planted) -> None:
    page = html.unescape(report(planted.case, client=False).text("html"))
    seen = {what for canary, what in planted.canaries.items() if canary in page}

    told = ("name of a person", "name of a member", "by", "comment", "file", "decision name")
    assert seen >= set(told)


def test_a_case_file_named_after_a_person_names_no_report(
    planted: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    words = ["kam", "diagnose", str(planted.path), "--edition", "client", "-o", str(folder)]
    monkeypatch.setattr("sys.argv", [*words, "--format", "html"])
    cli.main()

    assert [path.name for path in folder.iterdir()] == ["soniachnyi-mlyn.client.html"]


def pdf_texts(document: bytes) -> Iterator[str]:
    """Yield all texts of a PDF: of its pages, and every string and stream in it."""
    reader = pypdf.PdfReader(io.BytesIO(document))
    yield from (page.extract_text() for page in reader.pages)
    for number in range(1, len(reader.xref[0]) + 1):
        yield from strings(reader.get_object(number))


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, StreamObject):
        yield node.get_data().decode("latin-1")
    if isinstance(node, DictionaryObject):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, ArrayObject):
        for value in node:
            yield from strings(value)
    elif isinstance(node, str | ByteStringObject):
        yield str(node)


# What the client reads follows from conclusions and from facts about the account alone.


def conclusions(case: Case) -> Any:
    # Without a strategy, as the edition is made: a strategy hides steps that the client reads of.
    diagnosis = diagnose(case, shipped_base(), DAY, shipped_engine(), with_strategy=False)
    shown = [
        (f.id, f.about, f.status, f.firm, f.severity, f.variant)
        for f in diagnosis.findings
        if f.about.kind in ("account", "decision")
    ]
    steps = [
        (s.id, s.about, s.held_back_by, s.instead_of)
        for s in diagnosis.next_steps
        if s.about.kind in ("account", "decision")
    ]
    return diagnosis.stage, shown, steps


def scored_otherwise(data: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return the case with other judgements of some people."""
    facts = [f for f in shipped_base().facts.values() if f.doc.privacy == "assessment"]
    changed: dict[str, Any] = json.loads(json.dumps(data))
    for block, kind in (("people", "person"), ("team", "member")):
        for entity in changed.get(block) or []:
            for fact in facts:
                if fact.kind == kind and fact.name in entity and chance.random() < 0.5:
                    values: list[Any] = list(fact.words()) or list(range(5))
                    value = chance.choice(values)
                    entity[fact.name] = [value] if fact.doc.type == "set" else value
    return changed


@given(seed=st.integers(0, 100_000))
@settings(max_examples=examples(15))
def test_the_same_conclusions_give_the_same_edition_whatever_the_scores(seed: int) -> None:
    """Every output is made from the edition alone, so an equal one gives the same bytes."""
    chance = random.Random(seed)
    one = random_case(shipped_base(), chance, contacts=4, rich=True)
    cases = [built(data, shipped_base()) for data in (one, scored_otherwise(one, chance))]
    first, second = map(edition_of, cases)
    if first != second:
        whole = [conclusions(case) for case in cases]
        assert whole[0] != whole[1]


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_the_same_conclusions_give_the_same_bytes_whatever_the_scores(lang: str) -> None:
    """Of a document too: it is made from its page, and nothing else is put into it."""
    cases = scored_alike()
    first, second = (report(case, lang) for case in cases)

    assert cases[0].digest() != cases[1].digest()
    for form in FORMS:
        assert first.text(form) == second.text(form)
    if lang == "uk":
        assert first.pdf() == second.pdf()


@cache
def scored_alike() -> tuple[Case, Case]:
    """Return two cases that differ in scores and agree in all conclusions about the account."""
    for seed in range(50):
        chance = random.Random(seed)
        one = random_case(shipped_base(), chance, contacts=4, rich=True)
        case, other = (built(data, shipped_base()) for data in (one, scored_otherwise(one, chance)))
        if case.digest() == other.digest():
            continue
        whole = [conclusions(c) for c in (case, other)]
        if whole[0] == whole[1]:
            return case, other
    pytest.fail("the property above would be an empty word")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.stem))
def test_every_conclusion_about_the_account_stays_with_its_status(path: Path) -> None:
    case = read_case(path, shipped_base())
    whole = judged(case)
    edition = edition_of(case)
    stays, shown = (
        {
            (f.id, f.about.fact): (f.status, f.firm)
            for f in diagnosis.concluded()
            if f.about.kind == "account" and f.about.fact != "main_contact_stance"
        }
        for diagnosis in (whole, edition.diagnosis)
    )

    assert edition.diagnosis.stage == whole.stage
    assert shown.items() <= stays.items()
    assert shown == stays or len(case.people or ()) < shipped_privacy().small_group


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.stem))
def test_nothing_in_the_edition_is_about_a_person(path: Path) -> None:
    edition = edition_of(read_case(path, shipped_base()))
    abouts = [
        *(f.about for f in edition.diagnosis.findings),
        *(p.about for f in edition.diagnosis.findings for r in f.reasons for p in r.premises),
        *(a.about for f in edition.diagnosis.findings for a in f.assumes),
        *(r.about for f in edition.diagnosis.findings for r in f.reversed_by),
        *(s.about for s in edition.diagnosis.next_steps),
        *(q.about for q in edition.diagnosis.open_questions),
        *(c.about for c in edition.diagnosis.contradictions),
    ]
    premises = [p for f in edition.diagnosis.findings for r in f.reasons for p in r.premises]
    facts = [shipped_base().facts[p.fact] for p in premises if p.fact and ":" not in p.fact
             and p.fact in shipped_base().facts]  # fmt: skip
    entities = list(each_entity(edition.case))

    assert {about.kind for about in abouts} <= {"account", "decision"}
    assert all(map(shipped_privacy().is_shown, facts))
    assert not any(e.ours or e.name for e in entities if e.kind in ("person", "member", "link"))


def test_a_conclusion_that_rests_on_people_says_so_and_shows_none_of_it() -> None:
    edition = edition_of(example("barricaded_butterfly"))
    found = edition.diagnosis.finding("single_thread")
    assert found is not None

    assert edition.is_confidential(found.id, found.about)
    assert found.reasons == ()
    assert "спирається на конфіденційні факти" in report(example("barricaded_butterfly")).text(
        "text"
    ).replace("\n    ", " ")


def test_the_page_says_how_many_conclusions_would_change() -> None:
    case = example("barricaded_butterfly")
    edition = edition_of(case)

    assert edition.would_change > 0
    assert f"{edition.would_change} conclusions would be different" in report(case, "en").text(
        "html"
    )


def test_a_judgement_of_all_is_left_out_where_all_are_one_or_two() -> None:
    ally = {"is_main_contact": "yes", "open_to_us": 4, "dynamism": 4}
    people = [{"id": "p1", **ally}, {"id": "p2", "open_to_us": 1, "dynamism": 1}]
    two = small_case(people=people)
    three = small_case(people=[*people, {"id": "p3", "open_to_us": 1, "dynamism": 1}])

    assert judged(two).finding("allies") is not None
    assert edition_of(two).diagnosis.finding("allies") is None
    assert edition_of(three).diagnosis.finding("allies") is not None


def small_case(**blocks: Any) -> Case:
    return built({"account": {"id": "a", "name": "A"}, **blocks}, shipped_base())


def test_people_appear_as_roles_and_by_name_only_where_asked() -> None:
    case = example("diamond_with_conductor")
    roles, named = report(case, "en").text("html"), report(case, "en", names=("p1",)).text("html")

    assert "contact 1" in roles
    assert "Терещук" not in roles
    assert "Галина Терещук" in named
    assert "Чумак" not in named


def test_a_function_is_told_where_three_share_it() -> None:
    functions = ("quality", "quality", "quality", "finance")
    people = [{"id": f"p{n}", "function": does} for n, does in enumerate(functions)]
    edition = edition_of(small_case(people=people))
    told = sorted(str(role.does) for role in edition.roles.values())

    assert told == ["None", "quality", "quality", "quality"]


def tied(*pairs: str, people: int = 4, team: int = 4) -> Case:
    """Return a case with active ties; a pair is the numbers of member and person: "00"."""
    return small_case(
        people=[{"id": f"p{n}"} for n in range(people)],
        team=[{"id": f"m{n}"} for n in range(team)],
        links=[
            {"member": f"m{pair[0]}", "person": f"p{pair[1]}", "link_last_two_way_days": 3}
            for pair in pairs
        ],
    )


def test_ties_are_drawn_where_everybody_looks_like_two_others() -> None:
    ties = edition_of(tied("00", "11", "22", people=3, team=3)).ties
    assert ties is not None

    assert [active for _, _, active in ties] == [True, True, True]
    assert len({one for one, _, _ in ties}) == len({other for _, other, _ in ties}) == 3


@pytest.mark.parametrize(
    ("pairs", "people"),
    [
        (("00", "11"), 2),  # so few that each can be identified
        (("00", "11", "22"), 4),  # one without ties
        (("00", "11", "22", "33", "30"), 4),  # one with ties to two of ours
        (("00", "10", "20", "30"), 1),  # all through one
    ],
)
def test_ties_are_not_drawn_where_somebody_stands_out(pairs: tuple[str, ...], people: int) -> None:
    case = tied(*pairs, people=people)

    assert edition_of(case).ties is None
    assert "<g class=active>" not in report(case).text("html")


def test_ties_of_people_who_may_be_named_are_drawn() -> None:
    case = tied("00", "11", "12", "23")
    everybody = tuple(f"{side}{number}" for side in "pm" for number in range(4))

    assert edition_of(case, names=everybody).ties is not None
    assert "<g class=active>" in report(case, names=everybody).text("html")
    assert edition_of(case, names=everybody[:4]).ties is None


def test_of_many_ties_their_number_and_shape_are_told() -> None:
    edition = edition_of(example("diamond_with_conductor"))
    page = report(example("diamond_with_conductor"), "en").text("html")

    assert (edition.ties, edition.listed) == (None, (6, 7, 14))
    assert "active ties: 14" in page
    assert "a diamond, broad where the two sides meet" in page


def test_the_number_of_a_small_group_is_not_told() -> None:
    two_of_ours = tied("00", "01", "02", "13")

    assert edition_of(two_of_ours).listed is None


def test_facts_that_count_few_people_or_measure_one_pair_are_left_out() -> None:
    told = {"active_contacts_customer": 2, "cross_links": 5, "top_pair_share_pct": 90}
    case = built({"account": {"id": "a", "name": "A"}, "facts": told}, shipped_base())
    edition = edition_of(case)
    read = {p.fact for f in edition.diagnosis.findings for r in f.reasons for p in r.premises}

    assert set(edition.case.account.ours) == {"cross_links"}
    assert not read & {"active_contacts_customer", "top_pair_share_pct"}


def test_owner_and_segment_are_not_for_the_client() -> None:
    case = built(
        {"account": {"id": "a", "name": "A", "owner": "Ада Ловлас", "segment": "C-клієнти"}},
        shipped_base(),
    )

    for form in FORMS:
        assert "Ада Ловлас" in report(case, client=False).text(form)
        assert not {"Ада", "C-клієнти"} & set(re.findall(r"[\w-]+", report(case).text(form)))


def test_an_id_of_both_sides_names_one_of_them_only() -> None:
    case = small_case(people=[{"id": "x", "name": "Theirs"}], team=[{"id": "x", "name": "Ours"}])
    named = {kind: role.name for (kind, _), role in
             edition_of(case, names=("person:x",)).roles.items()}  # fmt: skip

    assert named == {"person": "Theirs", "member": ""}
    with pytest.raises(KamError, match=r"--names: .* is on each side; say person:x or member:x"):
        edition_of(case, names=("x",))


def test_a_name_for_nobody_is_told_with_the_nearest() -> None:
    with pytest.raises(KamError, match=r'nobody in the case has the id "p11"\. Did you mean "p1"'):
        edition_of(example("diamond_with_conductor"), names=("p11",))


def test_the_second_reader_is_named() -> None:
    page = report(example("doubled_channel"), "en", reviewed_by="O. Reader, 2026-11-20")

    assert "Read by a second reader: O. Reader, 2026-11-20." in page.text("html")
    assert json.loads(page.text("json"))["edition"]["reviewed_by"] == "O. Reader, 2026-11-20"


def test_what_may_be_stays_may() -> None:
    case = example("two_sides_disagree")
    whole = {f.id for f in judged(case).findings
             if f.status == "possible" and f.about.kind == "account"}  # fmt: skip
    shown = {f.id for f in edition_of(case).diagnosis.findings if f.status == "possible"}

    assert whole <= shown


def test_the_digest_is_over_what_the_client_may_see() -> None:
    case = example("doubled_channel")
    edition = edition_of(case)

    assert edition.diagnosis.facts_digest == edition.case.digest() != case.digest()
    assert edition.case.links is None, "ties that are not shown are in no digest"
    assert not re.search(r"\bp[0-9]\b", report(case).text("json"))
