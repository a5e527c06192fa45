"""What PDF/UA asks of the tags beyond what the layout program makes of HTML.

It is done on the objects of the document before they are written: a list item holds its body as
one, a header of a table says what it heads, what repeats on each page is no content, and a link
says where it leads in words.
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
#: The bit of an annotation that is printed as it is shown.
_PRINTED = 4


class Tags:
    """Finishes a document; to be called by WeasyPrint with the document and its objects.

    Args:
        page: The HTML page that the document is made from, whose links have words.
    """

    def __init__(self, page: str) -> None:
        self._words: dict[str, str] = {}
        for target, inside in _LINK.findall(page):
            words = " ".join(html.unescape(_TAG.sub("", inside)).split())
            # The table of contents comes first and has the best words; a number alone has none.
            known = self._words.get(target, "")
            if len(words) > len(known) and not any(map(str.isalpha, known)):
                self._words[target] = words

    def __call__(self, _: Any, pdf: pydyf.PDF) -> None:
        """Finish the tags of *pdf*."""
        self._objects: list[Any] = pdf.objects
        elements = [
            o for o in pdf.objects if isinstance(o, dict) and o.get("Type") == "/StructElem"
        ]
        for element in elements:
            if element["S"] == "/LI":
                self._put_body(pdf, element)
            elif element["S"] == "/TR":
                self._tell_headers(element)
        for found in pdf.objects:
            if isinstance(found, dict) and found.get("Subtype") == "/Link":
                found["F"] = _PRINTED
                self._tell_target(found)
        self._repeat(pdf)

    def _object(self, reference: object) -> Any:
        """Return the object that is referred to; None for what is no reference."""
        found = _REFERENCE.match(reference) if isinstance(reference, bytes) else None
        return self._objects[int(found[1])] if found else None

    def _kids(self, element: Any) -> Iterator[Any]:
        kids = (self._object(kid) for kid in element.get("K", ()))
        return (kid for kid in kids if isinstance(kid, dict) and "S" in kid)

    def _put_body(self, pdf: pydyf.PDF, item: Any) -> None:
        """Have a list item hold a label and a body, and nothing else."""
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

    def _tell_headers(self, row: Any) -> None:
        """Have the headers of a row say whether they head a row or a column."""
        heads = self._object(row["P"])["S"] == "/THead"
        for cell in self._kids(row):
            if cell["S"] == "/TH":
                cell["A"]["Scope"] = "/Column" if heads else "/Row"

    def _tell_target(self, link: Any) -> None:
        target = link.get("Dest")
        words = self._words.get(getattr(target, "string", ""))
        if words:
            link["Contents"] = pydyf.String(words)

    def _repeat(self, pdf: pydyf.PDF) -> None:
        """Have what stands in the margin of each page be no content of the document."""
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
        """Return the element right below the document that holds one."""
        while (element := self._object(reference))["P"] != document.reference:
            reference = element["P"]
        return reference
