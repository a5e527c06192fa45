"""A form as it was sent, with limits on how much one may send."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.requests import Request

#: Of a whole request; a case file of a large account has a tenth of it.
BODY_BYTES = 4_000_000
FILE_BYTES = 2_000_000
#: Of one text field as it is sent, and so many fields: a row of a table of people has twenty.
TEXT_BYTES, FIELDS, FILES = 400_000, 400, 1
#: Letters of a field; and of one that may stand several times, such as a comment of a case file.
_TEXT_LENGTH, _LONG_TEXT_LENGTH = 4_000, 40_000
#: What no page and no case file may hold; a text from elsewhere may bring it along.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


class Form:
    """What was sent; a field that is missing is an empty text."""

    def __init__(self, data: FormData | None = None, files: dict[str, bytes] | None = None) -> None:
        self._data = FormData() if data is None else data
        self._files = files or {}

    def text(self, name: str) -> str:
        """Return a field without the blanks around it. One that is too long is refused with 413."""
        value = self._data.get(name, "")
        if not isinstance(value, str):
            raise HTTPException(400)
        if len(value) > _TEXT_LENGTH:
            raise HTTPException(413)
        return value.strip()

    def texts(self, name: str) -> list[str]:
        """Return every value of a field that may stand several times. Too long is refused."""
        values = [value for value in self._data.getlist(name) if isinstance(value, str)]
        if any(len(value) > _LONG_TEXT_LENGTH for value in values):
            raise HTTPException(413)
        return values

    def items(self) -> list[tuple[str, str]]:
        """Return every field that is a text, as often as it was sent."""
        return [(name, v) for name, v in self._data.multi_items() if isinstance(v, str)]

    def number(self, name: str) -> int:
        """Return a whole number. Anything else is refused with 400: our forms send none."""
        text = self.text(name)
        if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 -- versions do not grow so long
            raise HTTPException(400)
        return int(text)

    def file(self, name: str) -> bytes:
        """Return the bytes of a file; none if no file was chosen."""
        return self._files.get(name, b"")

    def __contains__(self, name: str) -> bool:
        """Return whether a field was sent."""
        return name in self._data


async def read_form(request: Request) -> Form:
    """Return the form of a request; more than the limits allow is refused with 400 or 413."""
    data = await request.form(max_files=FILES, max_fields=FIELDS, max_part_size=TEXT_BYTES)
    files = {}
    sent: list[tuple[str, str | UploadFile]] = []
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            if value.size is None or value.size > FILE_BYTES:
                raise HTTPException(413)
            files[name] = await value.read()
        clean = _CONTROL.sub(" ", value) if isinstance(value, str) else value
        sent.append((_CONTROL.sub(" ", name), clean))
    return Form(FormData(sent), files)
