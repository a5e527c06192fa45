"""Two slots for one piece of data, so that a write that breaks off loses nothing.

Each write goes to the slot that does not hold the latest data, with a number and a digest. A reader
takes the valid slot with the highest number.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARK = b"kamslot1"
#: Mark, number of the write, length of the data, digest of all that follows the mark but itself.
_HEAD = struct.Struct(">8sQQ32s")


class SlotFile(Protocol):
    """A file that is read and written whole."""

    def read(self) -> bytes:
        """Return the content; empty for a new file."""

    def write(self, data: bytes) -> None:
        """Replace the content; it is on disk when this returns. Raises OSError."""


class MemoryFile:
    """A file that nothing keeps."""

    def __init__(self) -> None:
        self._data = b""

    def read(self) -> bytes:
        """Return the content."""
        return self._data

    def write(self, data: bytes) -> None:
        """Replace the content."""
        self._data = data


class Slots:
    """Data in two files.

    Args:
        files: Two files.
    """

    def __init__(self, files: Sequence[SlotFile]) -> None:
        self._files = tuple(files)
        found = [_content(file.read()) for file in self._files]
        numbers = [-1 if content is None else content[0] for content in found]
        self._latest = numbers.index(max(numbers))
        self._number = max(numbers)
        latest = found[self._latest]
        #: What was written last; None if no slot holds valid data.
        self.data: bytes | None = None if latest is None else latest[1]

    def write(self, data: bytes) -> None:
        """Replace the data. Raises OSError; the earlier data is then still there."""
        number, other = self._number + 1, 1 - self._latest
        head = _HEAD.pack(_MARK, number, len(data), _digest(number, data))
        self._files[other].write(head + data)
        self._number, self._latest, self.data = number, other, data


def _digest(number: int, data: bytes) -> bytes:
    return hashlib.sha256(struct.pack(">QQ", number, len(data)) + data).digest()


def _content(stored: bytes) -> tuple[int, bytes] | None:
    """Return number and data of a slot; None if it holds no valid data."""
    if len(stored) < _HEAD.size:
        return None
    mark, number, length, digest = _HEAD.unpack_from(stored)
    data = stored[_HEAD.size : _HEAD.size + length]
    valid = mark == _MARK and len(data) == length and _digest(number, data) == digest
    return (number, data) if valid else None
