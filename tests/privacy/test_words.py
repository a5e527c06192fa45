"""Words that have no place in a note, and advice that could not be read by those it is about."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from random_cases import built

from kam_expert import cli
from kam_expert.errors import RuleBaseError
from kam_expert.facts.denylist import sensitive_terms
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.resources import rules_folder
from tests.shipped import shipped_base, shipped_privacy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kam_expert.knowledge.privacy import Privacy


@cache
def privacy() -> Privacy:
    return shipped_privacy()


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Часто хворіє, тому зустрічі зриваються", "health"),
        ("Зараз на лікарняному", "health"),
        ("п'яниця", "health"),
        ("Кажуть, вона вагітна", "health"),
        ("В декреті до весни", "family"),
        ("За національністю не наш", "politics"),
        ("Зарозумілий фахівець", "insults"),
        ("Член партії влади", "politics"),
        ("Щойно розлучилася, має дітей", "family"),
        ("Його дружина працює в конкурента", "family"),
        ("Дурень, яких мало", "insults"),
        ("справжній НАХАБА", "insults"),
        ("She has been ill since May", "health"),
        ("Is pregnant", "health"),
        ("Says she is a trade unionist", "politics"),
        ("Recently divorced", "family"),
        ("Her husband works for a rival", "family"),
        ("A stupid question, an idiot", "insults"),
        ("our enemy in purchasing", "insults"),
    ],
)
def test_a_word_that_has_no_place_is_found(text: str, topic: str) -> None:
    assert {found for _, found in privacy().sensitive_terms(text)} == {topic}


@pytest.mark.parametrize(
    "text",
    [
        "Партія товару затримується; партію дитячих іграшок прийнято",
        "Обласна лікарня купує ліки від діабету; охорона здоров’я",
        "Сімейна фірма, керівник підрозділу, дружній тон, подружилися командами",
        "Роман із закупівель і пані Хворостенко; інвалідні візки; одяг для вагітних",
        "Хамелеон, тупик на складі, роман у подарунок, вороння",
        "An ill-prepared tender; the filling line; skilled people",
        "The hospital, the cancer clinic, the Christian Foundation, a republic",
        "They voted for our offer; the board; a family business; children’s goods",
        "Alcoholic drinks are their market; a foolproof lock; the psychology of price",
    ],
)
def test_a_word_that_only_looks_alike_is_not(text: str) -> None:
    assert list(privacy().sensitive_terms(text)) == []


def test_every_free_text_of_a_case_is_looked_at() -> None:
    bad = "ідіот"
    case = built(
        {
            "account": {"id": "a", "owner": bad, "segment": bad},
            "facts": {"trust_other": {"value": 2, "by": bad}},
            "people": [{"id": "p1", "contact_owner": bad}],
            "decision": {"id": "d", "name": bad},
            "comments": ["добре", bad],
            "steps": {next(iter(shipped_base().steps)): {"owner": bad}},
        },
        shipped_base(),
    )
    where = {found.where.partition(".owner")[0] for found in sensitive_terms(case, privacy())}

    assert where == {
        "account", "account.segment", "a: trust_other", "p1: contact_owner", "decision d",
        "comments[2]", f"steps.{next(iter(shipped_base().steps))}",
    }  # fmt: skip


def test_the_examples_have_none() -> None:
    from kam_expert.facts.case_reader import read_case  # noqa: PLC0415 -- only here

    examples = sorted((rules_folder().parent / "examples").glob("*.yaml"))
    found = [sensitive_terms(read_case(path, shipped_base()), privacy()) for path in examples]

    assert not any(found)


def test_diagnose_warns_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("account: {id: a}\ncomments: [He is lazy]\n", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["kam", "diagnose", "a.yaml", "--lang", "en"])
    cli.main()
    said = capsys.readouterr()

    assert said.err == (
        'a.yaml: comments[1]: "lazy" (insults) has no place in a note; '
        "write what was done or said\n"
    )
    assert said.out


def test_a_fact_that_does_not_exist_is_told(rules_copy: Path) -> None:
    file = rules_copy / "privacy.yaml"
    text = file.read_text(encoding="utf-8").replace("[last_two_way_days]", "[last_two_way_day]")
    file.write_text(text, encoding="utf-8")

    with pytest.raises(RuleBaseError, match='unknown fact "last_two_way_day" about a person'):
        load_privacy(rules_copy, load_knowledge_base(rules_copy))


# Daylight: each step could be read by the main contact.

_SECRET = {
    "en": r"\b(behind (?:the|his|her|their) back|without (?:telling|informing|the knowledge)|"
    r"quiet(?:ly)?|secret\w*|discreet\w*|conceal\w*|hid(?:e|den|ing)|bypass\w*|circumvent\w*|"
    r"go(?:ing)? around|unnoticed|pretend\w*|pretext\w*|do not (?:tell|mention|let)|"
    r"without (?:his|her|their) knowledge|off the record|deniab\w*|confidential\w*)\b",
    "uk": r"\b(непоміт\w*|потай\w*|таємн\w*|нишком|без відома|за спиною|в обхід|обій(?:ти|діть)|"
    r"прихова\w*|прихову\w*|не кажіть|не згадуйте|щоб не дізна\w*|не зна(?:в|ла|ли)|тихцем|"
    r"під приводом|удава\w*|вдава\w*|мовчки|негласн\w*|крадькома)\b",
}
#: Phrases with these words that mean the opposite: our mistake is admitted, nothing is hidden.
_OPENLY = (
    "what we did without their knowledge",
    "що ми зробили без її відома",
    "Не просіть того, що довелося б приховувати від колег",
)


def step_texts() -> Iterator[tuple[str, str, str]]:
    book = shipped_base().step_book
    for name, step in book.steps.items():
        for lang in ("uk", "en"):
            for text in (step.name, step.do, step.success, step.who):
                yield name, lang, text.get(lang)
    for name, caution in book.cautions.items():
        for lang in ("uk", "en"):
            yield name, lang, caution.get(lang)


def test_no_step_needs_somebody_not_to_know() -> None:
    found = []
    for name, lang, text in step_texts():
        for said in _OPENLY:
            text = text.replace(said, "")  # noqa: PLW2901 -- the rest is searched
        if hit := re.search(_SECRET[lang], text, re.IGNORECASE):
            found.append((name, lang, hit[0]))

    assert found == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Meet the engineer without telling the buyer."),
        ("en", "Quietly find another way in."),
        ("uk", "Зустріньтеся з інженером без відома закупівельника."),
        ("uk", "Непомітно з’ясуйте, хто вирішує."),
    ],
)
def test_advice_that_needs_it_would_be_found(lang: str, text: str) -> None:
    assert re.search(_SECRET[lang], text, re.IGNORECASE)
