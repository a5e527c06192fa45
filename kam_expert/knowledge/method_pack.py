"""A method in one file: a zip of its folder with a name, a version and a digest.

The digest shows that a pack is whole and unaltered; it is not a signature and does not show who
made the pack. A pack holds texts only, and nothing in it is run.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from kam_expert.errors import KamError
from kam_expert.knowledge.documents import Doc

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MANIFEST = "pack.json"
_FORMAT = 1
#: A file of a method: folders and a name, without a dot in front, so that no path leads out.
_FILE = re.compile(r"(?:\w[\w-]*/){0,3}\w[\w.-]*\.(?:yaml|md)\Z")
_NAME = re.compile(r"\w[\w-]*\Z")
#: More than ten times what the built-in method has.
_MOST_FILES, _MOST_BYTES = 5_000, 64_000_000
#: The same content gives the same pack.
_TIME = (1980, 1, 1, 0, 0, 0)


class ManifestDoc(Doc):
    """``pack.json``.

    Attributes:
        name: The name of the folder.
        version: The version in ``rulebase.yaml``.
        digest: SHA-256 over name, version and files.
    """

    format: int
    name: str
    version: str
    digest: str


@dataclass(frozen=True)
class MethodPack:
    """The content of a pack: its manifest, and its files by path."""

    manifest: ManifestDoc
    files: Mapping[str, bytes]

    def data(self) -> bytes:
        """Return the pack as the bytes of a file."""
        made = io.BytesIO()
        manifest = self.manifest.model_dump_json(indent=2).encode()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in ((_MANIFEST, manifest), *self.files.items()):
                archive.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)
        return made.getvalue()

    def unpack(self, folder: Path) -> Path:
        """Write the files below *folder*; return the folder of the method."""
        method = folder / self.manifest.name
        for name, data in self.files.items():
            path = method / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return method


def packed(folder: Path, version: str) -> MethodPack:
    """Return the pack of the method in *folder*.

    Raises:
        KamError: A file cannot be read or be part of a pack.
    """
    name = folder.resolve().name
    if not _NAME.match(name):
        raise KamError(f'{folder}: a method is named in letters, digits, _ and -, not "{name}"')
    files: dict[str, bytes] = {}
    for path in sorted((*folder.rglob("*.yaml"), *folder.rglob("*.md"))):
        shown = path.relative_to(folder).as_posix()
        if not _FILE.match(shown):
            raise KamError(f"{path}: a file of this name cannot be packed; rename it")
        try:
            files[shown] = path.read_bytes()
        except OSError as error:
            raise KamError(f"{path}: cannot be read ({error.strerror or error})") from None
    digest = _digest(name, version, files)
    manifest = ManifestDoc(format=_FORMAT, name=name, version=version, digest=digest)
    return MethodPack(manifest, files)


def read_pack(path: Path) -> MethodPack:
    """Return the pack in a file.

    Raises:
        KamError: The file is not a pack, or is damaged, altered or too large; one line says which.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            files = _files(archive, path)
    except OSError as error:
        raise KamError(f"{path}: cannot be read ({error.strerror or error})") from None
    # What zipfile raises last: for a password, and for compression it does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
        raise KamError(f"{path}: is not a pack of a method, or is damaged") from None
    manifest = _manifest(files.pop(_MANIFEST, None), path)
    if manifest.digest != _digest(manifest.name, manifest.version, files):
        raise KamError(f"{path}: was altered after it was packed (its digest does not fit)")
    return MethodPack(manifest, files)


def _files(archive: zipfile.ZipFile, path: Path) -> dict[str, bytes]:
    entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    if len(entries) > _MOST_FILES or size > _MOST_BYTES:
        raise KamError(f"{path}: is too large for a method")
    files: dict[str, bytes] = {}
    for entry in entries:
        name = entry.filename
        if name in files or (name != _MANIFEST and not _FILE.match(name)):
            raise KamError(f'{path}: holds "{name[:60]!a}", which is no file of a method')
        files[name] = archive.read(entry)
    return files


def _manifest(data: bytes | None, path: Path) -> ManifestDoc:
    if data is None:
        raise KamError(f"{path}: has no {_MANIFEST}, so it is not a pack of a method")
    try:
        manifest = ManifestDoc.model_validate(json.loads(data))
    except (ValueError, ValidationError, RecursionError):
        raise KamError(f"{path}: its {_MANIFEST} cannot be read") from None
    if manifest.format != _FORMAT:
        raise KamError(f"{path}: has format {manifest.format}; this program reads {_FORMAT}")
    if not _NAME.match(manifest.name):
        raise KamError(f"{path}: its {_MANIFEST} cannot be read")
    return manifest


def _digest(name: str, version: str, files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256(f"{_FORMAT}\0{name}\0{version}\0".encode())
    for file in sorted(files):
        digest.update(file.encode() + b"\0" + hashlib.sha256(files[file]).digest())
    return digest.hexdigest()
