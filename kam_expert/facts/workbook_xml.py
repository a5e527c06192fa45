"""Walk through an XML file of a workbook, safely."""

from __future__ import annotations

from abc import ABC, abstractmethod
from xml.parsers import expat

from kam_expert.errors import KamError

#: No workbook nests its elements this deep; a sheet needs ten levels.
_DEPTH = 100


class WorkbookXml(ABC):
    """One XML file of a workbook, parsed once.

    A subclass says what it does with elements, named without their namespace, and with text.

    Attributes:
        damaged: The message for a file that no program wrote.
        encoding: How the file is encoded; by default as it says itself.
    """

    damaged: str
    encoding: str | None = None
    _depth = 0

    def walk(self, data: bytes) -> None:
        """Parse a file.

        Raises:
            KamError: It has a document type declaration (its entities can expand without limit) or
                is nested too deep.
            expat.ExpatError: It is not XML.
        """
        parser = expat.ParserCreate(self.encoding, namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._started
        parser.EndElementHandler = self._ended
        parser.CharacterDataHandler = self.characters
        parser.StartDoctypeDeclHandler = self._refuse
        parser.Parse(data, True)

    @abstractmethod
    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the start of an element; attributes keep their namespace."""

    @abstractmethod
    def end(self, name: str) -> None:
        """Take the end of an element."""

    @abstractmethod
    def characters(self, text: str) -> None:
        """Take a piece of text."""

    def _refuse(self, *_: object) -> None:
        raise KamError("has a document type declaration, which no workbook has")

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEPTH:
            raise KamError(self.damaged)
        self.start(name.rpartition("}")[2], attributes)

    def _ended(self, name: str) -> None:
        self._depth -= 1
        self.end(name.rpartition("}")[2])
