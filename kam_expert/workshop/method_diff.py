"""What changed between two rule bases, in words, and how accounts are judged by each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.errors import KamError
from kam_expert.knowledge.node_edits import as_written
from kam_expert.knowledge.rule_base_files import ACCOUNTS
from kam_expert.knowledge.yaml_reader import Map, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.results.judged_differently import JudgedDifferently

#: Parts of rules that judge no account.
_SILENT = ("cases", "note", "status")
#: Longer text is cut.
_WIDTH = 100


@dataclass(frozen=True)
class MethodChange:
    """One change of a rule base.

    Attributes:
        subject: The rule, or the file and the entry in it.
        key: The keys that lead to the change; empty where the whole entry came or went.
        was: What was written; empty for something new.
        now: What is written now; empty for something that went.
    """

    subject: str
    key: str
    was: str
    now: str

    def __str__(self) -> str:
        """Return the change in words."""
        where = f"{self.subject}: {self.key}" if self.key else self.subject
        if not self.was:
            return f"{where}: new{f': {self.now}' if self.key else ''}"
        if not self.now:
            return f"{where}: removed{f': {self.was}' if self.key else ''}"
        return f"{where}: {self.was} -> {self.now}"

    def as_document(self) -> dict[str, str]:
        """Return it as plain data, fit for JSON."""
        return {"subject": self.subject, "key": self.key, "was": self.was, "now": self.now}


def changes_of(old: Path, new: Path) -> list[MethodChange]:
    """Return the changes from one rule base to another, in the order of the files.

    Cases, notes and whole accounts are left out; they judge no account.

    Raises:
        KamError: A folder has no rule base, or a file cannot be read.
    """
    entries = [_entries(folder) for folder in (old, new)]
    found: list[MethodChange] = []
    for subject in dict.fromkeys([*entries[0], *entries[1]]):
        was, now = (part.get(subject) for part in entries)
        if was is None or now is None:
            found.append(
                MethodChange(subject, "", "" if was is None else "…", "" if now is None else "…")
            )
        else:
            found.extend(_changes(subject, (), was, now))
    return found


def _entries(folder: Path) -> dict[str, Any]:
    """Return the rules by name, and the entries of the other files by file and name."""
    if not (folder / "facts.yaml").is_file():
        raise KamError(f"{folder}: no rule base here (facts.yaml is missing)")
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*.yaml")):
        parts = path.relative_to(folder).parts
        if parts[0] == ACCOUNTS:
            continue
        node = read_file(path)
        if len(parts) > 1:
            found[f"rule {path.stem}"] = node
            continue
        for key in node if isinstance(node, Map) else ():
            if isinstance(node[key], Map):
                found.update((f"{path.stem} {key} {name}", node[key][name]) for name in node[key])
            else:
                found[f"{path.stem} {key}"] = node[key]
    return found


def _changes(subject: str, path: tuple[str, ...], was: Any, now: Any) -> Iterator[MethodChange]:
    if isinstance(was, Map) and isinstance(now, Map):
        for key in dict.fromkeys([*was, *now]):
            if not path and key in _SILENT:
                continue
            if key in was and key in now:
                yield from _changes(subject, (*path, key), was[key], now[key])
            else:
                before, after = (_shown(n[key]) if key in n else "" for n in (was, now))
                yield MethodChange(subject, ".".join((*path, key)), before, after)
    elif was != now:
        yield MethodChange(subject, ".".join(path), _shown(was), _shown(now))


def _shown(node: Any) -> str:
    text = " ".join(as_written(node).split())
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def lines(
    changes: Iterable[MethodChange], judged: JudgedDifferently | None, base: KnowledgeBase | None
) -> Iterator[str]:
    """Yield the changes, and the accounts that are judged differently with the reason."""
    listed = list(changes)
    yield from (str(change) for change in listed)
    yield f"{len(listed)} changes of the method"
    if judged is None or base is None:
        return
    changed = {change.subject.removeprefix("rule ") for change in listed}
    for part in judged.parts:
        yield (
            f"{part.name}: {part.accounts} accounts judged differently, {part.firm} of them firmly"
            f"{_because(part.name, changed, base)}"
        )
    for row in judged.rows:
        said = "; ".join(
            f"{m.part} {m.was} -> {m.now}{'' if m.firm else ' (not firm)'}" for m in row.moves
        )
        yield f"{row.account} {row.name}: {said}"
    yield f"{judged.changed} of {judged.accounts} accounts judged differently"


def _because(finding: str, changed: set[str], base: KnowledgeBase) -> str:
    """Return the changed rules that conclude a finding, or what it reads that they conclude."""
    rules = [rule for rule in base.rules if rule.finding == finding]
    direct = [rule.name for rule in rules if rule.name in changed]
    if direct:
        return f", because of {', '.join(direct)}"
    read = {name for rule in rules for name in rule.findings_read()}
    over = sorted({r.finding for r in base.rules if r.name in changed and r.finding in read})
    return f", because of {', '.join(over)}" if over else ""
