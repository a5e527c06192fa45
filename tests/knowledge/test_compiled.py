"""The kept form of a rule base: the same as a fresh reading, and never a stale one."""

import os
from pathlib import Path

import pytest

from kam_expert.errors import RuleBaseError
from kam_expert.knowledge import rule_cache as compiled
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.rule_cache import load_compiled
from kam_expert.resources import cache_folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.delenv("KAM_NO_CACHE", raising=False)
    made = cache_folder()
    assert made is not None
    return made


def _kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("rules-*"))


def test_the_second_load_reads_no_rule_and_gives_the_same(
    cache: Path, rules_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_compiled(rules_copy)
    assert len(_kept(cache)) == 1
    monkeypatch.setattr(compiled, "load_knowledge_base", lambda *_: pytest.fail("read again"))
    second = load_compiled(rules_copy)
    assert second is not first
    fresh = load_knowledge_base(rules_copy)
    for base in (first, second):
        assert base.digest == fresh.digest
        assert base.rules == fresh.rules
        assert base.findings == fresh.findings
        assert base.strata == fresh.strata
        assert base.stage_model == fresh.stage_model
        assert base.rules_for("gatekeeper") == fresh.rules_for("gatekeeper")


def test_a_changed_rule_is_read_anew(cache: Path, rules_copy: Path) -> None:
    before = load_compiled(rules_copy)
    path = rules_copy / "rulebase.yaml"
    path.write_text(path.read_text("utf-8").replace(before.version, "9.9.9"), "utf-8")
    after = load_compiled(rules_copy)
    assert after.version == "9.9.9"
    assert after.digest != before.digest
    assert len(_kept(cache)) == 2


def test_other_thresholds_are_another_rule_base(
    cache: Path, rules_copy: Path, tmp_path: Path
) -> None:
    chosen = tmp_path / "chosen.yaml"
    chosen.write_text("thresholds: {stages.settled_share: 0.4}\n", "utf-8")
    assert load_compiled(rules_copy).stage_model.settled_share != 0.4
    assert load_compiled(rules_copy, chosen).stage_model.settled_share == 0.4
    assert len(_kept(cache)) == 2


def test_a_faulty_rule_base_is_not_kept(cache: Path, rules_copy: Path) -> None:
    (rules_copy / "person" / "broken.yaml").write_text("rule: broken\n", "utf-8")
    for _ in range(2):
        with pytest.raises(RuleBaseError, match=r"broken\.yaml"):
            load_compiled(rules_copy)
    assert _kept(cache) == []


@pytest.mark.parametrize("damage", [b"", b"not a pickle", None])
def test_a_damaged_file_is_written_anew(
    cache: Path, rules_copy: Path, damage: bytes | None
) -> None:
    digest = load_compiled(rules_copy).digest
    [kept] = _kept(cache)
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert load_compiled(rules_copy).digest == digest
    assert len(kept.read_bytes()) == len(whole)


def test_old_ones_go(cache: Path, rules_copy: Path) -> None:
    path = rules_copy / "rulebase.yaml"
    text = path.read_text("utf-8")
    for number in range(6):
        path.write_text(f"{text}\n# {number}\n", "utf-8")
        load_compiled(rules_copy)
    assert len(_kept(cache)) == 4


def test_nothing_is_kept_where_that_is_not_wished(
    cache: Path, rules_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAM_NO_CACHE", "1")
    load_compiled(rules_copy)
    assert _kept(cache) == []


@pytest.mark.skipif(os.name == "nt", reason="modes of folders are a matter of POSIX")
def test_a_folder_that_others_can_write_is_not_trusted(cache: Path, rules_copy: Path) -> None:
    cache.chmod(0o777)
    load_compiled(rules_copy)
    assert _kept(cache) == []


def test_a_cache_that_cannot_be_made_is_done_without(
    tmp_path: Path, rules_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cache_folder() is None
    assert load_compiled(rules_copy).digest == load_knowledge_base(rules_copy).digest
