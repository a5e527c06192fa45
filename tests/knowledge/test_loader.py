"""Rule bases with one thing broken: each says what, where, and what was probably meant."""

# ruff: noqa: E501, ISC004 -- a table row or a message is on one line

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kam_expert.errors import KamError, RuleBaseError
from kam_expert.knowledge.loader import load_knowledge_base

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

RULE = "butterfly/introductions_refused.yaml"


@pytest.fixture
def few_rules(rules_copy: Path) -> Path:
    """A rule base of four rules, which loads quickly and may be broken."""
    kept = {"introductions_refused", "main_contact_is_new", "customer_has_changed", "bad_news_late"}
    for path in rules_copy.glob("*/*.yaml"):
        if path.stem not in kept:
            path.unlink()
    return rules_copy


def broken(rules: Path, file: str, right: str, wrong: str) -> str:
    """Change one file of a rule base and give what loading it says."""
    path = rules / file
    text = path.read_text(encoding="utf-8")
    assert text.count(right) >= 1
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return complaint(rules)


def complaint(rules: Path) -> str:
    with pytest.raises(RuleBaseError) as caught:
        load_knowledge_base(rules)
    return str(caught.value)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("  introductions_asked_12m: {", "  introduction_asked_12m: {",
         '6:3: unknown fact "introduction_asked_12m". Did you mean "introductions_asked_12m"?'),
        ("{at_least: $asked}", "{at_leats: 2, at_least: $asked}",
         '6:29: unknown operator "at_leats". Did you mean "at_least"?'),
        ("{at_least: $asked}", "{contains: $asked, at_least: $asked}",
         '6:29: "contains" cannot be asked of introductions_asked_12m, which is a number'),
        ("[free_with_notice, free]", "[free_with_notise, free]",
         '10:7: "free_with_notise" is not a value of access_to_others; it is one of blocked, only_through_buyer, '
         'buyer_present, free_with_notice, free. Did you mean "free_with_notice"?'),
        ("finding: gatekeeper", "finding: gatekeper",
         '12:1: unknown finding "gatekeper". Did you mean "gatekeeper"?'),
        ("strength: hints", "strength: hint",
         '12:34: "strength" cannot be "hint"; it is one of establishes, suggests, hints. Did you mean "hints"?'),
        ("  introductions_granted_12m: 0\nunless", "  introductions_granted_12m: 0\n  stage: buterfly\nunless",
         '8:3: unknown stage "buterfly"; a rule can ask for butterfly, transition, partnership. '
         'Did you mean "butterfly"?'),
        ("  introductions_granted_12m: 0\nunless", "  introductions_granted_12m: 0\n  finding: overeach\nunless",
         '8:3: unknown finding "overeach". Did you mean "overreach"?'),
        ("  introductions_granted_12m: 0\nunless", "  introductions_granted_12m: 0\n  finding: motive_unknown\nunless",
         '8:3: "motive_unknown" is about a person and cannot be read for an account'),
        ("$asked", "$aksed", '6:29: unknown threshold "$aksed". Did you mean "asked"?'),
        ("{at_least: $asked}", "{at_least: 2}", '13:1: the threshold "asked" is not used'),
        ("  introductions_granted_12m: 0\n", "  authority: none\n",
         '7:3: "authority" is a fact about a person and cannot be read for an account'),
        ("for: account", "for: person", "4:1: gatekeeper is about the account, not person"),
        ("for: account", "for: acount",
         '4:1: "for" cannot be "acount"; it is one of account, person, member, link, decision, event, gap. '
         'Did you mean "account"?'),
        ("rule: introductions_refused", "rule: introductions_denied",
         '1:1: the rule is named "introductions_denied" and its file "introductions_refused"'),
        ("unless:", "unles:", '8:1: unknown key "unles". Did you mean "unless"?'),
        ("status: reviewed\n", "", '1:1: the key "status" is missing'),
        ("status: reviewed", "status: reviewed\nstatus: draft", '3:1: duplicate key "status"'),
        ("cites: [B7]", "cites: [B7", "4:4: not YAML: did not find expected ',' or ']'"),
    ],
)  # fmt: skip
def test_a_broken_rule_says_where_and_what(
    few_rules: Path, right: str, wrong: str, message: str
) -> None:
    said = broken(few_rules, RULE, right, wrong)

    assert f"rules/{RULE}:{message}" in said.splitlines()


def test_a_missing_translation_is_named(few_rules: Path) -> None:
    text = (few_rules / RULE).read_text(encoding="utf-8")
    english = next(line for line in text.splitlines(keepends=True) if line.startswith("  en: "))

    said = broken(few_rules, RULE, english, "")

    assert said == f'rules/{RULE}:19:1: the key "en" is missing'


def test_an_empty_translation_is_no_translation(few_rules: Path) -> None:
    said = broken(few_rules, "findings.yaml", "  en: ", "  en: '' #")

    assert "findings.yaml:" in said
    assert '"en": string should have at least 1 character' in said


def test_a_circle_of_two_rules_names_both_files(few_rules: Path) -> None:
    one = "rules/scope/main_contact_is_new.yaml"
    two = "rules/scope/customer_has_changed.yaml"
    for file, finding in ((one, "customer_changing"), (two, "main_contact_changed")):
        path = few_rules.parent / file
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("when:\n", f"when:\n  finding: {finding}\n"), encoding="utf-8")

    said = complaint(few_rules)

    assert "rules form a cycle: " in said
    assert "main_contact_changed <- customer_changing" in said
    assert one in said
    assert two in said
    assert len(said.splitlines()) == 1


def test_a_feature_that_reads_the_stage_goes_round_in_a_circle(few_rules: Path) -> None:
    said = broken(few_rules, RULE, "when:\n", "when:\n  stage: butterfly\n")

    assert "rules form a cycle" in said
    assert f"rules/{RULE}" in said


def test_no_rule_may_read_what_nobody_knows(few_rules: Path) -> None:
    said = broken(few_rules, RULE, "when:\n", "when:\n  finding: rosy_picture\n")

    assert (
        said == f'rules/{RULE}:5:1: "rosy_picture" is about what nobody knows; no rule may read it'
    )


def test_two_rules_of_one_name_are_both_named(few_rules: Path) -> None:
    text = (few_rules / RULE).read_text(encoding="utf-8")
    (few_rules / "scope" / "introductions_refused.yaml").write_text(text, encoding="utf-8")

    assert complaint(few_rules) == (
        f'rules/scope/introductions_refused.yaml: duplicate rule "introductions_refused", also in rules/{RULE}'
    )


def test_all_problems_are_told_at_once_in_the_order_of_their_places(few_rules: Path) -> None:
    broken(few_rules, RULE, "  introductions_asked_12m: {", "  introduction_asked_12m: {")
    broken(few_rules, RULE, "[free_with_notice, free]", "[fre]")
    said = broken(few_rules, "butterfly/bad_news_late.yaml", "concludes:", "concluds:")

    places = [line.split(": ")[0] for line in said.splitlines()]
    spots = [
        (file, int(line), int(column)) for file, line, column in (p.split(":") for p in places)
    ]
    assert spots == sorted(spots)
    assert {place.split(":")[0] for place in places} == {
        "rules/butterfly/bad_news_late.yaml", f"rules/{RULE}",
    }  # fmt: skip
    assert f"rules/{RULE}:6:3" in places
    assert f"rules/{RULE}:10:7" in places


@pytest.mark.parametrize(
    ("file", "right", "wrong", "message"),
    [
        ("stages.yaml", "[one_sided, unequal", "[one_side, unequal",
         'rules/stages.yaml: partnership: unknown finding "one_side". Did you mean "one_sided"?'),
        ("stages.yaml", "group: butterfly", "group: buterfly",
         'rules/stages.yaml: butterfly: no finding is in the group "buterfly"'),
        ("facts.yaml", "    type: choice\n", "    type: choise\n",
         'rules/facts.yaml:19:5: "type" cannot be "choise"; it is one of choice, ordered, set, integer, number, '
         'date, text, yes_no. Did you mean "choice"?'),
        ("facts.yaml", "{is: active_link}}", "{is: activ_link}}",
         'unknown definition "activ_link". Did you mean "active_link"?'),
        ("facts.yaml", "{distinct: links, ", "{where: {is: active_link}, distinct: lnks, ",
         "active_contacts_customer is computed from none of people, team, links, decisions"),
        ("facts.yaml", "lowest: [bad_news_from_us,", "lowest: [bad_news_from_uz,",
         'bad_news_shared: unknown fact "bad_news_from_uz". Did you mean "bad_news_from_us"?'),
        ("facts.yaml", "lowest: [bad_news_from_us,", "lowest: [trust_trend,",
         "bad_news_shared: trust_trend has other values or is asked of others"),
        ("facts.yaml", "asked_after: introductions_asked_12m", "asked_after: introduction_asked_12m",
         'unknown asked_after "introduction_asked_12m". Did you mean "introductions_asked_12m"?'),
        ("facts.yaml", "    theme: stage", "    theme: stag",
         'rules/facts.yaml:29:5: account_status: unknown theme "stag". Did you mean "stage"?'),
        ("steps.yaml", "    kind: recovery", "    kind: recoverie",
         'settle_with_main_contact: unknown kind "recoverie". Did you mean "recovery"?'),
        ("steps.yaml", "    purpose: repair", "    purpose: repare",
         'settle_with_main_contact: unknown purpose "repare". Did you mean "repair"?'),
        ("steps.yaml", "    under: {public_law: yes}\n", "    under: {public_low: yes}\n",
         'settle_with_main_contact: unknown word "public_low" in under. Did you mean "public_law"?'),
        ("findings.yaml", "    follows_from: [trust_barricade]", "    follows_from: [trust_baricade]",
         'unknown finding "trust_baricade". Did you mean "trust_barricade"?'),
        ("findings.yaml", "    follows_from: [one_sided]", "    follows_from: [barricade]",
         "causes form a cycle: "),
        ("steps.yaml", "accompanies: [support]", "accompanies: [suport]",
         'unknown purpose "suport". Did you mean "support"?'),
        ("steps.yaml", "not_under: [leave]", "not_under: [leav]",
         'unknown strategy "leav". Did you mean "leave"?'),
        ("strategies.yaml", "first: [price, exposure, cost, end]", "first: [prise, exposure, cost, end]",
         'unknown purpose "prise". Did you mean "price"?'),
        ("strategies.yaml", "first: [price, exposure, cost, end]", "first: [price, price, cost, price]",
         'leave: the purpose "price" is in first more than twice'),
        ("strategies.yaml", "finding: [unequal, one_sided]", "finding: [unequall, one_sided]",
         'unknown finding "unequall". Did you mean "unequal"?'),
        ("strategies.yaml", "    then: [tie, need, joint]", "    when: {on_key_list: yes}",
         "develop has no `when`, since it holds if no other does"),
        ("strategies.yaml", "    when:\n      verdict: undetermined\n", "",
         "find_out needs a `when`; only the last strategy holds without one"),
        ("strategies.yaml", "  level:\n    name", "  unequal:\n    name",
         '"unequal" is a finding; a strategy needs an id of its own'),
        ("strategies.yaml", "    allowed: [cost, price", "    not_allowed: [joint]\n    allowed: [cost, price",
         "leave: say `allowed` or `not_allowed`"),
        ("strategies.yaml", "    thresholds:\n      year:", "    thresholds:\n      spare: {value: 1, we_chose: nobody reads this}\n      year:",
         'young: the threshold "spare" is not used'),
        ("rulebase.yaml", "version:", "versoin:", 'unknown key "versoin". Did you mean "version"?'),
        ("rulebase.yaml", "member: member_function", "member: function", "function is about the person, not the member"),
        ("rulebase.yaml", "is_main_contact", "is_main_contac",
         'unknown fact "is_main_contac". Did you mean "is_main_contact"?'),
        ("rulebase.yaml", "[function, seniority", "[function, seniorty",
         'unknown fact "seniorty". Did you mean "seniority"?'),
        ("rulebase.yaml", "by: short_goal_due", "by: short_goal_du",
         'unknown fact "short_goal_du". Did you mean "short_goal_due"?'),
        ("rulebase.yaml", "[open_to_us, open_to_new]", "[open_to_us, trust_other]",
         "trust_other is about the account, not the person"),
        ("rulebase.yaml", "  - needs_basis", "  - need_basis", 'unknown fact "need_basis". Did you mean "needs_basis"?'),
        ("rulebase.yaml", "  - needs_basis", "  - award_rules", 'duplicate fact "award_rules"'),
    ],
)  # fmt: skip
def test_a_broken_file_of_the_base_says_what(
    few_rules: Path, file: str, right: str, wrong: str, message: str
) -> None:
    if "distinct" in right:
        path = few_rules / file
        text = path.read_text(encoding="utf-8")
        text = text.replace(
            "{distinct: links, by: person, where: {is: active_link}}",
            "{distinct: links, by: person}",
        )
        path.write_text(text, encoding="utf-8")

    said = broken(few_rules, file, right, wrong)

    assert message in said
    assert f"rules/{file}:" in said


def test_a_base_may_name_no_facts_to_show_and_no_first_questions(few_rules: Path) -> None:
    path = few_rules / "rulebase.yaml"
    path.write_text("name: {uk: Основа, en: Base}\nversion: 1.0.0\n", encoding="utf-8")

    base = load_knowledge_base(few_rules)

    assert base.first_questions == ()
    assert base.shown.scales() == ()


def test_an_empty_rule_file_is_named_once(few_rules: Path) -> None:
    (few_rules / RULE).write_text("", encoding="utf-8")

    assert complaint(few_rules) == f"rules/{RULE}:1:1: the file is empty"


def test_a_file_that_cannot_be_read_is_one_problem(few_rules: Path) -> None:
    (few_rules / "steps.yaml").write_text("a: [", encoding="utf-8")
    (few_rules / RULE).write_bytes(b"\0")

    assert [line.split(": ")[0] for line in complaint(few_rules).splitlines()] == [
        "rules/steps.yaml:2:1"
    ]


def test_a_folder_of_rules_without_a_title_is_named(few_rules: Path) -> None:
    (few_rules / "scope").rename(few_rules / "scoop")

    assert complaint(few_rules) == (
        'rules/scoop: unknown theme "scoop"; give it a title in themes.yaml. Did you mean "scope"?'
    )


def test_a_file_that_is_missing_is_named(few_rules: Path) -> None:
    (few_rules / "themes.yaml").unlink()

    assert complaint(few_rules) == (
        "rules/themes.yaml:1:1: the file is missing; every rule base needs one"
    )


def test_a_binary_rule_file_is_named(few_rules: Path) -> None:
    (few_rules / RULE).write_bytes(b"\0")

    assert complaint(few_rules) == f"rules/{RULE}: not a text file (it has zero bytes)"


def test_a_folder_without_a_rule_base_is_named(tmp_path: Path) -> None:
    with pytest.raises(KamError, match=r"no rule base here \(facts.yaml is missing\)"):
        load_knowledge_base(tmp_path)


def test_a_file_of_thresholds_replaces_our_choices(base: KnowledgeBase, rules_copy: Path) -> None:
    chosen = rules_copy.parent / "chosen.yaml"
    chosen.write_text("thresholds: {introductions_refused.asked: 5}\n", encoding="utf-8")

    changed = load_knowledge_base(rules_copy, chosen)

    (threshold,) = changed.rule("introductions_refused").thresholds
    assert (threshold.value, threshold.overridden) == (5, True)
    assert changed.rule("introductions_refused").when != base.rule("introductions_refused").when
    assert changed.digest != base.digest


def test_an_unknown_threshold_in_such_a_file_is_named(few_rules: Path) -> None:
    chosen = few_rules.parent / "chosen.yaml"
    chosen.write_text("thresholds: {introductions_refused.aksed: 5}\n", encoding="utf-8")

    with pytest.raises(RuleBaseError) as caught:
        load_knowledge_base(few_rules, chosen)

    assert str(caught.value) == (
        f'{chosen}: unknown threshold "introductions_refused.aksed". '
        'Did you mean "introductions_refused.asked"?'
    )


def test_loading_twice_gives_the_same_base(base: KnowledgeBase, rules_copy: Path) -> None:
    again = load_knowledge_base(rules_copy)

    assert again.digest == base.digest
    assert [rule.name for rule in again.rules] == [rule.name for rule in base.rules]
    assert again.strata == base.strata


def test_one_changed_letter_changes_the_digest(base: KnowledgeBase, rules_copy: Path) -> None:
    path = rules_copy / RULE
    path.write_text(path.read_text(encoding="utf-8") + "# a note\n", encoding="utf-8")

    assert load_knowledge_base(rules_copy).digest != base.digest


def test_a_finding_is_settled_before_a_rule_reads_it(base: KnowledgeBase) -> None:
    level = {name: i for i, names in enumerate(base.strata) for name in names}

    for rule in base.rules:
        for read in rule.findings_read():
            assert level[read] < level[rule.finding], rule.name
        if rule.reads_stage():
            assert level[rule.finding] >= base.stage_stratum, rule.name
    assert all(level[name] < base.stage_stratum for name in base.stage_model.findings_read)


def test_an_unknown_rule_is_told_with_the_nearest(base: KnowledgeBase) -> None:
    with pytest.raises(
        KamError,
        match=r'unknown rule "introduction_refused"\. Did you mean "introductions_refused"\?',
    ):
        base.rule("introduction_refused")


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("{kind: event_kind,", "{kind: event_knd,", '10:8: unknown fact "event_knd". Did you mean "event_kind"?'),
        ("day: event_day", "day: event_note", "10:26: event_note is not a date about the event"),
        ("mark: is_main_contact", "mark: authority", "11:1: authority is not a yes_no about the person"),
        ("  incident:\n", "  accident:\n", '13:1: the kind "incident" is missing here'),
        ("  incident:\n", "  accident:\n", 'event_kind has no value "accident". Did you mean "incident"?'),
        ("themes: [access,", "themes: [acess,", 'unknown theme "acess". Did you mean "access"?'),
        ("facts: [strategic_need,", "facts: [strategic_needs,",
         'unknown fact "strategic_needs". Did you mean "strategic_need"?'),
        ("whom: needed", "whom: need", '"whom" cannot be "need"; it is one of needed, optional. Did you mean "needed"?'),
        ("{value: yes, kind: person_left", "{value: yes, kind: person_lft",
         'unknown kind "person_lft". Did you mean "person_left"?'),
        ("{value: yes, kind", "{value: yse, kind", 'main_contact_changed_12m has no value "yse". Did you mean "yes"?'),
        ("  main_contact_changed_12m: {", "  main_contact_change_12m: {",
         'unknown fact "main_contact_change_12m" about the account. Did you mean "main_contact_changed_12m"?'),
    ],
)  # fmt: skip
def test_a_broken_events_file_says_where_and_what(
    few_rules: Path, right: str, wrong: str, message: str
) -> None:
    assert message in broken(few_rules, "events.yaml", right, wrong)


def test_a_rule_base_without_events_is_as_good(few_rules: Path) -> None:
    with_events = load_knowledge_base(few_rules)
    (few_rules / "events.yaml").unlink()

    without = load_knowledge_base(few_rules)

    assert without.events is None
    assert without.voided_by == {}
    assert with_events.digest != without.digest


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("before: [contract_end", "before: [contract_ends",
         'prepare_renewal: unknown fact "contract_ends". Did you mean "contract_end"?'),
        ("before: leaving_day", "before: member_last_day",
         "hand_over_before_leaving: member_last_day is not a date about the person or the account"),
        ("before: next_tender", "before: award_rules",
         "prepare_next_tender: award_rules is not a date"),
        ("decision: decision_due", "decision: decision_dew",
         'ends: unknown fact "decision_dew". Did you mean "decision_due"?'),
        ("decision: decision_due", "decision: leaving_day",
         "ends: leaving_day is not a date about the decision"),
    ],
)  # fmt: skip
def test_a_step_comes_before_a_date_that_concerns_it(
    few_rules: Path, right: str, wrong: str, message: str
) -> None:
    assert message in broken(few_rules, "steps.yaml", right, wrong)
