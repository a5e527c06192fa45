"""The command line: what it writes, and what it says of bad input.

With --all in more encodings.
"""

# ruff: noqa: E501, ISC004 -- a table row or a message is on one line

from __future__ import annotations

import json
import os
import re
import resource
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kam_expert.facts.case_reader import read_case
from kam_expert.resources import rules_folder
from tests.command import Kam, Result, run_kam
from tests.sampling import few_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from kam_expert.knowledge.base import KnowledgeBase

GOOD = """\
kam: 1
account: {id: acme, name: ТОВ «Приклад»}
facts: {access_to_others: blocked, introductions_asked_12m: 2, introductions_granted_12m: 0}
"""
ROOT = Path(__file__).parents[1]


@pytest.fixture
def kam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kam:
    """Run a command in an empty folder that holds a good case."""
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(GOOD, encoding="utf-8")
    return run_kam


def process(
    *words: str, stdout: int | None = None, limit: int | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in its own process; *limit* is the maximum size of its files in bytes."""

    def before() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    if limit is not None:
        # A compiled module that is cut off would be read by every later process.
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return subprocess.run(
        [sys.executable, "-m", "kam_expert.cli", *words],
        stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        preexec_fn=before,
    )


def files() -> set[str]:
    return {path.name for path in Path().iterdir()}


def is_refused(result: Result, message: str) -> None:
    """See that bad input gives its message, status 2 and nothing else."""
    assert result.err == f"{message}\n"
    assert result.status == 2
    assert result.out == ""
    assert len(result.err.splitlines()) <= 2


ACCOUNT = b"account: {id: a}\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ACCOUNT + b"fcats: {}\n", 'bad.yaml:2:1: unknown key "fcats". Did you mean "facts"?'),
        (ACCOUNT + b"facts: {tenure_month: 3}\n",
         'bad.yaml:2:9: unknown fact "tenure_month". Did you mean "tenure_months"?'),
        (ACCOUNT + b"facts: {access_to_others: bloked}\n",
         'bad.yaml:2:9: "bloked" is not a value of access_to_others; it is one of blocked, only_through_buyer, '
         'buyer_present, free_with_notice, free. Did you mean "blocked"?'),
        (ACCOUNT + b"facts: {tenure_months: long}\n", 'bad.yaml:2:9: tenure_months takes a number, not "long"'),
        (ACCOUNT + b"people: [{id: p}, {id: p}]\n", 'bad.yaml:2:20: duplicate id "p" in "people:"'),
        (ACCOUNT + b"team: [{id: m}]\npeople: [{id: anna}]\nlinks: [{member: m, person: ana}]\n",
         'bad.yaml:4:21: unknown person "ana"; it is not an id in "people:". Did you mean "anna"?'),
        (b"", "bad.yaml: the file is empty; `kam new` writes a case to start from"),
        (b"a: [1, 2\n", "bad.yaml:2:1: not YAML: did not find expected ',' or ']'"),
        (b"a: &a [x]\nb: [*a, *a]\n", "bad.yaml:2:5: aliases (*name) are not allowed; write the value out"),
        (b"[" * 100_000, "bad.yaml:1:41: nested deeper than 40 levels"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "bad.yaml: not a text file (it has zero bytes)"),
        ("account: так".encode("utf-16"), "bad.yaml: not a text file (it has zero bytes)"),
        ("account: так".encode("cp1251"), "bad.yaml:1: not UTF-8 text; save the file as UTF-8"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value.split(": ", 1)[1][:30],
)  # fmt: skip
def test_a_bad_case_is_refused_and_nothing_written(kam: Kam, content: bytes, message: str) -> None:
    Path("bad.yaml").write_bytes(content)

    is_refused(kam("diagnose", "bad.yaml", "-o", "report.html"), message)
    assert files() == {"good.yaml", "bad.yaml"}


def test_a_file_of_fifty_megabytes_is_refused(kam: Kam) -> None:
    with Path("bad.yaml").open("wb") as file:
        file.truncate(50_000_000)

    is_refused(kam("diagnose", "bad.yaml"), "bad.yaml: 50 MB is too large, at most 8 MB are read")


def test_a_case_that_is_missing_or_cannot_be_read_is_refused(kam: Kam) -> None:
    Path("folder").mkdir()

    is_refused(kam("diagnose", "none.yaml"), "none.yaml: no such file")
    is_refused(kam("diagnose", "folder"), "folder: is a folder, a file is needed")
    is_refused(
        kam("diagnose", "good.yaml/below"), f"good.yaml/below: cannot be read ({os.strerror(20)})"
    )


def test_one_bad_case_among_several_stops_all_reports(kam: Kam) -> None:
    Path("out").mkdir()
    Path("bad.yaml").write_text("", encoding="utf-8")

    result = kam("diagnose", "good.yaml", "bad.yaml", "none.yaml", "-o", "out")

    assert result.status == 2
    assert [line.split(":")[0] for line in result.err.splitlines()] == ["bad.yaml", "none.yaml"]
    assert not list(Path("out").iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "none/report.html"], "none: no such folder, so report.html was not written"),
        (["-o", "good.yaml/report.html"], "good.yaml: no such folder, so report.html was not written"),
        (["-o", "good.yaml"], "good.yaml: is a case itself; the report would overwrite it"),
        (["--date", "yesterday"], '--date takes YYYY-MM-DD, not "yesterday"'),
        (["--date", "2026-02-30"], '--date takes YYYY-MM-DD, not "2026-02-30"'),
        (["--rules", "none"], "none: no rule base here (facts.yaml is missing)"),
        (["--thresholds", "none"], "none: no such file"),
        (["good.yaml", "--format", "json"], "several cases as json need -o FOLDER"),
        (["good.yaml", "-o", "none"], "none: no such folder; several cases need an existing folder"),
        (["good.yaml", "-o", "."], "two cases have the same file name and would overwrite each other's report"),
        (["--lang", "fr"], "Invalid value for '--lang': 'fr' is not one of 'uk', 'en'.\n"
         'Try "kam diagnose --help".'),
        (["--tresholds", "uk"], "No such option '--tresholds'. Did you mean '--thresholds'?\nTry \"kam diagnose --help\"."),
    ],
)  # fmt: skip
def test_bad_usage_is_told_in_two_lines_at_most(kam: Kam, words: list[str], message: str) -> None:
    is_refused(kam("diagnose", "good.yaml", *words), message)
    assert files() == {"good.yaml"}
    assert Path("good.yaml").read_text(encoding="utf-8") == GOOD


def test_a_report_never_takes_the_place_of_its_case(kam: Kam) -> None:
    for name in ("a.json", "b.json"):
        Path(name).write_text(json.dumps({"account": {"id": name}}), encoding="utf-8")
    before = Path("a.json").read_bytes()

    result = kam("diagnose", "a.json", "b.json", "--format", "json", "-o", ".")

    assert (result.status, result.err) == (
        2,
        "a.json: is a case itself; the report would overwrite it\n",
    )
    assert Path("a.json").read_bytes() == before


def test_a_full_disk_leaves_no_half_report(tmp_path: Path) -> None:
    case, report = tmp_path / "good.yaml", tmp_path / "report.json"
    case.write_text(GOOD, encoding="utf-8")
    report.write_text("the report of yesterday", encoding="utf-8")

    done = process("diagnose", str(case), "-o", str(report), limit=1000)

    assert (done.returncode, done.stderr) == (
        2,
        f"{report}: cannot be written ({os.strerror(27)})\n",
    )
    assert report.read_text(encoding="utf-8") == "the report of yesterday"
    assert {path.name for path in tmp_path.iterdir()} == {"good.yaml", "report.json"}


def test_a_full_device_is_told_and_stays_a_device(kam: Kam) -> None:
    result = kam("diagnose", "good.yaml", "-o", "/dev/full", "--format", "json")

    assert (result.status, result.err) == (2, f"/dev/full: cannot be written ({os.strerror(28)})\n")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)  # noqa: PTH116 -- Path would follow the same way


def test_a_full_standard_output_is_told_in_one_line(tmp_path: Path) -> None:
    case = tmp_path / "good.yaml"
    case.write_text(GOOD, encoding="utf-8")

    with open("/dev/full", "wb") as full:  # noqa: PTH123 -- a device
        done = process("diagnose", str(case), stdout=full.fileno())

    assert done.stderr == f"standard output cannot be written ({os.strerror(28)})\n"
    assert done.returncode == 2


def test_a_reader_that_stops_early_gets_no_traceback(tmp_path: Path) -> None:
    case = tmp_path / "good.yaml"
    case.write_text(GOOD, encoding="utf-8")
    reading, writing = os.pipe()
    os.close(reading)

    done = process("diagnose", str(case), "--format", "json", stdout=writing)
    os.close(writing)

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1


def test_a_report_replaces_the_old_one_and_keeps_its_mode(kam: Kam) -> None:
    report = Path("report.json")
    report.write_text("old", encoding="utf-8")
    report.chmod(0o640)

    result = kam("diagnose", "good.yaml", "-o", "report.json")

    assert (result.status, result.out, result.err) == (0, "", "report.json\n")
    assert json.loads(report.read_text(encoding="utf-8"))["account"]["id"] == "acme"
    assert stat.S_IMODE(report.stat().st_mode) == 0o640
    assert files() == {"good.yaml", "report.json"}


def test_the_ending_of_the_output_gives_its_form(kam: Kam) -> None:
    for name in ("r.html", "r.htm", "r.json", "r.txt"):
        assert kam("diagnose", "good.yaml", "-o", name).status == 0

    assert Path("r.html").read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    assert Path("r.htm").read_bytes() == Path("r.html").read_bytes()
    assert json.loads(Path("r.json").read_text(encoding="utf-8"))["kam"] == 1
    assert "<html" not in Path("r.txt").read_text(encoding="utf-8")


def test_several_cases_give_several_reports_in_a_folder(kam: Kam) -> None:
    Path("out").mkdir()
    Path("other.json").write_text('{"account": {"id": "other"}}', encoding="utf-8")

    result = kam("diagnose", "good.yaml", "other.json", "-o", "out", "--format", "json")

    assert (result.status, result.err) == (0, "out/good.json\nout/other.json\n")
    found = {
        p.name: json.loads(p.read_text(encoding="utf-8"))["account"]["id"]
        for p in Path("out").iterdir()
    }
    assert found == {"good.json": "acme", "other.json": "other"}


def test_a_report_for_the_terminal_keeps_to_eighty_columns(kam: Kam) -> None:
    for lang, word in (("uk", "Приклад"), ("en", "Приклад")):
        result = kam("diagnose", "good.yaml", "--lang", lang, "--date", "2026-11-01")

        assert result.status == 0
        assert word in result.out
        assert max(map(len, result.out.splitlines())) <= 80


def test_the_two_languages_are_two_texts(kam: Kam) -> None:
    ukrainian, english = (kam("diagnose", "good.yaml", "--lang", lang).out for lang in ("uk", "en"))

    assert len(re.findall("[а-яіїєґ]", english)) < len(english) / 20
    assert len(re.findall("[а-яіїєґ]", ukrainian)) > len(ukrainian) / 3


def test_the_same_input_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    case = tmp_path / "good.yaml"
    case.write_text(GOOD, encoding="utf-8")
    words = ("diagnose", str(case), "--format", "json", "--date", "2026-11-01")

    one, two = (process(*words, PYTHONHASHSEED=seed) for seed in ("1", "2"))

    assert one.returncode == 0
    assert one.stdout == two.stdout


def test_thresholds_of_our_own_change_what_is_found(kam: Kam) -> None:
    Path("chosen.yaml").write_text(
        "thresholds: {introductions_refused.asked: 3}\n", encoding="utf-8"
    )
    ask = ("diagnose", "good.yaml", "--format", "json", "--date", "2026-11-01")

    before, after = kam(*ask), kam(*ask, "--thresholds", "chosen.yaml")

    def used(result: Result) -> set[str]:
        document = json.loads(result.out)
        return {reason["rule"] for finding in document["findings"] for reason in finding["reasons"]}

    assert used(before) - used(after) == {"introductions_refused"}


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_a_new_case_diagnoses_as_it_is(kam: Kam, lang: str) -> None:
    assert kam("new", "acme.yaml", "--lang", lang).err == "acme.yaml\n"
    result = kam("diagnose", "acme.yaml", "--format", "json")

    document = json.loads(result.out)
    assert result.status == 0
    assert document["account"]["id"] == "acme"
    assert document["stage"]["verdict"] == "undetermined"


@pytest.mark.parametrize(
    "name", ["null.yaml", "123.yaml", "~.yaml", "так і ні.yaml", "no.yaml", 'a"b: {.yaml']
)
def test_a_new_case_of_any_name_can_be_read(kam: Kam, base: KnowledgeBase, name: str) -> None:
    assert kam("new", name).status == 0

    assert read_case(Path(name), base).account.id


def test_a_new_case_asks_for_every_fact(kam: Kam, base: KnowledgeBase) -> None:
    kam("new", "acme.yaml", "--lang", "en")
    text = Path("acme.yaml").read_text(encoding="utf-8")

    for fact in base.facts.values():
        if fact.kind == "event":  # one line for each kind instead
            continue
        asked = re.findall(rf"^[# ]*{fact.name}:", text, re.MULTILINE)
        times = 0 if fact.doc.parts else 2 if fact.doc.asked_of == "both" else 1
        assert len(asked) == times, fact.name


def test_the_lines_of_a_new_case_need_only_their_answer(kam: Kam, base: KnowledgeBase) -> None:
    kam("new", "acme.yaml", "--lang", "en")
    names = "|".join(base.facts)
    pattern = re.compile(
        rf"^(#?\s*)(?:# )?((?:{names}|people|team|links|- id|- member|person|complete):.*)$"
    )
    lines = []
    for line in Path("acme.yaml").read_text(encoding="utf-8").splitlines():
        known = pattern.match(line)
        uncovered = re.sub(r"^(\s*)# ", r"\1", line, count=1)
        lines.append(uncovered if known else line)
    text = "\n".join(lines).replace("authority:   ", "authority: advises   ")
    Path("acme.yaml").write_text(
        text.replace("tenure_months:   ", "tenure_months: 7   "), encoding="utf-8"
    )

    case = read_case(Path("acme.yaml"), base)

    assert case.account.ours["tenure_months"][0].value == 7
    assert case.people is not None
    assert case.people[0].ours["authority"][0].value == "advises"
    assert case.links is not None
    assert case.links[0].ends == ("m1", "p1")
    assert case.complete == {"people": False, "team": False, "links": False}


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_a_new_case_says_what_scores_mean_and_offers_bands(
    kam: Kam, base: KnowledgeBase, lang: str
) -> None:
    kam("new", "acme.yaml", "--lang", lang)

    text = " ".join(
        line.strip(" #") for line in Path("acme.yaml").read_text(encoding="utf-8").splitlines()
    )
    for fact in base.facts.values():
        for score, meaning in fact.doc.anchors.items():
            assert f"{score} – {meaning.get(lang)}" in text
        for band in fact.doc.bands:
            assert f"{band.from_:g}..{band.to:g} – {band.label.get(lang)}" in text


@pytest.mark.parametrize(
    ("lang", "person", "empty"),
    [
        ("uk", "Ім’я, ініціали або роль", "none – нічого з цього"),
        ("en", "A name, initials or a role", "none – none of these"),
    ],
)
def test_a_new_case_says_what_values_mean_and_how_none_is_written(
    kam: Kam, base: KnowledgeBase, lang: str, person: str, empty: str
) -> None:
    kam("new", "acme.yaml", "--lang", lang)
    lines = Path("acme.yaml").read_text(encoding="utf-8").splitlines()
    text = " ".join(" ".join(lines).replace("#", " ").split())

    assert base.events is not None
    for word, kind in base.events.kinds.items():
        assert kind.ask.get(lang) in text
        assert f"{{kind: {word}, day: YYYY-MM-DD" in text
    for fact in base.facts.values():
        if fact.kind == "event":
            continue
        for word, label in {**fact.doc.values, **fact.doc.also}.items():
            if not fact.doc.parts and word != label.get(lang):
                assert f"{word} – {label.get(lang)}" in text
    assert text.count(f"{person} name:") == 2
    assert f"{empty} announced_change: [retirement, handover, scale_up, scale_down] | none" in text
    assert ("yes – так; no – ні favours_rival: yes | no" in text) is (lang == "uk")


def test_a_new_case_begins_each_block_with_the_first_questions(
    kam: Kam, base: KnowledgeBase
) -> None:
    kam("new", "acme.yaml", "--lang", "en")

    facts, customer = (
        re.findall(r"^  # (\w+):   #", block, re.MULTILINE)
        for block in re.split(
            r"^(?:facts|customer|decision):$",
            Path("acme.yaml").read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )[1:3]
    )
    for asked, nobody in ((facts, "customer"), (customer, "us")):
        first = [n for n in base.first_questions if base.facts[n].doc.asked_of != nobody]
        assert asked[: len(first)] == first


def test_a_new_case_leaves_a_file_that_is_there(kam: Kam) -> None:
    is_refused(kam("new", "good.yaml"), "good.yaml: already exists; it was not changed")
    assert Path("good.yaml").read_text(encoding="utf-8") == GOOD


def test_a_new_case_needs_its_folder(kam: Kam) -> None:
    is_refused(kam("new", "none/acme.yaml"), "none: no such folder, so acme.yaml was not written")


def small_base(folder: Path, text: str) -> Path:
    """Make a rule base of one rule, so that its cases run quickly."""
    for file in rules_folder().glob("*.yaml"):
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "butterfly").mkdir()
    (folder / "butterfly" / "introductions_refused.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def rule_text() -> str:
    return (rules_folder() / "butterfly" / "introductions_refused.yaml").read_text(encoding="utf-8")


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    return lambda text: small_base(tmp_path_factory.mktemp("rules"), text)


def test_the_cases_of_a_rule_run_on_every_engine(kam: Kam, base: KnowledgeBase) -> None:
    cases = base.rule("introductions_refused").cases

    result = kam("rules", "test", "introductions_refused")

    assert (result.status, result.err) == (0, "")
    assert result.out == f"{3 * len(cases)} runs of cases, 0 problems\n"


def test_a_case_that_fails_is_told_with_its_place(
    kam: Kam, small: Callable[[str], Path], rule_text: str
) -> None:
    folder = small(rule_text.replace("    expect: assumed", "    expect: holds"))

    result = kam("rules", "test", "--rules", folder)

    place = f"{folder.name}/butterfly/introductions_refused.yaml"
    assert result.status == 1
    assert result.out.splitlines()[:2] == [
        f"{place}:30:5: introductions_refused, {engine}: “nobody said how doors open” is assumed, not holds"
        for engine in ("plain", "experta")
    ]


@pytest.mark.parametrize(
    ("start", "owed"),
    [
        ("  - name: one refusal may be chance", "no cases on both sides of the threshold of"),
        ("  - name: nobody counted the introductions", "has no case that stays open"),
    ],
)
def test_a_reviewed_rule_owes_its_cases(
    kam: Kam, small: Callable[[str], Path], rule_text: str, start: str, owed: str
) -> None:
    before, _, after = rule_text.partition(start)
    rest = after.partition("  - name:")
    folder = small(before + rest[1] + rest[2])

    result = kam("rules", "test", "--rules", folder)

    assert result.status == 1
    assert owed in result.out


def test_a_draft_owes_no_cases(kam: Kam, small: Callable[[str], Path], rule_text: str) -> None:
    folder = small(rule_text.partition("cases:")[0].replace("status: reviewed", "status: draft"))

    result = kam("rules", "test", "introductions_refused", "--rules", folder)

    assert result.out == "0 runs of cases, 0 problems\n"


def test_a_case_of_a_rule_that_names_an_unknown_fact_is_told(
    kam: Kam, small: Callable[[str], Path], rule_text: str
) -> None:
    folder = small(
        rule_text.replace(
            "given: {introductions_asked_12m: 1,", "given: {introduction_asked_12m: 1,"
        )
    )

    result = kam("rules", "test", "--rules", folder)

    assert result.status == 1
    assert result.out.count('introduction_asked_12m". Did you mean "introductions_asked_12m"?') == 1


def test_the_check_names_what_the_rule_base_owes(
    kam: Kam, small: Callable[[str], Path], rule_text: str
) -> None:
    folder = small(rule_text.replace("cites: [B7]", "cites: [B77]"))

    result = kam("rules", "check", "--rules", folder)

    assert result.status == 1
    assert 'cites the unknown statement "B77"' in result.out
    assert f"{folder.name}/statements.yaml: no reviewed rule cites B7\n" in result.out
    concluded = "no reviewed rule concludes single_thread\n"
    assert f"{folder.name}/findings.yaml: {concluded}" in result.out
    assert re.search(
        r"^1 rules \(1 reviewed\), \d+ findings, \d+ facts, \d+ strategies, \d+ steps: \d+ problems$",
        result.out,
        re.MULTILINE,
    )


def test_a_rule_is_shown_with_its_citation_and_its_file(kam: Kam, rule_text: str) -> None:
    result = kam("rules", "show", "introductions_refused")

    assert result.status == 0
    assert result.out.startswith(
        "introductions_refused  (rules/butterfly/introductions_refused.yaml, reviewed)\n"
    )
    assert "cites B7: " in result.out
    assert "we chose asked = 2: a single refusal may be chance" in result.out
    assert result.out.endswith(rule_text)


@pytest.mark.parametrize("command", ["show", "test"])
def test_an_unknown_rule_is_told_with_the_nearest(kam: Kam, command: str) -> None:
    is_refused(
        kam("rules", command, "introduction_refused"),
        'unknown rule "introduction_refused". Did you mean "introductions_refused"?',
    )


def test_a_broken_rule_base_is_told_by_every_command(
    kam: Kam, small: Callable[[str], Path], rule_text: str
) -> None:
    folder = small(rule_text.replace("finding: gatekeeper", "finding: gatekeper"))
    message = (
        f"{folder.name}/butterfly/introductions_refused.yaml:12:1: "
        'unknown finding "gatekeper". Did you mean "gatekeeper"?'
    )

    is_refused(kam("rules", "check", "--rules", folder), message)
    is_refused(kam("rules", "test", "--rules", folder), message)
    is_refused(kam("rules", "show", "x", "--rules", folder), message)
    is_refused(kam("diagnose", "good.yaml", "--rules", folder), message)
    is_refused(kam("new", "acme.yaml", "--rules", folder), message)
    assert files() == {"good.yaml"}


def test_help_and_version_are_no_errors(kam: Kam) -> None:
    assert kam("--help").status == 0
    assert kam("--version").out.startswith("kam, version ")
    assert kam().status == 2


@pytest.mark.parametrize(
    ("variables", "encoding"),
    few_of(
        [
            ({"LANG": "C", "PYTHONIOENCODING": "ascii:strict"}, "utf-8"),
            ({"LANG": "uk_UA.CP1251", "PYTHONIOENCODING": "cp1251:strict"}, "cp1251"),
            ({"LANG": "", "PYTHONIOENCODING": "utf-16"}, "utf-16"),
            ({"LC_ALL": "POSIX", "PYTHONUTF8": "0"}, "utf-8"),
        ]
    ),
)
def test_texts_are_printed_in_any_encoding(variables: dict[str, str], encoding: str) -> None:
    case = rules_folder().parent / "examples" / "almost_nothing_known.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "kam_expert.cli", "ask", case, "--lang", "uk"],
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert "Озерний Край" in done.stdout.decode(encoding, "replace")
