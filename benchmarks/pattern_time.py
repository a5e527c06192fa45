"""Measure whether each regular expression takes linear time, on texts made to be slow for it.

    python benchmarks/pattern_time.py

All patterns are checked that are compiled while every module is imported, a method and all
mappings are loaded, examples are read and reported on and names are searched for; and those that
are written in the source. For each repetition in a pattern there are texts that reach it, repeat
what it repeats and then fail. A pattern is reported if four times the text takes more than nine
times as long. The longer text is twice as long as a field of the server may be. The exit status is
1 if any is reported.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import pkgutil
import re
import re._parser as parser  # type: ignore[import-not-found]  # with which re reads patterns
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kam_expert

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
SHORT, LONG = 2_000, 8_000
#: A linear pattern takes four times as long for the longer text, a quadratic one sixteen times.
WORST = 9.0
#: Shorter than this nobody notices, and clocks are not exact.
SECONDS = 0.01
HUNG_SECONDS = 2.0
_OF_RE = (re.__file__, re._compiler.__file__)  # type: ignore[attr-defined]  # noqa: SLF001 -- see watching
_FAILS = ("\x00", "", "\n", "!")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_MANY = 8
#: Modules whose patterns see no long text of somebody else, with what they see.
_SHORT_TEXTS = {
    "excel_rows.py": "1,000 bytes",
    "installation.py": "metadata of installed packages",
    "name_paradigms.py": "one word of a name",
    "number_text.py": "80 characters",
    "pdf_tags.py": "our own HTML",
    "spark.py": "messages of Spark",
    "titles.py": "300 characters",
}
_FROM_THE_BEGINNING = ("re.match", "re.fullmatch")


def compiled() -> dict[tuple[str | bytes, int], str]:
    """Return patterns with their flags, and where each was seen."""
    found: dict[tuple[str | bytes, int], str] = {}
    compile_ = re._compiler.compile  # type: ignore[attr-defined]  # noqa: SLF001 -- every way to a pattern leads here

    def watching(pattern: Any, flags: int = 0) -> Any:
        frame = sys._getframe(1)  # noqa: SLF001 -- who compiles
        while frame.f_back is not None and frame.f_code.co_filename in _OF_RE:
            frame = frame.f_back
        place = Path(frame.f_code.co_filename)
        if place.is_relative_to(ROOT / "kam_expert") and isinstance(pattern, str | bytes):
            found.setdefault((pattern, int(flags)), f"{place.name}:{frame.f_lineno}")
        return compile_(pattern, flags)

    re.purge()
    re._compiler.compile = watching  # type: ignore[attr-defined]  # noqa: SLF001 -- as above
    try:
        use_everything()
    finally:
        re._compiler.compile = compile_  # type: ignore[attr-defined]  # noqa: SLF001 -- as above
    for path in sorted((ROOT / "kam_expert").rglob("*.py")):
        for place, text in _written(path):
            if not any(text == known for known, _ in found):
                found[text, 0] = place
    return found


def _written(path: Path) -> Iterator[tuple[str, str | bytes]]:
    """Yield the patterns that are written in calls of re in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.") and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str | bytes):
                yield f"{path.name}:{node.lineno}", first.value


def use_everything() -> None:
    """Import every module, and load and use what makes patterns from data."""
    for module in pkgutil.walk_packages(kam_expert.__path__, "kam_expert."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            with contextlib.suppress(ImportError, AttributeError):
                importlib.import_module(module.name)
    from kam_expert.facts.case_reader import read_case  # noqa: PLC0415 -- patterns are watched now
    from kam_expert.facts.denylist import sensitive_terms  # noqa: PLC0415 -- as below
    from kam_expert.facts.name_forms import NameForms  # noqa: PLC0415 -- as above
    from kam_expert.importing.mapping import load_mapping, systems  # noqa: PLC0415 -- as above
    from kam_expert.importing.titles import Titles  # noqa: PLC0415 -- as above
    from kam_expert.knowledge.loader import load_knowledge_base  # noqa: PLC0415 -- as above
    from kam_expert.knowledge.privacy import load_privacy  # noqa: PLC0415 -- as above
    from kam_expert.resources import rules_folder  # noqa: PLC0415 -- as above

    base = load_knowledge_base(rules_folder())
    privacy = load_privacy(rules_folder(), base)
    for system in systems():
        mapping = load_mapping(system, None, base)
        titles = mapping.shared.titles
        Titles(titles, {name: mapping.words(name) for name in titles.lists})
    for path in sorted((ROOT / "examples").glob("*.yaml")):
        case = read_case(path, base)
        sensitive_terms(case, privacy)
        for person in (*(case.people or ()), *(case.team or ())):
            NameForms(person.id, [person.name]).without("Олена Гай і Journal")


def sample(items: Any) -> str:
    """Return a short text that a parsed pattern matches, or almost."""
    return "".join(_one(str(operation), value) for operation, value in items)


def _one(operation: str, value: Any) -> str:
    match operation:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL":
            return "b" if value == ord("a") else "a"
        case "ANY":
            return "a"
        case "IN":
            return _of_class(value)
        case "BRANCH":
            return sample(value[1][0])
        case "SUBPATTERN":
            return sample(value[-1])
        case "ATOMIC_GROUP":
            return sample(value)
        case _ if operation in _REPEATS:
            return sample(value[2]) * int(min(value[0], _MANY))
    return ""


def _of_class(members: Any) -> str:
    negated: bool = str(members[0][0]) == "NEGATE"
    for candidate in (" ", "a", "я", "1", "A", ".", ",", "-", "_", "/", "'", "\t", "z", "я", "<"):
        inside = any(_has(str(kind), value, candidate) for kind, value in members)
        if inside != negated:
            return candidate
    kind, value = members[-1]
    return chr(value) if str(kind) == "LITERAL" else chr(value[0]) if str(kind) == "RANGE" else "x"


def _has(kind: str, value: Any, candidate: str) -> bool:
    if kind == "LITERAL":
        return bool(value == ord(candidate))
    if kind == "RANGE":
        return bool(value[0] <= ord(candidate) <= value[1])
    if kind == "CATEGORY":
        name = str(value).removeprefix("CATEGORY_")
        classes = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
        found = re.match(classes[name.removeprefix("NOT_")], candidate) is not None
        return bool(found != name.startswith("NOT_"))
    return False


def attacks(items: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield what leads to each repetition, and what to repeat there."""
    for operation, value in items:
        name = str(operation)
        if name in _REPEATS and value[1] > _MANY:
            for pump in _bodies(value[2]):
                yield before, pump
        for inner in _inside(name, value):
            yield from attacks(inner, before)
        before += _one(name, value)


def _bodies(items: Any) -> set[str]:
    """Return texts of a repeated part: of each branch, and with its own repetitions longer."""
    found = {sample(items)}
    for operation, value in items:
        if str(operation) == "BRANCH":
            found |= {sample(branch) for branch in value[1]}
        for inner in _inside(str(operation), value):
            found |= _bodies(inner)
    return {text for text in found if text}


def _inside(name: str, value: Any) -> list[Any]:
    if name in _REPEATS:
        return [value[2]]
    if name == "BRANCH":
        return list(value[1])
    if name == "SUBPATTERN":
        return [value[-1]]
    if name in ("ASSERT", "ASSERT_NOT"):
        return [value[1]]
    return [value] if name == "ATOMIC_GROUP" else []


def from_the_beginning() -> set[str]:
    """Return the patterns that are only ever matched from the beginning of a text."""
    found: set[str] = set()
    for path in (ROOT / "kam_expert").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("re.compile("):
                name = ast.unparse(node.targets[0])
                used = set(re.findall(rf"\b{re.escape(name)}\.(\w+)\(", text))
                call = node.value
                assert isinstance(call, ast.Call)  # noqa: S101 -- seen above
                first = call.args[0]
                if used and used <= {"match", "fullmatch"} and isinstance(first, ast.Constant):
                    found.add(str(first.value))
            elif isinstance(node, ast.Call) and ast.unparse(node.func) in _FROM_THE_BEGINNING:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def seconds(pattern: re.Pattern[Any], text: Any, *, anywhere: bool) -> float:
    """Return the seconds of looking for a pattern in a text and in the whole, the least of two."""
    spent = []
    for _ in range(2):
        began = time.process_time()
        (pattern.search if anywhere else pattern.match)(text)
        pattern.fullmatch(text)
        spent.append(time.process_time() - began)
    return min(spent)


def judged(pattern: str | bytes, flags: int, *, anywhere: bool) -> tuple[float, float, str]:
    """Return how many times as long the longer text takes, its seconds, and what was repeated."""
    own = re.compile(pattern, flags)
    worst = (1.0, 0.0, "")
    for before, pump in set(attacks(parser.parse(pattern, flags))):
        for end in _FAILS:
            short, long = (before + pump * (size // len(pump)) + end for size in (SHORT, LONG))
            texts = (
                (short, long)
                if isinstance(pattern, str)
                else (short.encode("latin-1", "replace"), long.encode("latin-1", "replace"))
            )
            try:
                signal.setitimer(signal.ITIMER_PROF, HUNG_SECONDS)
                first = seconds(own, texts[0], anywhere=anywhere)
                spent = seconds(own, texts[1], anywhere=anywhere)
            except TimeoutError:
                return float("inf"), HUNG_SECONDS, pump
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            if spent > worst[1]:
                worst = spent / max(first, 1e-6), spent, pump
    return worst


def _hung(*_: object) -> None:
    raise TimeoutError


def main() -> int:
    """Print the patterns that are not linear, and the counts."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, _hung)
    patterns, anchored = compiled(), from_the_beginning()
    slow, short, longest = [], 0, 0.0
    for (pattern, flags), place in sorted(patterns.items(), key=lambda item: item[1]):
        if place.partition(":")[0] in _SHORT_TEXTS:
            short += 1
            continue
        ratio, spent, pump = judged(pattern, flags, anywhere=pattern not in anchored)
        if spent > SECONDS and ratio > WORST:
            said = f"{ratio:.0f} times, {1000 * spent:.0f} ms, {pump[:20]!r}: {pattern!r:.90}"
            slow.append(f"{place}: {said}")
        else:
            longest = max(longest, spent)
    print(f"{len(patterns)} patterns, {short} of them for short texts only, {len(slow)} not linear")
    print(f"the slowest other takes {1000 * longest:.0f} ms for {LONG} characters")
    print("\n".join(slow))
    return int(bool(slow))


if __name__ == "__main__":
    sys.exit(main())
