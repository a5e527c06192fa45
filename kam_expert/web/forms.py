"""A submitted form, with limits on its size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser

from kam_expert.errors import CaseError, KamError, ProblemsError
from kam_expert.facts.number_text import whole_number
from kam_expert.knowledge.yaml_reader import read_text

if TYPE_CHECKING:
    from starlette.requests import Request

#: Bytes of an encoded text field, fields and files of a form; a row of the table of people has
#: twenty fields.
TEXT_BYTES, FIELDS, FILES = 400_000, 400, 30
# An uploaded file is small enough for memory; on disk it would need a thread.
MultiPartParser.spool_max_size = 100_000_000
#: Characters of a field; and of one that may occur several times, such as a comment.
_TEXT_LENGTH, _LONG_TEXT_LENGTH = 4_000, 40_000
#: Control characters, which no page and no case file may hold; pasted text can bring them in.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


class Form:
    """A submitted form. A missing field is an empty text."""

    def __init__(
        self, data: FormData | None = None, files: dict[str, list[tuple[str, bytes]]] | None = None
    ) -> None:
        self._data = FormData() if data is None else data
        self._files = files or {}

    def text(self, name: str) -> str:
        """Return a field, stripped. Raises HTTPException 413 if it is too long."""
        value = self._data.get(name, "")
        if not isinstance(value, str):
            raise HTTPException(400)
        if len(value) > _TEXT_LENGTH:
            raise HTTPException(413)
        return value.strip()

    def texts(self, name: str) -> list[str]:
        """Return all values of a field. Raises HTTPException 413 if one is too long."""
        values = [value for value in self._data.getlist(name) if isinstance(value, str)]
        if any(len(value) > _LONG_TEXT_LENGTH for value in values):
            raise HTTPException(413)
        return values

    def password(self, name: str) -> str:
        """Return a field as typed: a password may begin with a space. Raises as `texts`."""
        return "".join(self.texts(name)[:1])

    def items(self) -> list[tuple[str, str]]:
        """Return all text fields, repeated ones too."""
        return [(name, v) for name, v in self._data.multi_items() if isinstance(v, str)]

    def number(self, name: str) -> int:
        """Return a whole number. Raises HTTPException 400 otherwise; our forms send numbers."""
        number = whole_number(self.text(name), None)
        if number is None:
            raise HTTPException(400)
        return number

    def file(self, name: str) -> bytes:
        """Return the bytes of an uploaded file; empty if no file was chosen."""
        return next((data for _, data in self.files(name)), b"")

    def files(self, name: str) -> list[tuple[str, bytes]]:
        """Return the names and bytes of uploaded files; none if no file was chosen."""
        return [(given, data) for given, data in self._files.get(name, ()) if given or data]

    def __contains__(self, name: str) -> bool:
        """Return whether the form has the field."""
        return name in self._data


async def read_form(request: Request, file_bytes: int) -> Form:
    """Return the form of a request. Raises HTTPException 400 or 413 beyond the limits."""
    data = await request.form(max_files=FILES, max_fields=FIELDS, max_part_size=TEXT_BYTES)
    files: dict[str, list[tuple[str, bytes]]] = {}
    fields: list[tuple[str, str | UploadFile]] = []
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            if value.size is None or value.size > file_bytes:
                raise HTTPException(413)
            files.setdefault(name, []).append((value.filename or "", await value.read()))
        clean = _CONTROL.sub(" ", value) if isinstance(value, str) else value
        fields.append((_CONTROL.sub(" ", name), clean))
    return Form(FormData(fields), files)


def read_document(data: bytes, name: str) -> Any:
    """Return the YAML or JSON document in an uploaded file.

    Args:
        data: The content of the file.
        name: The name of the file in messages.

    Raises:
        KamError: It is not UTF-8 or not YAML.
    """
    try:
        return read_text(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        raise KamError(f"{name}: is not a text in UTF-8") from None
    except ProblemsError as error:
        raise CaseError(error.problems) from None
