"""The case file of a session: read once, written whole after each answer."""

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

#: Endings of a file that is written as YAML.
_FORMS = (".yaml", ".yml", "")


@dataclass
class CaseFile:
    """A case file that nobody else is to change meanwhile.

    Attributes:
        path: Of the file.
        held: What it held when it was last read or written; None before it is there.
    """

    path: Path
    held: bytes | None = None

    @property
    def is_new(self) -> bool:
        """Return whether there is no such file yet."""
        return not self.path.exists()

    def check(self) -> None:
        """Find out what can be found out before anything is asked. Raises KamError."""
        if self.path.suffix.lower() not in _FORMS:
            raise KamError(f"{self.path}: a session writes YAML; give a file that ends in .yaml")
        if not self.path.parent.is_dir():
            raise KamError(f"{self.path.parent}: no such folder, so no session was begun")

    def read(self, base: KnowledgeBase) -> Case:
        """Return the case in the file. Raises KamError."""
        self.check()
        case = read_case(self.path, base)
        if not self.path.is_file() or not os.access(self.path, os.W_OK):
            raise KamError(f"{self.path}: cannot be written, so no session was begun")
        self.held = self.path.read_bytes()
        return case

    def begin(self, name: str, base: KnowledgeBase) -> Case:
        """Make the file of a new account called *name*. Raises KamError."""
        self.check()
        identity = "".join(c if c.isalnum() or c in "-_" else "-" for c in self.path.stem)
        identity = identity or "account"
        case = Case(Entity("account", identity, identity))
        case = apply_edit(case, SetAccount(name=name), base)
        self._write(case, new=True)
        return case

    def save(self, case: Case) -> None:
        """Write *case*, unless somebody else has changed the file.

        Raises:
            KamError: It cannot be written. What it held before is there.
        """
        try:
            now = self.path.read_bytes()
        except OSError as error:
            reason = error.strerror or error
            raise KamError(f"{self.path}: the last answer was not saved ({reason})") from None
        if now != self.held:
            raise KamError(
                f"{self.path}: somebody changed the file since; the last answer was not saved"
            )
        self._write(case)

    def _write(self, case: Case, *, new: bool = False) -> None:
        text = case_text(case)
        write_whole(self.path, text, new=new)
        self.held = text.encode()
