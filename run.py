#!/usr/bin/env python3
"""Set up this checkout and do one thing with it.

report  write a report on an example to report.html
rules   check the rule base and run the tests that concern it; needs Python packages only
test    run all tests
lint    check style, types and the direction of imports
advisories  look up every locked package in an advisory database, where one can be reached
docs    build the documents as a site in docs-site/
lock    rewrite the lock files from pyproject.toml (with --upgrade: newer versions)

The arguments after the word go to the program that does the work:
    python3 run.py test -k stage
    python3 run.py report --lang en

Needs Python 3.11 or newer and nothing else. Packages go to .venv and node_modules.
System packages for the tests (a browser, Java, PostgreSQL, npm) are installed if possible (on
Debian, as root); otherwise the program names what is missing and fails.
"""

import argparse
import functools
import hashlib
import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TextIO

# An older Python must get as far as this line, so the whole file uses syntax that it can read.
if sys.version_info < (3, 11):  # noqa: UP036 - no installer checks this first
    sys.exit(
        "run.py: Python 3.11 or newer is needed, and {} is {}.{}.".format(
            sys.executable, *sys.version_info[:2]
        )
    )

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
EXAMPLE = "examples/barricaded_butterfly.yaml"
REPORT = "report.html"
BUILD_LOCK = "requirements-build.lock"
BROWSER_WHEELS = "kam_expert/browser/locked/wheels.lock"
LOCKS = {
    "runtime": "requirements.lock",
    "rules": "requirements-rules.lock",
    "dev": "requirements-dev.lock",
    "docs": "requirements-docs.lock",
}
#: Each kind of set-up with those that include it.
INCLUDED_IN = {
    "runtime": ("runtime", "rules", "dev"),
    "rules": ("rules", "dev"),
    "dev": ("dev",),
    "docs": ("docs",),
}
RULE_TESTS = (
    "tests/knowledge",
    "tests/test_rule_base.py",
    "tests/test_schemas.py",
    "tests/test_examples.py",
    "tests/test_reasons.py",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OLDEST_JAVA = 17

Command = list[str | Path]


class SetUpError(Exception):
    """Something is missing and could not be installed; the text names what, why and what to do."""


def main() -> int:
    """Run the command line and return the exit status."""
    words = {
        "report": report,
        "rules": rules,
        "test": test,
        "lint": lint,
        "docs": docs,
        "advisories": advisories,
        "lock": lock,
    }
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("word", choices=words, metavar="{" + ",".join(words) + "}")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    try:
        return words[asked.word](asked.arguments)
    except SetUpError as error:
        say(str(error))
        return 1


def report(arguments: list[str]) -> int:
    """Write a report on an example and print its path."""
    install_packages("runtime")
    status = run(BIN / "kam", "diagnose", EXAMPLE, "-o", REPORT, *arguments)
    if status == 0:
        print(f"The report on {EXAMPLE} is {ROOT / REPORT}. Open it in a browser.")
    return status


def rules(arguments: list[str]) -> int:
    """Run every check of the rule base, even after a failure; return 1 if any failed."""
    install_packages("rules")
    statuses = [
        run(BIN / "kam", "rules", "check"),
        run(BIN / "kam", "rules", "test"),
        run(BIN / "pytest", *RULE_TESTS, *arguments),
    ]
    return int(any(statuses))


def test(arguments: list[str]) -> int:
    """Run the tests and return pytest's exit status."""
    install_packages("dev")
    problems = []
    for provide in (
        BROWSER.provide,
        PLAYWRIGHT.provide,
        JAVA.provide,
        POSTGRESQL.provide,
        NGINX.provide,
        CADDY.provide,
        PANGO.provide,
        provide_checkers,
        provide_site_parts,
    ):
        try:
            provide()
        except SetUpError as error:
            problems.append(str(error))
    if problems:
        raise SetUpError("the tests were not run:\n- " + "\n- ".join(problems))
    return run(BIN / "pytest", *arguments)


def lint(arguments: list[str]) -> int:
    """Run every check of the source, even after a failure; return 1 if any failed."""
    install_packages("dev")
    statuses = [
        run(BIN / "ruff", "check", *arguments),
        run(BIN / "ruff", "format", "--check"),
        run(BIN / "mypy"),
        run(BIN / "lint-imports"),
    ]
    return int(any(statuses))


def docs(arguments: list[str]) -> int:
    """Write the page of commands and the site of the documents; return MkDocs' exit status."""
    install_packages("docs")
    must(BIN / "python", "docs/site/commands.py")
    return run(BIN / "mkdocs", "build", *arguments)


def lock(arguments: list[str]) -> int:
    """Write the lock files. They name no host and fit every platform, from Python 3.11 up."""
    install_packages("dev")
    compile_lock: Command = [BIN / "uv", "pip", "compile", "-q", "--generate-hashes"]
    compile_lock += ["--universal", "--python-version=3.11"]
    compile_lock += ["--custom-compile-command=python3 run.py lock", *arguments]
    project = ["pyproject.toml"]
    runtime = f"--constraints={LOCKS['runtime']}"
    for name, source in (
        (BUILD_LOCK, ["--group=build"]),
        (LOCKS["runtime"], project),
        (LOCKS["dev"], [*project, "--extra=dev", runtime]),
        (LOCKS["rules"], [*project, "--extra=rules", f"--constraints={LOCKS['dev']}"]),
        (LOCKS["docs"], [*project, "--group=docs", f"--constraints={LOCKS['dev']}"]),
    ):
        must(*compile_lock, *source, f"--output-file={name}")
    # Compiled packages of the browser edition; an entry has the digests of every platform.
    wheels = ["--group=browser", "--no-deps", f"--constraints={LOCKS['dev']}"]
    must(*compile_lock, *wheels, f"--output-file={BROWSER_WHEELS}")
    return 0


def advisories(arguments: list[str]) -> int:
    """Print the advisories on locked packages; return 1 if there are any.

    Raises:
        SetUpError: Packages could not be looked up, so nothing is known about them.
    """
    install_packages("dev")
    found: list[str] = []
    unknown: list[str] = []
    tool: Command = [BIN / "uv", "tool", "run", "--from", "pip-audit", "pip-audit"]
    tool += ["--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json"]
    for name in (*LOCKS.values(), BUILD_LOCK):
        done = subprocess.run(
            [*tool, *arguments, "-r", name],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        bad, missing, checked = read_audit(done.stdout)
        print(f"{name}: {checked} packages looked up, {len(bad)} with advisories")
        found += bad
        unknown += missing if checked or missing else [name]
    for line in sorted(set(found)):
        print(line)
    if unknown:
        raise SetUpError(
            f"{len(set(unknown))} packages could not be looked up, such as {min(unknown)}; perhaps "
            "no advisory database can be reached from here. Nothing is known about them."
        )
    return int(bool(found))


def read_audit(text: str) -> tuple[list[str], list[str], int]:
    """Return what pip-audit says as JSON: the advisories, what it skipped, the number looked up.

    It ends with "no known vulnerabilities" too if it could not look up a single package.
    """
    try:
        listed = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return [], [], 0
    found = [
        "{} {}: {}".format(package["name"], package["version"], ", ".join(v["id"] for v in vulns))
        for package in listed
        if (vulns := package.get("vulns"))
    ]
    skipped = [package["name"] for package in listed if "skip_reason" in package]
    return found, skipped, len(listed) - len(skipped)


def install_packages(kind: str) -> None:
    """Install the locked packages of *kind* and this project, editable, into .venv.

    Args:
        kind: ``runtime``; ``rules``, which includes it; ``dev``, which includes both; or
            ``docs``, which is not part of the others.

    Raises:
        SetUpError: They are missing and could not be installed.
    """
    wanted = digest("pyproject.toml", BUILD_LOCK, *LOCKS.values())
    works = venv_works()
    if works and any(read(VENV / f"installed-{had}") == wanted for had in INCLUDED_IN[kind]):
        return
    if not works:
        make_venv()
    say(f"installing {LOCKS[kind]} into .venv (this can take a minute)")
    pip: Command = [BIN / "python", "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    must(*pip, "--require-hashes", "-r", BUILD_LOCK)
    # The build tools installed above build sources. In isolation pip would fetch unlocked ones.
    pip += ["--no-build-isolation", "--use-pep517"]
    must(*pip, "--require-hashes", "-r", LOCKS[kind])
    must(*pip, "--no-deps", "--editable", ".")
    (VENV / f"installed-{kind}").write_text(wanted, encoding="utf-8")


def venv_works() -> bool:
    """Return whether .venv was made for this folder and its Python still runs and has pip."""
    look = "import sys; from importlib.util import find_spec; sys.exit(not find_spec('pip'))"
    made_here = read(VENV / "made-for") == str(ROOT)
    return made_here and answer(BIN / "python", "-I", "-c", look) is not None


def make_venv() -> None:
    """Create .venv, replacing one that does not work."""
    say("making .venv")
    why_not = ""
    if not importlib.util.find_spec("ensurepip"):
        why_not = apt_install("python3-venv")
        importlib.invalidate_caches()
    if not importlib.util.find_spec("ensurepip"):
        own = "python{}.{}-venv".format(*sys.version_info[:2])
        raise SetUpError(
            f"{sys.executable} makes no virtual environments, as its ensurepip is missing, "
            f"and {why_not}. Debian and Ubuntu have it in the package python3-venv (or {own})."
        )
    must(sys.executable, "-m", "venv", "--clear", VENV)
    (VENV / "made-for").write_text(str(ROOT), encoding="utf-8")


def find_browser() -> str | None:
    """Return the path of a Chromium that runs: the one CHROMIUM names, else one in PATH."""
    named = os.environ.get("CHROMIUM")
    for name in [named] if named else BROWSERS:
        path = shutil.which(name)
        if path and answer(path, "--version"):
            return path
    return None


def find_java() -> str | None:
    """Return the path of a Java that is new enough for the HTML checker."""
    path = shutil.which("java")
    version = re.search(r'version "(\d+)', (path and answer(path, "-version")) or "")
    return path if version and int(version[1]) >= OLDEST_JAVA else None


def find_postgresql() -> str | None:
    """Return the path of PostgreSQL's initdb, the newest that Debian installs outside of PATH."""
    kept = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3])
    )
    path = shutil.which("initdb") or (str(kept[-1]) if kept else None)
    return path if path and answer(path, "--version") else None


def find_proxy(name: str, version: str) -> str | None:
    """Return the path of a reverse proxy; Debian has nginx outside of some users’ PATH."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    return path if path and answer(path, version) is not None else None


def find_playwright() -> str | None:
    """Return the path of Playwright if its bundled Node.js runs."""
    path = str(BIN / "playwright")
    return path if answer(path, "--version") else None


def find_pango() -> str | None:
    """Return the path of Python if it can load Pango, which makes PDF documents."""
    path = str(BIN / "python")
    return path if answer(path, "-c", "import weasyprint") is not None else None


class Tool(NamedTuple):
    """A system program that the tests need."""

    name: str
    find: Callable[[], str | None]
    debian_package: str

    def provide(self) -> str:
        """Return the path of the program; install it if necessary.

        Raises:
            SetUpError: It is missing and could not be installed.
        """
        path = self.find()
        if path:
            return path
        why_not = apt_install(self.debian_package)
        path = self.find()
        if path:
            return path
        raise SetUpError(
            f"{self.name} is missing, and {why_not}. Debian has it in {self.debian_package}."
        )


BROWSER = Tool("Chromium or Chrome (in PATH, or named by CHROMIUM)", find_browser, "chromium")
JAVA = Tool(f"Java {OLDEST_JAVA} or newer", find_java, "default-jre-headless")
POSTGRESQL = Tool("PostgreSQL (initdb and pg_ctl)", find_postgresql, "postgresql")
NGINX = Tool("nginx", lambda: find_proxy("nginx", "-v"), "nginx-light")
CADDY = Tool("Caddy", lambda: find_proxy("caddy", "version"), "caddy")
PLAYWRIGHT = Tool("libatomic, which Playwright needs,", find_playwright, "libatomic1")
PANGO = Tool("Pango, which lays out PDF documents,", find_pango, "libpangoft2-1.0-0")
NPM = Tool("npm", lambda: shutil.which("npm"), "npm")


def provide_checkers() -> None:
    """Install axe-core and the Nu HTML checker into node_modules.

    Raises:
        SetUpError: They are missing and could not be installed.
    """
    done = ROOT / "node_modules" / "installed"
    wanted = digest(".npmrc", "package.json", "package-lock.json")
    if read(done) == wanted:
        return
    npm = NPM.provide()
    say("installing axe-core and the Nu HTML checker into node_modules")
    must(npm, "ci")
    done.write_text(wanted, encoding="utf-8")


def provide_site_parts() -> None:
    """Download the parts of the browser edition into node_modules, if they are not there.

    Raises:
        SetUpError: They are missing and could not be downloaded.
    """
    NPM.provide()
    must(BIN / "kam", "site", "--parts", "node_modules/site-parts")


def apt_install(package: str) -> str:
    """Install a package of Debian; return the reason if it may still be missing."""
    if not shutil.which("apt-get"):
        return "there is no apt-get here to install it"
    if os.geteuid() != 0:
        return "only root may install it"
    apt_update()
    say(f"installing Debian's {package}")
    run("apt-get", "install", "-qq", "--no-install-recommends", package, stdout=sys.stderr)
    return "apt-get did not bring it (what it said stands above)"


@functools.cache
def apt_update() -> None:
    """Read Debian's list of packages; once is enough."""
    say("reading Debian's list of packages")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run("apt-get", "update", "-qq", stdout=sys.stderr)


def digest(*names: str) -> str:
    """Return one digest of the contents of files of this project."""
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def read(path: Path) -> str:
    """Return the text of a file; empty if the file does not exist."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def answer(*command: str | Path) -> str | None:
    """Return the output of a command; empty if it fails or does not exist."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def must(*command: str | Path) -> None:
    """Run a step of the set-up.

    Raises:
        SetUpError: It failed.
    """
    status = run(*command, stdout=sys.stderr)
    if status != 0:
        shown = " ".join(str(word) for word in command).replace(f"{ROOT}{os.sep}", "")
        raise SetUpError(f"this failed with status {status}, for the reasons above: {shown}")


def run(*command: str | Path, stdout: TextIO | None = None) -> int:
    """Run a command in the project's folder and return its exit status."""
    return subprocess.run(command, cwd=ROOT, stdout=stdout, check=False).returncode


def say(text: str) -> None:
    """Print for the user, separate from the output of the programs."""
    print(f"run.py: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
