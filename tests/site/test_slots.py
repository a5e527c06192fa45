"""Two slots: a write that breaks off loses nothing that was written before."""

from __future__ import annotations

import pytest

from kam_expert.browser.slots import Slots


class Memory:
    """A file in memory that can break."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data
        self.writes_until_full = 100

    def read(self) -> bytes:
        return self.data

    def write(self, data: bytes) -> None:
        if not self.writes_until_full:
            self.data = data[: len(data) // 2]
            raise OSError("the disk is full")
        self.writes_until_full -= 1
        self.data = data


def test_the_latest_data_is_read_again() -> None:
    files = [Memory(), Memory()]
    slots = Slots(files)
    assert slots.data is None

    for data in (b"one", b"two", b"three"):
        slots.write(data)

        assert Slots(files).data == data


def test_a_write_that_breaks_off_leaves_the_data_before_it() -> None:
    files = [Memory(), Memory()]
    slots = Slots(files)
    slots.write(b"before")
    for file in files:
        file.writes_until_full = 0

    with pytest.raises(OSError, match="full"):
        slots.write(b"after it")

    assert slots.data == b"before"
    assert Slots(files).data == b"before"


@pytest.mark.parametrize("keep", [0, 10, 55, -1])
def test_a_damaged_slot_is_not_read(keep: int) -> None:
    files = [Memory(), Memory()]
    slots = Slots(files)
    slots.write(b"first")
    slots.write(b"second")
    newest = max(files, key=lambda file: file.data[8:16])
    newest.data = newest.data[:keep]

    again = Slots(files)
    assert again.data == b"first"
    again.write(b"third")

    assert Slots(files).data == b"third"
