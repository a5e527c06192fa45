"""Build the documents as a site: pages from outside of docs/, pages of the method, no requests.

MkDocs calls the functions named ``on_…``. Links to documents next to docs/ lead to pages at the
top of the site; other links out of docs/ become plain text, since the site has no such files.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
#: Documents next to docs/ that are pages of the site.
PROJECT = ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")
#: What a browser fetches while it shows a page. A link that somebody has to follow is not here.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\bsrc\s*=\s*["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|<link\b(?![^>]*\brel=["']?(?:canonical|alternate|prev|next))[^>]*?\bhref\s*=\s*["']?"""
    r"""((?:https?:)?//[^"'\s>]+)|url\(\s*["']?((?:https?:)?//[^"')\s]+)""",
    re.IGNORECASE,
)
#: The pages of the method are not MkDocs', so the link is HTML, which it does not check.
METHOD = """
## The method

<a href="method/index.html">Every rule, finding, step, statement and strategy</a>, with its reasons
"""


def external_requests(html: str) -> list[str]:
    """Return the addresses of other hosts from which a page would fetch something."""
    return ["".join(found) for found in FETCHED.findall(html)]


def site_link(target: str, source: str) -> str | None:
    """Return a link of a document as a link of the site.

    Args:
        target: The link as it is in the document.
        source: The path of the document in the repository, such as ``docs/plan.md``.

    Returns:
        None if the site has nothing there.
    """
    if re.match(r"[a-z]+:|#", target):
        return target
    file, hash_sign, anchor = target.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), file))
    if path in (*PROJECT, "README.md") or (path.startswith("docs/") and "." in path):
        here = posixpath.dirname(source.removeprefix("docs/"))
        return posixpath.relpath(path.removeprefix("docs/"), here or ".") + hash_sign + anchor
    return None


def with_site_links(markdown: str, source: str) -> str:
    """Return the text of a document with the links of the site. Code stays as it is."""

    def replaced(found: re.Match[str]) -> str:
        link = site_link(found[2], source)
        return f"[{found[1]}]({link})" if link is not None else found[1]

    parts = re.split(r"(^ *```.*?^ *```$)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(
        part if index % 2 else LINK.sub(replaced, part) for index, part in enumerate(parts)
    )


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents next to docs/."""
    from mkdocs.structure.files import File  # noqa: PLC0415 -- the tests do without MkDocs

    for name in PROJECT:
        files.append(File(name, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Return the text of a page with the links of the site."""
    path = page.file.src_uri
    text = with_site_links(markdown, path if path in PROJECT else f"docs/{path}")
    return text + METHOD if path == "README.md" else text


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG001
    """Return a page with its language; refuse one that would fetch something from elsewhere."""
    from mkdocs.exceptions import PluginError  # noqa: PLC0415

    if found := external_requests(output):
        raise PluginError(f"{page.file.src_uri}: asks for {', '.join(found)}")
    if page.file.src_uri.endswith(".uk.md"):
        return output.replace('<html lang="en"', '<html lang="uk"', 1)
    return output


def on_post_build(config: MkDocsConfig) -> None:
    """Write the pages about the method, which lead from rule to source, into the site."""
    from kam_expert.cli import kam  # noqa: PLC0415

    folder = str(Path(config.site_dir) / "method")
    kam.main(["rules", "docs", "-o", folder], standalone_mode=False)
