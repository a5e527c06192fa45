"""The main causes of an account: which obstacles they are, and that every output names the same.

With --all for more random accounts and examples, and in the other language.
"""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from random import Random

import pytest
from random_cases import built, random_case

from kam_expert.engines.assemble import diagnose
from kam_expert.engines.causes import MOST, main_causes
from kam_expert.engines.privacy.editions import edition_of
from kam_expert.engines.settling import PlainEngine
from kam_expert.knowledge.about import About
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.documents import SEVERITIES
from kam_expert.knowledge.status import rank
from kam_expert.outputs.html import render_report
from kam_expert.outputs.json_document import as_data
from kam_expert.outputs.page import ReportPage
from kam_expert.outputs.text import render_text
from kam_expert.outputs.wording import Words
from kam_expert.results.diagnosis import Diagnosis, Finding
from kam_expert.terminal.screen import Screen
from tests.sampling import few_of
from tests.shipped import NAMES, example, shipped_base, shipped_privacy

BASE = shipped_base()
DAY = date(2026, 11, 1)
ACCOUNT = About("account", "a")
ANN, BOB = About("person", "ann"), About("person", "bob")
FIRST, SECOND = About("decision", "d1"), About("decision", "d2")


def found(
    name: str, about: About = ACCOUNT, status: str = "established", severity: str = ""
) -> Finding:
    return Finding(
        id=name,
        about=about,
        status=status,
        firm=True,
        severity=severity or BASE.findings[name].severity,
        variant=None,
        assumes=(),
        reasons=(),
    )


def told(*findings: Finding) -> list[tuple[str, list[str]]]:
    """Return the main causes with what rests on each, by name."""
    causes = main_causes(findings, BASE)
    return [(cause.first.id, [f.id for f in cause.rests]) for cause in causes]


# Which obstacles are causes


def test_what_follows_from_another_obstacle_stands_under_it() -> None:
    assert told(found("contact_silo"), found("uncoordinated_contacts"), found("no_goal")) == [
        ("uncoordinated_contacts", ["contact_silo", "no_goal"])
    ]


def test_it_stands_under_the_cause_of_its_cause() -> None:
    findings = (found("guarded_contacts"), found("trust_barricade"), found("one_sided"))

    assert told(*findings) == [("one_sided", ["trust_barricade", "guarded_contacts"])]


def test_it_stands_under_the_weightiest_of_several_causes() -> None:
    findings = (found("no_common_goal"), found("one_sided", status="likely"), found("unequal"))

    assert told(*findings) == [("unequal", ["no_common_goal"]), ("one_sided", [])]


@pytest.mark.parametrize("status", ["possible", "open"])
def test_what_is_less_than_likely_explains_nothing(status: str) -> None:
    assert told(found("contact_silo"), found("uncoordinated_contacts", status=status)) == [
        ("contact_silo", [])
    ]


def test_a_cause_that_is_no_obstacle_here_explains_nothing() -> None:
    """Where it is right to stay as it is, one pair of people is not a fault."""
    findings = (found("single_thread", severity="info"), found("purchasing_only_view"))

    assert told(*findings) == [("purchasing_only_view", [])]


def test_causes_are_ordered_by_severity_then_certainty_then_place() -> None:
    findings = (
        found("team_skill_gap", About("member", "m")),
        found("uncoordinated_contacts"),
        found("retention_too_dear", status="likely"),
        found("being_tested_on_competence"),
        found("one_sided", status="likely"),
    )
    names = [name for name, _ in told(*findings)]

    assert names == [
        "one_sided",
        "uncoordinated_contacts",
        "team_skill_gap",
        "retention_too_dear",
        "being_tested_on_competence",
    ]


def test_there_are_at_most_five_and_the_others_are_left_for_later() -> None:
    findings = (
        *(found(n) for n in ("large_unprofitable", "one_sided", "unequal", "premature_label")),
        found("uncoordinated_contacts"),
        found("cosy_risk"),
        found("not_measured"),
    )
    causes = told(*findings)

    assert len(causes) == MOST
    assert "cosy_risk" not in dict(causes)
    assert not any("not_measured" in rests for _, rests in causes)


# Whom they are about


def test_one_finding_about_two_people_is_one_cause() -> None:
    [cause] = main_causes((found("ego_risk", ANN), found("ego_risk", BOB, "likely")), BASE)

    assert [f.about for f in cause.findings] == [ANN, BOB]
    assert cause.first.status == "established"


def test_a_person_is_explained_by_the_account_and_by_nobody_else() -> None:
    findings = (found("authority_not_enough", ANN, severity="medium"), found("needs_sponsor", BOB))

    assert {name for name, _ in told(*findings)} == {"needs_sponsor", "authority_not_enough"}
    assert told(findings[0], found("needs_sponsor", ANN)) == [
        ("needs_sponsor", ["authority_not_enough"])
    ]
    assert told(found("closed_to_us", ANN), found("one_sided")) == [("one_sided", ["closed_to_us"])]


def test_a_decision_explains_people_and_the_account_but_no_other_decision() -> None:
    causes = told(
        found("dmu_unmapped", FIRST),
        found("contacts_missing", FIRST),
        found("contacts_missing", SECOND),
        found("needs_sponsor", ANN),
        found("strategic_need_unknown"),
    )

    assert causes == [
        ("dmu_unmapped", ["strategic_need_unknown", "needs_sponsor", "contacts_missing"]),
        ("contacts_missing", []),
    ]


def test_a_person_explains_what_is_about_the_account() -> None:
    assert told(found("no_ally"), found("closed_to_us", ANN)) == [("closed_to_us", ["no_ally"])]


# What is not an obstacle


@pytest.mark.parametrize(
    "finding",
    [
        found("contradiction"),
        found("retention_first"),
        found("closed_to_new", ANN),
        found("profile_incomplete", ANN),
        found("one_sided", status="possible"),
    ],
    ids=lambda finding: finding.id,
)
def test_what_does_not_stand_in_the_way_is_no_cause(finding: Finding) -> None:
    assert main_causes((finding,), BASE) == ()


def test_a_difference_between_the_two_sides_is_an_obstacle_though_it_is_about_answers() -> None:
    gaps = [About("account", "a", name) for name in list(BASE.gaps)[:2]]

    assert told(*(found("perception_gap", about) for about in gaps)) == [("perception_gap", [])]


# Whole diagnoses


def whole(seed: int) -> Diagnosis:
    case = built(random_case(BASE, Random(seed), rich=True), BASE)
    return diagnose(case, BASE, DAY, PlainEngine())


def test_every_obstacle_is_a_cause_or_under_one_or_rests_on_none_of_the_five(
    *, every: bool
) -> None:
    complete = folded = 0
    for seed in range(60 if every else 30):
        diagnosis = whole(seed)
        causes = diagnosis.causes
        obstacles = [f for f in diagnosis.findings if BASE.is_obstacle(f.id, f.severity, f.status)]
        told = [f for cause in causes for f in (*cause.findings, *cause.rests)]
        weights = [(SEVERITIES.index(c.first.severity), -rank(c.first.status)) for c in causes]
        folded += sum(len(cause.rests) for cause in causes)

        assert len(causes) <= MOST
        assert weights == sorted(weights)
        assert len(set(map(_key, told))) == len(told)
        assert set(map(_key, told)) <= set(map(_key, obstacles))
        if len(causes) < MOST:
            complete += 1
            assert set(map(_key, told)) == set(map(_key, obstacles))
        about_account = {f.id for f in obstacles if f.about.kind == "account"}
        for cause in causes:
            assert about_account.isdisjoint(BASE.findings[cause.first.id].follows_from)

    assert complete > 5
    assert folded > 50


def _key(finding: Finding) -> tuple[str, About]:
    return finding.id, finding.about


@pytest.mark.parametrize("name", few_of(NAMES, 3))
def test_the_client_reads_only_causes_that_the_client_may_read(name: str) -> None:
    case = example(name)
    edition = edition_of(case, BASE, DAY, PlainEngine(), shipped_privacy(), Edition.CLIENT)
    shown = set(edition.diagnosis.findings)
    causes = edition.diagnosis.causes

    assert all(f in shown for cause in causes for f in (*cause.findings, *cause.rests))
    assert all(f.about.kind in ("account", "decision") for c in causes for f in c.findings)


# Outputs


def in_order(text: str, names: list[str]) -> list[str]:
    """Return the names in the order in which they first occur in a text."""
    flat = " ".join(text.split()).casefold()
    places = {name: flat.find(" ".join(name.split()).casefold()) for name in names}
    assert min(places.values()) >= 0, places
    return sorted(names, key=places.__getitem__)


@pytest.mark.parametrize("lang", few_of(["uk", "en"], 1))
@pytest.mark.parametrize("name", few_of(NAMES, 5))
def test_every_output_names_the_same_causes_in_the_same_order(name: str, lang: str) -> None:
    case = example(name)
    diagnosis = diagnose(case, BASE, DAY, PlainEngine())
    words = Words(BASE, case, lang, DAY)
    names = [words.finding(cause.first.id) for cause in diagnosis.causes]
    assert names

    data = as_data(diagnosis, case, BASE)["causes"]
    assert [cause["finding"] for cause in data] == [cause.first.id for cause in diagnosis.causes]
    assert [[rest["finding"] for rest in cause["rests"]] for cause in data] == [
        list(dict.fromkeys(f.id for f in cause.rests)) for cause in diagnosis.causes
    ]

    headlines = [words.headline(cause.first) for cause in diagnosis.causes]
    assert in_order(render_text(diagnosis, case, BASE, lang), headlines) == headlines

    page = render_report(diagnosis, case, BASE, lang)
    section = page[page.index("<section id=hindering>") :].partition("</section>")[0]
    summaries = [part.partition("</summary>")[0] for part in section.split("<div class=cause>")[1:]]
    for cause, headline, summary in zip(diagnosis.causes, headlines, summaries, strict=True):
        shown = unescape(re.sub("<[^>]*>", "", summary)).casefold()
        assert headline.casefold() in shown or words.finding(cause.first.id).casefold() in shown

    lines: list[str] = []
    Screen(BASE, lang, lines.append).header(case, diagnosis)
    assert in_order("\n".join(lines), names) == names


@pytest.mark.parametrize("seed", range(12))
def test_a_report_shows_each_obstacle_once_beside_the_verdict(seed: int) -> None:
    diagnosis = whole(seed)
    case = built(random_case(BASE, Random(seed), rich=True), BASE)
    page = ReportPage(diagnosis, case, BASE, "en")
    groups = [
        *(f for cause in diagnosis.causes for f in (*cause.findings, *cause.rests)),
        *(f for group in page.other_obstacles() for f in group),
    ]
    obstacles = [f for f in diagnosis.findings if BASE.is_obstacle(f.id, f.severity, f.status)]

    assert len(groups) == len(obstacles)
    assert set(map(_key, groups)) == set(map(_key, obstacles))
