"""Build the wheel and try it on every Python that this machine has, and print a table.

    python release/matrix.py [--tests tests/facts tests/knowledge]

On each version the wheel is installed into an empty environment, the main job runs outside of the
checkout and its report is compared byte for byte, and the tests that need no browser run: all of
them, or those that are named. A version that cannot be had is in the table with the reason.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "barricaded_butterfly.yaml"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
UV: list[str | Path] = [sys.executable, "-m", "uv"]


@dataclass(frozen=True)
class Row:
    """The result for one version."""

    python: str
    report: str
    tests: str
    seconds: float


def found(version: str) -> Path | str:
    """Return the interpreter of a version: installed, or fetched by uv; otherwise why not."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    kept = sorted((root / "versions").glob(f"{version}.*/bin/python"))
    for path in (*kept, shutil.which(f"python{version}")):
        if path and _output([path, "-c", "import sqlite3, ssl, venv"]) is not None:
            return Path(path)
    done = subprocess.run(
        [*UV, "python", "install", version], capture_output=True, text=True, check=False
    )
    path = _output([*UV, "python", "find", "--managed-python", version])
    if done.returncode == 0 and path:
        return Path(path.strip())
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    said = lines[-1].removeprefix("cause: ") if lines else "unknown"
    return f"cannot be had: not installed, and uv cannot fetch it ({said})"


def _output(command: list[str | Path]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return None if done.returncode else done.stdout


def tried(version: str, wheel: Path, tests: list[str], work: Path) -> Row:
    """Install the wheel on a version, run the main job and the tests."""
    began = time.perf_counter()
    python = found(version)
    if isinstance(python, str):
        return Row(version, python, "", 0)
    env = work / version
    must(*UV, "venv", "-q", "--python", python, env)
    inside = env / ("Scripts" if os.name == "nt" else "bin") / "python"
    # The locked packages, then the wheel and nothing else.
    pip = [*UV, "pip", "install", "-q", "--python", inside]
    must(*pip, "-r", ROOT / "requirements-dev.lock", "-r", ROOT / "requirements-build.lock")
    must(*pip, "--no-deps", wheel)
    full = must(inside, "-c", "import platform; print(platform.python_version())").strip()
    folder = work / f"job-{version}"
    folder.mkdir()
    shutil.copy(EXAMPLE, folder)
    job = ["diagnose", EXAMPLE.name, "--date", "2026-11-23", "--format", "html"]
    report = must(inside.with_name("kam"), *job, folder=folder)
    digest = hashlib.sha256(report.encode()).hexdigest()[:16]
    pytest = ["-m", "pytest", "-m", "not browser", "-p", "no:cacheprovider", *tests]
    done = subprocess.run([inside, *pytest], cwd=ROOT, capture_output=True, text=True, check=False)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    print("\n".join(failed[:20]), file=sys.stderr)
    last = (done.stdout.strip().splitlines() or ["no output"])[-1]
    said = re.sub(r" in [\d.]+s.*", "", last).strip("= ")
    return Row(full, digest, said, time.perf_counter() - began)


def must(*command: str | Path, folder: Path = ROOT) -> str:
    """Run a program and return what it prints; end with its message if it fails."""
    done = subprocess.run(list(command), cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Try every version."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--tests", nargs="*", default=["tests"])
    options.add_argument("--versions", nargs="*", default=VERSIONS)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="kam-matrix-") as name:
        work = Path(name)
        must(*UV, "build", "-q", "--wheel", "--out-dir", work / "dist")
        (wheel,) = (work / "dist").glob("*.whl")
        print("| Python | report of the wheel (SHA-256) | tests | minutes |\n|---|---|---|---|")
        for version in asked.versions:
            row = tried(version, wheel, asked.tests, work)
            minutes = f"{row.seconds / 60:.1f}" if row.seconds else ""
            print(f"| {row.python} | {row.report} | {row.tests} | {minutes} |", flush=True)


if __name__ == "__main__":
    main()
