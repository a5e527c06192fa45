"""The case file of a session: read once, written as a whole after each answer."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.facts.case import Case, Entity
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.case_writer import case_text
from kam_expert.facts.edit_apply import apply_edit
from kam_expert.facts.edits import SetAccount
from kam_expert.outputs.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.knowledge.base import KnowledgeBase

#: Suffixes of a file that is written as YAML.
_SUFFIXES = (".yaml", ".yml", "")


@dataclass
class SessionFile:
    """A case file that nobody else may change during the session.

    Attributes:
        path: The path of the file.
        content: Its content when it was last read or written; None before that.
    """

    path: Path
    content: bytes | None = None

    @property
    def is_new(self) -> bool:
        """Return whether the file does not exist yet."""
        return not self.path.exists()

    @property
    def has_comments(self) -> bool:
        """Return whether the file that was read has lines of comments, which are not written."""
        return any(line.lstrip().startswith(b"#") for line in (self.content or b"").splitlines())

    def check(self) -> None:
        """Check the suffix and the folder. Raises KamError."""
        if self.path.suffix.lower() not in _SUFFIXES:
            raise KamError(f"{self.path}: a session writes YAML; name a file that ends in .yaml")
        if not self.path.parent.is_dir():
            raise KamError(f"{self.path.parent}: no such folder; no session was started")

    def read(self, base: KnowledgeBase) -> Case:
        """Return the case in the file. Raises KamError."""
        self.check()
        case = read_case(self.path, base)
        if not self.path.is_file() or not os.access(self.path, os.W_OK):
            raise KamError(f"{self.path}: cannot be written; no session was started")
        self.content = self.path.read_bytes()
        return case

    def create(self, name: str, base: KnowledgeBase) -> Case:
        """Create the file of a new account called *name*. Raises KamError."""
        self.check()
        identity = "".join(c if c.isalnum() or c in "-_" else "-" for c in self.path.stem)
        identity = identity or "account"
        case = Case(Entity("account", identity, identity))
        case = apply_edit(case, SetAccount(name=name), base)
        self._write(case, new=True)
        return case

    def save(self, case: Case) -> None:
        """Write *case*.

        Raises:
            KamError: Somebody else has changed the file, or it cannot be written. Its content
                stays as it was.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            reason = error.strerror or error
            raise KamError(f"{self.path}: the last answer was not saved ({reason})") from None
        if content != self.content:
            raise KamError(
                f"{self.path}: somebody else has changed the file; the last answer was not saved"
            )
        self._write(case)

    def _write(self, case: Case, *, new: bool = False) -> None:
        text = case_text(case)
        write_whole(self.path, text, new=new)
        self.content = text.encode()
