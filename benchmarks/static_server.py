"""A plain web server for static sites: files below a path, and nothing else."""

from __future__ import annotations

import contextlib
import functools
import http.server
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The path below which the edition is served, as a static host does for a project.
PREFIX = "/tools/kam/"


class _Handler(http.server.SimpleHTTPRequestHandler):
    prefix = PREFIX

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- of the base class
        """Write no log."""

    def translate_path(self, path: str) -> str:
        """Return the file of a path below the prefix."""
        inside = path.removeprefix(self.prefix)
        return super().translate_path("/none" if inside == path else f"/{inside}")


@contextlib.contextmanager
def serving_files(folder: Path, port: int = 0, prefix: str = PREFIX) -> Iterator[str]:
    """Serve a folder below a path and return its URL, until the block ends."""
    below = type("_Below", (_Handler,), {"prefix": prefix})
    handler = functools.partial(below, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a browser that left
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
