"""Build the browser edition: a folder of static files that any web server can serve."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert import __version__
from kam_expert.browser import precompile
from kam_expert.browser.packages import NAMES, PURE, is_in_library, package_files, program_files
from kam_expert.browser.parts import Downloads, program, provide_parts
from kam_expert.errors import KamError, shortened
from kam_expert.knowledge.privacy import load_privacy
from kam_expert.knowledge.rule_cache import load_compiled, write_compiled
from kam_expert.outputs.files import write_whole
from kam_expert.outputs.interface import LANGUAGES, translator
from kam_expert.outputs.templating import rendered
from kam_expert.resources import rules_folder, templates_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Of the npm package, what runs in a browser.
_RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
_LIBRARY = "python_stdlib.zip"
#: Files of the page itself, by name in the folder of templates.
_PAGE = ("shell.js", "shell.css", "worker.js", "python.js", "icon.svg")
_TYPES = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".tar": "application/x-tar",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".zip": "application/zip",
}


def build_site(target: Path, parts_folder: Path) -> list[tuple[str, int]]:
    """Write the browser edition into a new or empty folder, whole or not at all.

    Args:
        target: The folder.
        parts_folder: Has the downloaded parts, or gets them.

    Returns:
        The name and size in bytes of each file.

    Raises:
        KamError: The folder has files, or the parts cannot be had.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise KamError(f"{target}: is there already; name a new or an empty folder")
    downloads = provide_parts(parts_folder)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".site-", dir=target.parent) as name:
            draft = Path(name) / "site"
            draft.mkdir(mode=0o755)
            _write_files(draft, Path(name) / "stage", downloads)
            if target.exists():
                target.rmdir()
            draft.rename(target)
    except OSError as error:
        raise KamError(f"{target}: cannot be written ({error.strerror or error})") from None
    return [(file.relative_to(target).as_posix(), file.stat().st_size) for file in _files(target)]


def _write_files(draft: Path, stage: Path, downloads: Downloads) -> None:
    contents = {**_page_files(), **_runtime_files(stage, downloads)}
    contents["runtime/names.tar"] = _archive(package_files(NAMES))
    listed = {}
    for name, data in contents.items():
        # What a browser loads before the service worker runs must be plain. The name does not end
        # in .gz, which some servers would unpack.
        plain = not name.startswith("runtime/")
        stored = data if plain else gzip.compress(data, 6, mtime=0)
        file = draft / (name if plain else f"{name}.packed")
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(stored)
        listed[name] = {
            "file": file.relative_to(draft).as_posix(),
            "type": _TYPES[Path(name).suffix],
            "sha256": hashlib.sha256(stored).hexdigest(),
        }
    worker = _source("service-worker.js")
    digest = hashlib.sha256((json.dumps(listed, sort_keys=True) + worker).encode()).hexdigest()
    files = {"version": f"{__version__}-{digest[:16]}", "files": listed}
    head = f"const SITE = {json.dumps(files, indent=1)};\n"
    (draft / "service-worker.js").write_text(head + worker, encoding="utf-8")


def build_one_file(target: Path, parts_folder: Path) -> int:
    """Write the form of the browser edition that opens by a double click, as one HTML file.

    It makes report and plan of a case file, and keeps nothing.

    Args:
        target: The file; it is replaced.
        parts_folder: Has the downloaded parts, or gets them.

    Returns:
        The size of the file in bytes.

    Raises:
        KamError: The file cannot be written, or the parts cannot be had.
    """
    downloads = provide_parts(parts_folder)
    with tempfile.TemporaryDirectory(prefix="kam-site-") as name:
        files = _runtime_files(Path(name), downloads)
    files["runtime/python.js"] = _source("python.js").encode()
    script = _source("one-file.js")
    page = rendered(
        "site/one-file.html.j2",
        "en",
        texts=json.dumps({lang: _one_file_texts(lang) for lang in LANGUAGES}),
        files={
            place.rpartition("/")[2]: base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()
            for place, data in files.items()
        },
        script=script,
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    write_whole(target, page)
    return target.stat().st_size


def _one_file_texts(lang: str) -> dict[str, str]:
    """Return the texts of the one file."""
    _ = translator(lang).gettext
    return {
        "title": _("Diagnosis of an account"),
        "stays": _("Nothing that you choose leaves this machine, and nothing is kept."),
        "starting": _("Starting…"),
        "working": _("Working…"),
        "failed": _("The program could not be started:"),
        "file": _("Case file (YAML, JSON or a filled-in workbook)"),
        "lang": _("Language"),
        "edition": _("For whom"),
        "consultant": _("the consultant"),
        "client": _("the client who ordered the diagnosis"),
        "customer": _("the customer"),
        "report": _("Report"),
        "plan": _("Plan"),
        "save": _("Save this document"),
    }


def _runtime_files(stage: Path, downloads: Downloads) -> dict[str, bytes]:
    """Return Python for the browser, its library and the packages."""
    contents = {f"runtime/{name}": (downloads.pyodide / name).read_bytes() for name in _RUNTIME}
    return contents | _python_files(stage, downloads)


def _page_files() -> dict[str, bytes]:
    texts = {lang: _texts(lang) for lang in LANGUAGES}
    manifest = {
        "name": "kam-expert",
        "short_name": "kam-expert",
        "start_url": ".",
        "display": "standalone",
        "background_color": "#ffffff",
        "icons": [{"src": "icon.svg", "sizes": "any", "type": "image/svg+xml"}],
    }
    return {
        "index.html": rendered("site/index.html.j2", "en", texts=json.dumps(texts)).encode(),
        "app.webmanifest": json.dumps(manifest, indent=1).encode(),
        **{name: _source(name).encode() for name in _PAGE},
    }


def _source(name: str) -> str:
    return (templates_folder() / "site" / name).read_text(encoding="utf-8")


def _texts(lang: str) -> dict[str, str]:
    """Return the texts of the page around the session."""
    _ = translator(lang).gettext
    return {
        "starting": _("Starting…"),
        "first": _("The first start loads the program. After that it works without a network."),
        "stays": _("Nothing that you enter leaves this machine."),
        "old": _("This browser cannot run the program. A current Chromium, Firefox or Safari can."),
        "failed": _("The program could not be started:"),
        "again": _("Try again"),
        "forget": _(
            "This browser may forget the accounts, for instance when the disk is nearly full. "
            "Save them as a file from time to time."
        ),
        "save": _("Save everything as a file"),
        "persist": _("Ask the browser to keep them"),
        "update": _("A newer version is ready. It is used when all tabs of it have been closed."),
    }


def _python_files(stage: Path, downloads: Downloads) -> dict[str, bytes]:
    """Return the archives of all Python files, compiled for the Python of the browser edition."""
    packages, library = stage / "packages", stage / "library"
    for place, file in chain(program_files(), package_files(PURE)):
        copy = packages / place
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    for wheel in downloads.wheels:
        with zipfile.ZipFile(wheel) as archive:
            names = [n for n in archive.namelist() if n.endswith((".py", ".so"))]
            for inside in names:
                archive.extract(inside, packages)
    with zipfile.ZipFile(downloads.pyodide / _LIBRARY) as archive:
        for inside in filter(is_in_library, archive.namelist()):
            archive.extract(inside, library)
    (stage / "cache").mkdir()
    base = load_compiled(rules_folder())
    write_compiled(stage / "rules.pickle", base, load_privacy(rules_folder(), base))
    kept = _take_compiled(packages, downloads.compiled)
    kept |= _take_compiled(library, downloads.compiled)
    script = Path(__file__).parent / "compile.mjs"
    command = [program("node"), str(script), str(downloads.pyodide), str(stage)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- as written here
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [""])[-1]
        raise KamError(f"the program could not be compiled for the browser: {shortened(said, 300)}")
    for module, copy in kept.items():
        shutil.copyfile(module.with_suffix(".pyc"), copy)
    own = chain([stage / "rules.pickle"], _files(packages), _files(stage / "cache"))
    return {
        "runtime/packages.tar": _archive(
            (file.relative_to(stage).as_posix(), file) for file in own
        ),
        f"runtime/{_LIBRARY}": _zipped(library),
    }


def _files(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.rglob("*")) if file.is_file()]


def _take_compiled(packages: Path, folder: Path) -> dict[Path, Path]:
    """Replace modules of other packages by their bytecode of an earlier build.

    Returns:
        The modules without such bytecode, and where to put it.
    """
    folder.mkdir(exist_ok=True)
    missing = {}
    step = Path(precompile.__file__).read_bytes()
    for module in sorted(packages.rglob("*.py")):
        place = module.relative_to(packages).as_posix()
        if place.startswith("kam_expert/"):
            continue
        copy = folder / hashlib.sha256(step + place.encode() + module.read_bytes()).hexdigest()
        if copy.is_file():
            shutil.copyfile(copy, module.with_suffix(".pyc"))
            module.unlink()
        else:
            missing[module] = copy
    return missing


def _archive(files: Iterable[tuple[str, Path]]) -> bytes:
    """Return a tar archive with the same bytes for the same files."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for place, file in files:
            info = tarfile.TarInfo(place)
            data = file.read_bytes()
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


def _zipped(folder: Path) -> bytes:
    """Return a zip file with the same bytes for the same files; it is compressed as a whole."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for file in _files(folder):
            info = zipfile.ZipInfo(file.relative_to(folder).as_posix())
            archive.writestr(info, file.read_bytes())
    return made.getvalue()
