"""Unpack zips safely, such as a data export of Salesforce."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from kam_expert.errors import KamError, shortened

MAX_FILES = 1000
MAX_BYTES = 4_000_000_000
#: Text compresses to a tenth, rarely to a fiftieth; a higher ratio is a zip bomb.
_MOST_TIMES, _SMALL = 100, 10_000_000
_CHUNK = 1 << 20
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpacked(
    archive: Path, temporary: Path, endings: tuple[str, ...]
) -> tuple[list[Path], list[str]]:
    """Unpack the files of a zip, each into its own folder.

    Args:
        archive: The zip.
        temporary: An empty folder. Names inside the zip never decide where a file goes.
        endings: The wanted file name endings.

    Returns:
        The files sorted by name, and the names of other files.

    Raises:
        KamError: The file is not a zip, has a password, or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            entries = [entry for entry in file.infolist() if not entry.is_dir()]
            entries = [entry for entry in entries if not _hidden(entry.filename)]
            if len(entries) > MAX_FILES:
                raise KamError(f"{archive.name}: more than {MAX_FILES} files")
            left = min(MAX_BYTES, _MOST_TIMES * archive.stat().st_size + _SMALL)
            paths, others = [], []
            for number, entry in enumerate(sorted(entries, key=lambda entry: entry.filename)):
                name = _name(entry.filename)
                if not name.lower().endswith(endings):
                    others.append(name)
                    continue
                if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
                    raise KamError(
                        f"{archive.name}: {shortened(name)} has a password or is packed in an "
                        "unusual way; unpack it and import the folder"
                    )
                path = temporary / str(number) / name
                path.parent.mkdir()
                with file.open(entry) as packed, path.open("wb") as plain:
                    left -= _copied(packed, plain, left)
                if left < 0:
                    raise KamError(
                        f"{archive.name}: unpacks to more than {_MOST_TIMES} times its size or "
                        f"{MAX_BYTES // 10**9} GB; unpack it and import the folder"
                    )
                paths.append(path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        what = shortened(" ".join(str(error).split()), 80)
        raise KamError(f"{archive.name}: is not a zip, or is damaged ({what})") from None
    except OSError as error:
        raise KamError(f"{archive.name}: cannot be unpacked ({error.strerror or error})") from None
    return paths, others


def _copied(packed: IO[bytes], plain: IO[bytes], most: int) -> int:
    """Copy a file and return the number of bytes; stop after more than *most*."""
    done = 0
    while done <= most and (chunk := packed.read(_CHUNK)):
        plain.write(chunk)
        done += len(chunk)
    return done


def _name(path: str) -> str:
    """Return the last part of a path in a zip as a valid file name."""
    name = PurePosixPath(path.replace("\\", "/")).name
    plain = "".join(c if c.isprintable() and c not in '<>:"|?*' else "-" for c in name)
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:100]}{dot}{ending[:10]}"


def _hidden(path: str) -> bool:
    parts = PurePosixPath(path.replace("\\", "/")).parts
    return parts[:1] == ("__MACOSX",) or any(
        part.startswith(".") and part != ".." for part in parts
    )
