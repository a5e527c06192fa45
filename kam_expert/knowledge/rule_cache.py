"""Cache the checked rule base in the user's cache folder.

The key is a digest of the rule base and of the program, so a change of a rule or of the code reads
the rule base again. The cache can be deleted at any time and is optional.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydantic

from kam_expert.errors import KamError
from kam_expert.gc_pause import gc_paused
from kam_expert.knowledge.loader import load_knowledge_base
from kam_expert.knowledge.rule_base_files import rule_files
from kam_expert.resources import cache_folder, rules_folder

if TYPE_CHECKING:
    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.privacy import Privacy

#: The number of cached rule bases: the built-in one and a few in development.
_KEPT = 4


def load_compiled(folder: Path, overrides: Path | None = None) -> KnowledgeBase:
    """Return the rule base, from the cache if possible.

    Args:
        folder: The rule base.
        overrides: A file of thresholds that replace those chosen in the rule base.

    Raises:
        RuleBaseError: All problems found; only a valid rule base is cached.
        KamError: *folder* does not contain a rule base.
    """
    cache = cache_folder()
    key = None if cache is None else _key(folder, overrides)
    if cache is None or key is None:
        return load_knowledge_base(folder, overrides)
    kept = cache / f"rules-{key}.pickle"
    base: KnowledgeBase | None = _read(kept)
    if base is None:
        base = load_knowledge_base(folder, overrides)
        _keep(kept, base)
    return base


def write_compiled(path: Path, base: KnowledgeBase, privacy: Privacy) -> None:
    """Write a checked rule base and its privacy settings to a file, for `read_compiled`."""
    path.write_bytes(pickle.dumps((base, privacy), protocol=pickle.HIGHEST_PROTOCOL))


def read_compiled(path: Path) -> tuple[KnowledgeBase, Privacy]:
    """Return rule base and privacy settings from a file of `write_compiled` of this program.

    Such a file can run code, so it must be as trusted as the program itself.

    Raises:
        KamError: The file is missing or damaged.
    """
    found: tuple[KnowledgeBase, Privacy] | None = _read(path)
    if found is None:
        raise KamError(f"{path}: is not a compiled rule base of this program")
    return found


def _key(folder: Path, overrides: Path | None) -> str | None:
    """Return a digest of all inputs; None if a file cannot be read."""
    digest = hashlib.sha256(f"{sys.version} {pydantic.VERSION} {folder.name}".encode())
    program = Path(__file__).parent
    files = [*sorted(program.rglob("*.py")), *sorted(folder.glob("*.yaml")), *rule_files(folder)]
    if not (folder / "plan.yaml").is_file():
        files.append(rules_folder() / "plan.yaml")  # the loader reads it instead
    try:
        for file in files if overrides is None else [*files, overrides]:
            digest.update(f"\0{file.parent.name}/{file.name}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    except OSError:
        return None  # the loader reports it
    return digest.hexdigest()[:32]


def _read(kept: Path) -> Any:
    """Return what is pickled in a file; None if it is missing or damaged."""
    try:
        data = kept.read_bytes()
    except OSError:
        return None
    # Garbage collection doubles the time of unpickling.
    with gc_paused():
        try:
            return pickle.loads(data)  # noqa: S301 -- the folder is the user's own
        except Exception:  # noqa: BLE001 -- a damaged file can raise anything; it is replaced
            return None


def _keep(kept: Path, base: KnowledgeBase) -> None:
    with contextlib.suppress(OSError):
        handle, draft = tempfile.mkstemp(dir=kept.parent, prefix=".rules-")
        try:
            with os.fdopen(handle, "wb") as file:
                pickle.dump(base, file, protocol=pickle.HIGHEST_PROTOCOL)
            Path(draft).replace(kept)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        old = sorted(kept.parent.glob("rules-*.pickle"), key=lambda path: path.stat().st_mtime)
        for path in old[:-_KEPT]:
            path.unlink(missing_ok=True)
