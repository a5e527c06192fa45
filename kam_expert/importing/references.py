"""Resolve references by id, name, e-mail or domain."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from kam_expert.facts.plain_text import one_alphabet, visible
from kam_expert.importing.equal_texts import domain_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kam_expert.importing.collected import EntityColumns
    from kam_expert.importing.mapping_documents import IdsDoc

#: The name is ambiguous.
AMBIGUOUS = -2
#: Systems write the same quotes and apostrophes in different ways.
_QUOTES = str.maketrans({**dict.fromkeys('«»“”„‟″"'), **dict.fromkeys("’ʼ‘`´", "'")})


def plain_text(text: str) -> str:
    """Return a normalized name: case, spaces, quotes and letters of one shape do not matter."""
    return " ".join(one_alphabet(visible(text)).translate(_QUOTES).casefold().split())


class Keys:
    """Normalizes ids: without the reference mark, the long form as the short one."""

    def __init__(self, ids: IdsDoc | None, mark: str) -> None:
        self.ids, self.mark = ids, mark

    def __call__(self, cells: Sequence[str]) -> list[str]:
        """Return normalized ids."""
        keys = list(self.shown(cells))
        if self.ids is not None:
            long, first = self.ids.of, self.ids.first
            if set(map(len, keys)) == {long}:
                keys = list(map(itemgetter(slice(first)), keys))
            else:
                keys = [cell[:first] if len(cell) == long else cell for cell in keys]
        return keys

    def shown(self, cells: Sequence[str]) -> Sequence[str]:
        """Return the ids to show: without the reference mark."""
        if self.mark and self.mark in "".join(cells):
            return [cell.removeprefix(self.mark) for cell in cells]
        return cells


class NameIndex:
    """The positions of accounts, people or members by what can name them."""

    def __init__(self, listed: EntityColumns, free_mail: frozenset[str]) -> None:
        self.listed, self.free_mail = listed, free_mail
        self._made: dict[str, tuple[int, dict[str, int]]] = {}

    def by(self, how: str) -> Mapping[str, int]:
        """Return the positions by *how*: id, name, email or domain; `AMBIGUOUS` for duplicates."""
        if how == "id":
            return self.listed.index
        many = len(self.listed.ids)
        before = self._made.get(how)
        if before is None or before[0] != many:
            index: dict[str, int] = {}
            for place, text in enumerate(self._texts(how)):
                if text is not None:
                    index[text] = AMBIGUOUS if text in index else place
            self._made[how] = before = (many, index)
        return before[1]

    def every(self, how: str, key: str) -> list[int]:
        """Return all positions that a normalized text names."""
        return [place for place, text in enumerate(self._texts(how)) if text == key]

    def _texts(self, how: str) -> list[str | None]:
        if how == "name":
            return [plain_text(name) for name in self.listed.names]
        given = self.listed.more.get("email" if how == "email" else "domain") or []
        return [text and (plain_text(text) if how == "email" else domain_of(text))
                for text in given]  # fmt: skip

    def plain(self, how: str, cell: str) -> str | None:
        """Return the normalized form of a cell; None for the domain of a free mail service."""
        if how == "domain":
            domain = domain_of(cell)
            return None if domain in self.free_mail else domain
        return plain_text(cell)
