"""Files that lie in a zip, as a data export of Salesforce does, put aside with care."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from kam_expert.errors import KamError, shortened

MAX_FILES = 1000
MAX_BYTES = 4_000_000_000
#: Tables of text become a tenth, seldom a fiftieth; what unpacks to more wants to fill the disk.
_MOST_TIMES, _SMALL = 100, 10_000_000
_CHUNK = 1 << 20
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpacked(archive: Path, aside: Path, endings: tuple[str, ...]) -> tuple[list[Path], list[str]]:
    """Put the files of a zip aside, each in a folder of its own.

    Args:
        archive: The zip.
        aside: An empty folder. What a file is called inside never says where it goes.
        endings: Of the files that are wanted.

    Returns:
        The files in the order of their names, and the names of the others.

    Raises:
        KamError: It is no zip, has a password, or becomes too large.
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
                path = aside / str(number) / name
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
    """Copy a file and give how many bytes it has; stop when there are more than *most*."""
    done = 0
    while done <= most and (chunk := packed.read(_CHUNK)):
        plain.write(chunk)
        done += len(chunk)
    return done


def _name(path: str) -> str:
    """Return the last part of a path inside, fit for a file’s name."""
    name = PurePosixPath(path.replace("\\", "/")).name
    plain = "".join(c if c.isprintable() and c not in '<>:"|?*' else "-" for c in name)
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:100]}{dot}{ending[:10]}"


def _hidden(path: str) -> bool:
    parts = PurePosixPath(path.replace("\\", "/")).parts
    return parts[:1] == ("__MACOSX",) or any(
        part.startswith(".") and part != ".." for part in parts
    )
