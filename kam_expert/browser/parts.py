"""The downloaded parts of the browser edition: Python for browsers, and two compiled packages.

They come from the npm and the Python registry only, at the versions and with the digests of the
files in ``locked/``.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kam_expert.errors import KamError, shortened

_LOCKED = Path(__file__).parent / "locked"
_FILES = ("package.json", "package-lock.json", "wheels.lock")
#: Of the Python that the npm package has.
_TARGET = (
    *("--python-version", "3.14", "--implementation", "cp", "--abi", "cp314"),
    *("--platform", "pyemscripten_2026_0_wasm32"),
)
_PINNED = re.compile(r"^([\w-]+)==([\w.]+)", re.MULTILINE)


@dataclass(frozen=True)
class Downloads:
    """Where the downloaded parts are.

    Attributes:
        pyodide: The folder of the npm package.
        wheels: The compiled packages.
        compiled: The folder of bytecode of earlier builds.
    """

    pyodide: Path
    wheels: tuple[Path, ...]
    compiled: Path


def provide_parts(folder: Path) -> Downloads:
    """Return the parts in *folder*; download what is missing.

    Raises:
        KamError: A program is missing, a download failed or has another digest, or an installed
            package has another version than its compiled equal.
    """
    _check_versions()
    wanted = hashlib.sha256(b"\0".join((_LOCKED / name).read_bytes() for name in _FILES))
    done = folder / "complete"
    if not (done.is_file() and done.read_text(encoding="ascii") == wanted.hexdigest()):
        try:
            _download(folder)
            done.write_text(wanted.hexdigest(), encoding="ascii")
        except OSError as error:
            raise KamError(f"{folder}: cannot be written ({error.strerror or error})") from None
    wheels = tuple(sorted((folder / "wheels").glob("*.whl")))
    return Downloads(folder / "node_modules" / "pyodide", wheels, folder / "compiled")


def _check_versions() -> None:
    for name, locked in _PINNED.findall((_LOCKED / "wheels.lock").read_text(encoding="ascii")):
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "no version"
        if installed != locked:
            raise KamError(
                f"the browser edition has {name} {locked}, and {installed} is installed here: "
                "pip install kam-expert[site]"
            )


def _download(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copyfile(_LOCKED / name, folder / name)
    for name in ("wheels", "compiled"):
        shutil.rmtree(folder / name, ignore_errors=True)
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    _run([program("npm"), "ci", *quiet], folder)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-q"]
    exact = ["--require-hashes", "--no-deps", "--only-binary", ":all:", *_TARGET]
    _run([*pip, *exact, "-d", "wheels", "-r", "wheels.lock"], folder)


def program(name: str) -> str:
    """Return the path of npm or Node.js. Raises KamError."""
    found = shutil.which(name)
    if found is None:
        raise KamError(f"kam site needs {name}, which is not installed; Debian has it in npm")
    return found


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 -- fixed commands
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        said = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "")
        what = "npm" if "npm" in Path(command[0]).name else "pip"
        raise KamError(f"{what} could not fetch the parts: {shortened(said, 200)}")
