"""Atomic writes of output files."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

from kam_expert.errors import KamError

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, text: str | bytes, *, new: bool = False) -> None:
    """Write *text* to *path* atomically: a reader sees the old file or the new one.

    Args:
        path: Its folder must exist. For a symbolic link, the target is written.
        text: Text is written as UTF-8 without changing line breaks, bytes unchanged.
        new: Do not replace an existing file.

    Raises:
        KamError: The folder is missing, full or not writable, or *new* and the file exists.
    """
    data = text.encode() if isinstance(text, str) else text
    if path.is_symlink():
        # os.replace would replace the link and leave its target unchanged.
        path = _target_of(path)
    folder = path.parent
    if not folder.is_dir():
        raise KamError(f"{folder}: no such folder, so {path.name} was not written")
    if path.is_dir():
        raise KamError(f"{path}: is a folder, a file name is needed")
    if new and path.exists():
        raise KamError(f"{path}: already exists; it was not changed")
    if path.exists() and not path.is_file():
        _write_into(path, data)
        return
    draft = None
    try:
        handle, draft = tempfile.mkstemp(dir=folder, prefix=f".{path.name[:60]}.", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        os.chmod(draft, mode)  # noqa: PTH101 -- a name, not a Path
        os.replace(draft, path)  # noqa: PTH105 -- as above
        draft = None
    except OSError as error:
        raise KamError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        if draft is not None:
            with contextlib.suppress(OSError):
                os.unlink(draft)  # noqa: PTH108 -- as above


def _target_of(link: Path) -> Path:
    try:
        return link.resolve()
    except (OSError, RuntimeError) as error:  # a link to itself
        raise KamError(f"{link}: cannot be written ({error})") from None


def _write_into(device: Path, data: bytes) -> None:
    # A file must not replace a device or a pipe.
    try:
        with device.open("wb") as file:
            file.write(data)
    except OSError as error:
        raise KamError(f"{device}: cannot be written ({error.strerror or error})") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
