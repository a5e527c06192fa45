"""Corrections of PDF tags that PDF/UA requires and WeasyPrint does not make.

They change the objects of the document before it is written: a list item contains a label and one
body, a table header has a scope, repeated page margins are artifacts, and a link has a description.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pydyf

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINK = re.compile(r'<a href="?#([^" >]+)"?[^>]*>(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_REFERENCE = re.compile(rb"(\d+) 0 R\Z")
#: The flag of an annotation that is printed.
_PRINTED = 4


class Tags:
    """A finisher for WeasyPrint, which calls it with the document and its objects.

    Args:
        page: The HTML page of the document, with the texts of its links.
    """

    def __init__(self, page: str) -> None:
        self._words: dict[str, str] = {}
        for target, inside in _LINK.findall(page):
            words = " ".join(html.unescape(_TAG.sub("", inside)).split())
            # The table of contents comes first and has the best texts; a number is not enough.
            known = self._words.get(target, "")
            if len(words) > len(known) and not any(map(str.isalpha, known)):
                self._words[target] = words

    def __call__(self, _: Any, pdf: pydyf.PDF) -> None:
        """Correct the tags of *pdf*."""
        self._objects: list[Any] = pdf.objects
        elements = [
            o for o in pdf.objects if isinstance(o, dict) and o.get("Type") == "/StructElem"
        ]
        for element in elements:
            if element["S"] == "/LI":
                self._wrap_body(pdf, element)
            elif element["S"] == "/TR":
                self._set_scope(element)
        for found in pdf.objects:
            if isinstance(found, dict) and found.get("Subtype") == "/Link":
                found["F"] = _PRINTED
                self._describe_link(found)
        self._mark_margins(pdf)

    def _object(self, reference: object) -> Any:
        """Return the object of a reference; None for anything else."""
        found = _REFERENCE.match(reference) if isinstance(reference, bytes) else None
        return self._objects[int(found[1])] if found else None

    def _kids(self, element: Any) -> Iterator[Any]:
        kids = (self._object(kid) for kid in element.get("K", ()))
        return (kid for kid in kids if isinstance(kid, dict) and "S" in kid)

    def _wrap_body(self, pdf: pydyf.PDF, item: Any) -> None:
        """Wrap the content of a list item, except its label, in one body."""
        parts = {kid["S"]: kid for kid in self._kids(item)}
        if not parts.keys() - {"/Lbl", "/LBody"} and len(parts) == len(item["K"]):
            return
        body = pydyf.Dictionary(
            {"Type": "/StructElem", "S": "/LBody", "Pg": item["Pg"], "P": item.reference}
        )
        pdf.add_object(body)
        label = [kid for kid in item["K"] if (self._object(kid) or {}).get("S") == "/Lbl"]
        body["K"] = pydyf.Array([kid for kid in item["K"] if kid not in label])
        for kid in self._kids(body):
            kid["P"] = body.reference
            if kid["S"] == "/LBody":
                kid["S"] = "/Div"
        item["K"] = pydyf.Array([*label, body.reference])

    def _set_scope(self, row: Any) -> None:
        """Set the scope of the headers of a row: row or column."""
        heads = self._object(row["P"])["S"] == "/THead"
        for cell in self._kids(row):
            if cell["S"] == "/TH":
                cell["A"]["Scope"] = "/Column" if heads else "/Row"

    def _describe_link(self, link: Any) -> None:
        target = link.get("Dest")
        words = self._words.get(getattr(target, "string", ""))
        if words:
            link["Contents"] = pydyf.String(words)

    def _mark_margins(self, pdf: pydyf.PDF) -> None:
        """Mark the margins of every page as artifacts."""
        root = self._object(pdf.catalog["StructTreeRoot"])
        document = self._object(root["K"][0])
        content = set(document["K"])
        numbers = self._object(root["ParentTree"])["Nums"]
        for number, reference in enumerate(pdf.page_references):
            page, parents = self._object(reference), numbers[2 * number + 1]
            margin = {
                place for place, parent in enumerate(parents)
                if self._top(parent, document) not in content
            }  # fmt: skip
            stream = self._object(page["Contents"]).stream
            for at, item in enumerate(stream):
                if isinstance(item, dict) and item.get("MCID") in margin:
                    stream[at - 1] = "/Artifact"
                    stream[at] = pydyf.Dictionary({"Type": "/Pagination"})
            parents[:] = ["null" if n in margin else p for n, p in enumerate(parents)]

    def _top(self, reference: bytes, document: Any) -> bytes:
        """Return the ancestor of an element that is a child of the document."""
        while (element := self._object(reference))["P"] != document.reference:
            reference = element["P"]
        return reference
