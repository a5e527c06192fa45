"""A tuple that is made when it is first read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

T = TypeVar("T")


class Later(Sequence[T]):
    """A tuple that is made when it is first read; it is equal to that tuple, and pickled as it.

    Args:
        make: Returns the tuple. It is kept until then, with all that it refers to.
    """

    def __init__(self, make: Callable[[], tuple[T, ...]]) -> None:
        self._make: Callable[[], tuple[T, ...]] | None = make
        self._made: tuple[T, ...] = ()

    def _tuple(self) -> tuple[T, ...]:
        # Threads may make it twice. Each gets a whole one, and they are equal.
        make = self._make
        if make is not None:
            self._made = make()
            self._make = None
        return self._made

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...

    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        """Return an element, or several."""
        return self._tuple()[index]

    def __len__(self) -> int:
        """Return the number of elements."""
        return len(self._tuple())

    def __eq__(self, other: object) -> bool:
        """Return whether *other* has the same elements."""
        return self._tuple() == (other._tuple() if isinstance(other, Later) else other)

    def __hash__(self) -> int:
        """Return the hash of the tuple."""
        return hash(self._tuple())

    def __repr__(self) -> str:
        """Return that of the tuple."""
        return repr(self._tuple())

    def __reduce__(self) -> tuple[Any, ...]:
        """Return the tuple: what makes it is not stored."""
        return tuple, (self._tuple(),)
