"""Make everything that a release consists of, check it, and stop before it is published.

    python release/release.py -o FOLDER [--without site,docs]

Each step prints what it did and how long it took. The folder must be new or empty. Run it with the
Python of .venv, from a clean checkout; it needs npm for the browser edition.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "barricaded_butterfly.yaml"
DAY = "2026-11-23"
UV: list[str | Path] = [sys.executable, "-m", "uv"]
#: Licences that a user of the program may pass on with it; an expression of others is refused.
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0",
    "MIT-CMU", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Unlicense", "Zlib",
    # Libraries of the user's machine, which a user can exchange.
    "LGPL-2.0-or-later", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later",
}  # fmt: skip


def run(*command: str | Path, folder: Path = ROOT, **more: str) -> str:
    """Run a program and return what it prints; end with its message if it fails."""
    env = os.environ | {"SOURCE_DATE_EPOCH": committed(), "PYTHONPATH": ""} | more
    done = subprocess.run(
        list(command), cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def committed() -> str:
    """Return the time of the commit, which archives have as the time of their files."""
    command = ["git", "log", "-1", "--format=%ct"]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def build(target: Path, work: Path) -> str:
    """Build source archive and wheel twice, from two copies of the commit, with equal bytes."""
    digests = []
    for number in (1, 2):
        copy = work / f"copy-{number}"
        copy.mkdir()
        archive = work / f"{number}.tar"
        run("git", "archive", "-o", archive, "HEAD")
        shutil.unpack_archive(archive, copy)
        made = target if number == 1 else work / "again"
        command = [*UV, "build", "-q", "--build-constraints", ROOT / "requirements-build.lock"]
        run(*command, "--out-dir", made, folder=copy)
        (made / ".gitignore").unlink(missing_ok=True)
        digests.append({file.name: digest(file) for file in made.iterdir()})
    if digests[0] != digests[1]:
        raise SystemExit(f"two builds differ: {digests}")
    return f"{len(digests[0])} archives, the same bytes in two builds"


def check(target: Path) -> str:
    """Check the archives as the registry and installers will."""
    archives = [*target.glob("*.whl"), *target.glob("*.tar.gz")]
    run(*UV, "tool", "run", "--from", "twine", "twine", "check", "--strict", *archives)
    tool = "check-wheel-contents"
    run(*UV, "tool", "run", "--from", tool, tool, *target.glob("*.whl"))
    return "twine check --strict, check-wheel-contents"


def install(target: Path, work: Path) -> str:
    """Install the wheel with everything into an empty environment and run the main job there."""
    env = work / "env"
    run(*UV, "venv", "-q", "--python", sys.executable, env)
    python = env / ("Scripts" if os.name == "nt" else "bin") / "python"
    (wheel,) = target.glob("*.whl")
    pinned = ROOT / "requirements-dev.lock"
    pip = [*UV, "pip", "install", "-q", "--python", python]
    run(*pip, "--constraints", pinned, f"kam-expert[all] @ {wheel.as_uri()}")
    report = [EXAMPLE.name, "--date", DAY, "--format", "json"]
    elsewhere = work / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(EXAMPLE, elsewhere)
    kam = python.with_name("kam")
    here = run(
        sys.executable, "-m", "kam_expert.cli", "diagnose", *report,
        folder=EXAMPLE.parent, PYTHONPATH=str(ROOT),
    )  # fmt: skip
    if run(kam, "diagnose", *report, folder=elsewhere) != here:
        raise SystemExit("the wheel gives another report than the checkout")
    states = json.loads(run(kam, "doctor", "--json", folder=elsewhere))["extras"]
    lacking = [one["name"] for one in states if one["name"] != "spark" and not one["ready"]]
    if lacking:
        raise SystemExit(f"extras of [all] that are not ready: {', '.join(lacking)}")
    return "the report of the wheel has the bytes of that of the checkout; kam doctor: all extras"


def bill(target: Path, work: Path) -> str:
    """Write the bill of materials (CycloneDX), and the licences; refuse one that is not allowed."""
    python = work / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    file = target / "sbom.cdx.json"
    tool = [*UV, "tool", "run", "--from", "cyclonedx-bom", "cyclonedx-py", "environment"]
    project = ROOT / "pyproject.toml"
    run(*tool, "--output-reproducible", "--short-PURLs", "--pyproject", project, "-o", file, python)
    rows = sorted(licences(json.loads(file.read_text(encoding="utf-8"))))
    lines = [f"{name} {version}: {' / '.join(said)}\n" for name, version, said in rows]
    (target / "LICENCES.txt").write_text("".join(lines), encoding="utf-8")
    refused = [name for name, _, said in rows if not said or not all(map(is_allowed, said))]
    if refused:
        raise SystemExit(
            f"licences that are not in the list: {', '.join(refused)}\n{''.join(lines)}"
        )
    return f"{len(rows)} packages, every licence is allowed"


def licences(document: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield name, version and licences of each package: what it declares, else its classifiers."""
    for part in document["components"]:
        found = part.get("licenses", [])
        words = [
            one.get("expression") or one["license"].get("id") or one["license"]["name"]
            for one in found
        ]
        words = words or [READ[part["name"]]] if part["name"] in READ else words
        # Several entries are a choice; what holds together is one expression with AND.
        known = sorted({NAMES.get(word, word) for word in words if is_allowed(word)})
        yield part["name"], part["version"], known or words


#: Names of licences without an SPDX identifier, as classifiers give them.
NAMES = {
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)": (
        "LGPL-2.0-or-later"
    ),
}
#: Packages that give no identifier; it was read in their files.
READ = {"experta": "LGPL-3.0-only", "frozendict": "MIT", "pymupdf-fonts": "OFL-1.1"}


def is_allowed(words: str) -> bool:
    """Return whether a licence expression can be met with allowed licences only."""
    expression = NAMES.get(words, words)
    while inner := re.search(r"\(([^()]*)\)", expression):
        value = "MIT" if is_allowed(inner[1]) else "refused"
        expression = expression[: inner.start()] + value + expression[inner.end() :]
    return any(
        all(part.strip() in ALLOWED for part in choice.split(" AND "))
        for choice in expression.split(" OR ")
    )


def documents(target: Path, work: Path) -> str:
    """Write the documents as a site in one archive."""
    run(sys.executable, ROOT / "run.py", "docs", "--site-dir", work / "docs")
    return archived(work / "docs", target / "kam-expert-docs.zip")


def browser_edition(target: Path, work: Path) -> str:
    """Write the browser edition in one archive."""
    site = work / "site"
    parts = ROOT / "node_modules" / "site-parts"
    command = [sys.executable, "-m", "kam_expert.cli", "site"]
    run(*command, "-o", site, "--parts", parts, PYTHONPATH=str(ROOT))
    return archived(site, target / "kam-expert-browser-edition.zip")


def archived(folder: Path, file: Path) -> str:
    """Write a folder into an archive, with the same bytes for the same files."""
    when = time.gmtime(int(committed()))[:6]
    names = sorted(path for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in names:
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), when)
            archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return f"{file.name}: {len(names)} files, {file.stat().st_size / 1e6:.1f} MB"


def container(target: Path) -> str:
    """Write what builds the container: its file, and the locked packages of the live session."""
    shutil.copy(ROOT / "release" / "Containerfile", target)
    lock = [*UV, "pip", "compile", "-q", "--generate-hashes", "--universal", "--no-header"]
    lock += ["--no-annotate", "--python-version=3.11", "--constraints=requirements-dev.lock"]
    lock += [f"--extra={extra}" for extra in ("calendar", "crm", "excel", "live", "postgres")]
    run(*lock, "pyproject.toml", f"--output-file={target / 'requirements.txt'}")
    return "Containerfile, requirements.txt with digests"


def sums(target: Path) -> str:
    """Write the SHA-256 of every file."""
    files = sorted(path for path in target.iterdir() if path.is_file())
    text = "".join(f"{digest(path)}  {path.name}\n" for path in files)
    (target / "SHA256SUMS").write_text(text, encoding="ascii")
    return f"{len(files)} files"


def main() -> None:
    """Run all steps."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("-o", "--output", type=Path, required=True)
    options.add_argument("--without", default="", help="steps to leave out, separated by commas")
    asked = options.parse_args()
    target: Path = asked.output.resolve()
    if target.exists() and any(target.iterdir()):
        raise SystemExit(f"{target}: is there already; name a new or an empty folder")
    target.mkdir(parents=True, exist_ok=True)
    changed = run("git", "status", "--porcelain", "-uno")
    if changed:
        raise SystemExit("commit first: a release is made from a commit")
    with tempfile.TemporaryDirectory(prefix="kam-release-") as name:
        work = Path(name)
        steps: dict[str, Callable[[], str]] = {
            "build": lambda: build(target, work),
            "check": lambda: check(target),
            "install": lambda: install(target, work),
            "bill": lambda: bill(target, work),
            "docs": lambda: documents(target, work),
            "site": lambda: browser_edition(target, work),
            "container": lambda: container(target),
            "sums": lambda: sums(target),
        }
        for step, do in steps.items():
            if step in asked.without.split(","):
                print(f"{step:10} left out")
                continue
            began = time.perf_counter()
            said = do()
            print(f"{step:10} {time.perf_counter() - began:6.1f} s  {said}", flush=True)
    print(f"Nothing is published. To publish: twine upload {target}/*.whl {target}/*.tar.gz")


if __name__ == "__main__":
    main()
