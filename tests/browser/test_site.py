"""The browser edition in Chromium: a meeting without a network, kept over a restart.

With --all the documents of the other editions, and the edition in one file.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import itertools
import json
import shutil
import tarfile
import zipfile
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter
from playwright.sync_api import expect
from static_server import PREFIX, serving_files

from kam_expert.browser.build import build_one_file, build_site
from kam_expert.facts.case_reader import read_case
from kam_expert.facts.case_writer import case_text
from kam_expert.outputs.interface import LANGUAGES
from kam_expert.resources import examples_folder
from run import BROWSER
from tests.browser.conftest import QUIET, ROOT, present
from tests.browser.live_server import answer_next
from tests.command import run_kam
from tests.sampling import some_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Frame, Page, Playwright

    from kam_expert.knowledge.base import KnowledgeBase

pytestmark = pytest.mark.browser

#: Milliseconds for an answer on a machine that does much else.
SLOW = 90_000
EDITIONS = ("consultant", "customer", "client")
#: The documents, with their commands.
COMMANDS = {"report": "diagnose", "plan": "plan"}
TODAY = date.today().isoformat()  # noqa: DTZ011 -- the day in the browser
#: A case with a mistake.
WRONG = b"account: {id: a, name: A}\nfacts: {trsut_self: 3}\n"
CUSTOMERS = examples_folder() / "customers"


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Wait longer for what a page has to show than for pages of a server."""
    expect.set_options(timeout=SLOW)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The browser edition, built once."""
    parts = ROOT / "node_modules" / "site-parts"
    present(parts / "complete")
    folder = tmp_path_factory.mktemp("site") / "kam"
    build_site(folder, parts)
    return folder


@contextlib.contextmanager
def browser(playwright: Playwright, profile: Path, requests: list[str]) -> Iterator[BrowserContext]:
    """Open Chromium with a profile on disk, and note what it asks for."""
    path = present(BROWSER.find(), BROWSER.name)
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=path, args=QUIET, locale="en-GB"
    )
    context.set_default_timeout(SLOW)
    context.on("request", lambda request: requests.append(request.url))
    try:
        yield context
    finally:
        context.close()


def session(page: Page, url: str) -> Frame:
    """Open the edition and return the frame of the session when it shows a page."""
    page.goto(url)
    page.locator("body[data-started]").wait_for(state="attached")
    page.frame_locator("#session").locator("h1").first.wait_for()
    frame = page.frame(url=lambda address: "/app/" in address)
    assert frame is not None
    return frame


def marks(page: Page) -> dict[str, Any]:
    """Return what the edition notes of its start."""
    noted: dict[str, Any] = json.loads(page.locator("body").get_attribute("data-started") or "{}")
    return noted


def words_in_snapshot(page: Page, *words: str, damage: bool = False) -> list[str]:
    """Return which words the snapshot of the memory has that the browser keeps."""
    found: list[str] = page.evaluate(
        """async ({ words, damage }) => {
            const root = await navigator.storage.getDirectory();
            const name = `kam${encodeURIComponent(location.pathname)}`;
            const folder = await root.getDirectoryHandle(name);
            const handle = await folder.getFileHandle("memory", { create: true });
            const bytes = async size =>
                new Uint8Array(await (await handle.getFile()).slice(0, size).arrayBuffer());
            while (!(await bytes(32)).some(byte => byte)) // its digest is written last
                await new Promise(done => setTimeout(done, 100));
            const data = await bytes();
            const text = new TextDecoder("latin1").decode(data);
            if (damage) {
                data.fill(0, 32, 4096);
                const file = await handle.createWritable();
                await file.write(data);
                await file.close();
            }
            return words.filter(word => text.includes(word));
        }""",
        {"words": words, "damage": damage},
    )
    return found


def fetched(frame: Frame, path: str) -> bytes:
    """Return a file of the session as a page gets it."""
    got: list[int] = frame.evaluate(
        """async path => {
            const answer = await fetch(path);
            if (!answer.ok) throw new Error(answer.status);
            return [...new Uint8Array(await answer.arrayBuffer())];
        }""",
        path,
    )
    return bytes(got)


def sent(frame: Frame, form: str, button: str = "button.main") -> None:
    """Send a form of a page and wait for the new version."""
    before = frame.locator("body").get_attribute("data-version") or ""
    frame.locator(form).locator(button).first.click()
    expect(frame.locator("body")).not_to_have_attribute("data-version", before)


def meet(frame: Frame, origin: str) -> str:
    """Hold a meeting about a new account and return its path."""
    frame.locator("form[action$='/accounts'] input[name=name]").fill("Light Works Ltd")
    frame.locator("form[action$='/accounts'] button").click()
    frame.locator("#here-people").fill("Maria Head\nPetro Buyer")
    frame.locator("#here-team").fill("Olena")
    sent(frame, "form.here")
    account: str = frame.evaluate("document.body.dataset.at")
    for _ in range(3):
        answer_next(frame)
    frame.goto(f"{origin}{account}/plan")
    sent(frame, "form[action$='/agree']")
    return account


def all_documents(
    frame: Frame, account: str, editions: Sequence[str]
) -> dict[tuple[str, str], bytes]:
    """Return the report and the plan of an account in some editions."""
    return {
        (what, edition): fetched(frame, f"{account}/{what}/{edition}.html?lang=en")
        for what in COMMANDS
        for edition in editions
    }


def workbook_of(table: Path) -> bytes:
    """Return a table in a CSV file as an Excel workbook."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book, table.open(encoding="utf-8", newline="") as file:
        sheet = book.add_worksheet(table.stem)
        for number, row in enumerate(csv.reader(file, delimiter=";")):
            sheet.write_row(number, 0, row)
    return made.getvalue()


def import_export(frame: Frame, origin: str, folder: Path) -> list[str]:
    """Import a workbook with its mapping by the page, and return the new cases."""
    frame.goto(f"{origin}{PREFIX}app/import")
    frame.locator("select[name=system]").select_option("csv")
    frame.locator("input[name=files]").set_input_files(folder / "customers.xlsx")
    frame.locator("input[name=mapping]").set_input_files(folder / "mapping.yaml")
    frame.locator("main button.main").click()
    frame.locator("form[action$='/import/add'] button.main").click()
    expect(frame.locator("form[action$='/import/add']")).to_have_count(0)
    expect(frame.locator("main li")).to_have_count(2)
    names = frame.locator("main li").all_inner_texts()
    frame.goto(f"{origin}{PREFIX}app/")
    links = [
        frame.locator("tbody th a", has_text=name).first.get_attribute("href") for name in names
    ]
    return sorted(fetched(frame, f"{link}case.yaml").decode() for link in links)


def test_a_start_has_nothing_to_compile(site: Path) -> None:
    def unpacked(name: str) -> io.BytesIO:
        return io.BytesIO(gzip.decompress((site / "runtime" / f"{name}.packed").read_bytes()))

    with zipfile.ZipFile(unpacked("python_stdlib.zip")) as library:
        names = library.namelist()
    with tarfile.open(fileobj=unpacked("packages.tar")) as packages:
        names += packages.getnames()

    assert {"encodings/__init__.pyc", "packages/kam_expert/browser/runtime.pyc"} <= set(names)
    assert [name for name in names if name.endswith(".py")] == []


def test_all_files_have_at_most_25_megabytes(site: Path) -> None:
    assert sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) <= 25_000_000


@pytest.mark.long
def test_one_file_opened_by_a_double_click_makes_what_the_command_makes(
    tmp_path: Path, playwright: Playwright
) -> None:
    parts = ROOT / "node_modules" / "site-parts"
    present(parts / "complete")
    build_one_file(tmp_path / "kam.html", parts)
    case = examples_folder() / "barricaded_butterfly.yaml"
    requests: list[str] = []
    with browser(playwright, tmp_path / "profile", requests) as context:
        page = context.pages[0]
        page.goto((tmp_path / "kam.html").as_uri())
        page.locator("#report:not([disabled])").wait_for()
        page.locator("#file").set_input_files(case)
        made = {}
        for lang, edition in itertools.product(LANGUAGES, EDITIONS):
            page.locator("#lang").select_option(lang)
            page.locator("#edition").select_option(edition)
            for what in COMMANDS:
                page.locator(f"#{what}").click()
                expect(page.locator("#status")).to_be_empty()
                made[what, edition, lang] = page.locator("#page").get_attribute("srcdoc")
        page.locator("#lang").select_option("en")
        page.locator("#file").set_input_files(
            {"name": "a.yaml", "mimeType": "text/plain", "buffer": WRONG}
        )
        page.locator("#report").click()
        expect(page.locator("#status")).to_contain_text('Did you mean "trust_self"')

    assert {address.partition(":")[0] for address in requests} == {"file", "blob"}
    for (what, edition, lang), shown in made.items():
        written = tmp_path / f"{what}.{edition}.{lang}.html"
        options = ["--edition", edition, "--lang", lang, "--date", TODAY]
        run_kam(COMMANDS[what], case, *options, "-o", written)
        assert written.read_text(encoding="utf-8") == shown, (what, edition, lang)


def test_a_meeting_without_a_network_is_kept_and_equal_to_the_command(
    site: Path, base: KnowledgeBase, tmp_path: Path, playwright: Playwright, *, every: bool
) -> None:
    editions = some_of(EDITIONS, 1, every=every)
    requests: list[str] = []
    with browser(playwright, tmp_path / "profile", requests) as context:
        with serving_files(site) as url:
            frame = session(context.pages[0], url)
            assert marks(context.pages[0])["snapshot"] is False
            context.set_offline(True)
        origin = url.removesuffix(PREFIX)
        account = meet(frame, origin)
        case = fetched(frame, f"{account}/case.yaml")
        documents = all_documents(frame, account, editions)
        workbook = fetched(frame, f"{account}/answers/consultant.xlsx")
        stored = fetched(frame, f"{PREFIX}app/store.db")
        # What later starts take holds no account.
        words = "kam_expert", "Light Works"
        assert words_in_snapshot(context.pages[0], *words) == ["kam_expert"]
        other = context.new_page()  # uses the program that the first tab runs
        other.goto(url)
        expect(other.frame_locator("#session").locator("tbody th")).to_have_count(1, timeout=SLOW)
        context.pages[0].close()  # now it runs the program itself
        other.locator("body[data-started]").wait_for(state="attached")
        other.frame_locator("#session").locator("tbody th a").click()
        expect(other.frame_locator("#session").locator("h1")).to_have_text("Light Works Ltd")

    with browser(playwright, tmp_path / "profile", requests) as context:
        inside = account.removeprefix(f"{PREFIX}app")
        frame = session(context.pages[0], f"{url}#{inside}/people")
        expect(frame.locator("#work")).to_contain_text("Maria Head")
        assert fetched(frame, f"{account}/case.yaml") == case
        assert marks(context.pages[0])["snapshot"] is True
        assert all_documents(frame, account, editions) == documents
        frame.goto(f"{origin}{account}/remove")
        frame.locator("main form button").first.click()
        expect(frame.locator("tbody th")).to_have_count(0)
        frame.locator("input[name=store]").set_input_files(
            {"name": "kam.db", "mimeType": "application/x-sqlite3", "buffer": stored}
        )
        frame.locator("form[action$='/store'] button").click()
        expect(frame.locator("main li")).to_have_text("Light Works Ltd")
        assert fetched(frame, f"{account}/case.yaml") == case
        export = tmp_path / "export"
        export.mkdir()
        shutil.copy(CUSTOMERS / "mapping.yaml", export)
        (export / "customers.xlsx").write_bytes(workbook_of(CUSTOMERS / "customers.csv"))
        imported = import_export(frame, origin, export)
        words_in_snapshot(context.pages[0], damage=True)

    with browser(playwright, tmp_path / "profile", requests) as context:
        frame = session(context.pages[0], url)
        expect(frame.locator("tbody th")).to_have_count(1 + len(imported))
        assert marks(context.pages[0])["snapshot"] is False

    run_kam("import", "csv", export / "customers.xlsx", "--mapping", export / "mapping.yaml",
            "-o", tmp_path / "cases")  # fmt: skip
    of_command = sorted(file.read_text("utf-8") for file in (tmp_path / "cases").glob("*.yaml"))
    assert imported == of_command
    assert len(imported) == 2
    assert [address for address in requests if not address.startswith(url)] == []
    file = tmp_path / "light.yaml"
    file.write_bytes(case)
    assert case_text(read_case(file, base)).encode() == case
    assert workbook.startswith(b"PK")
    for (what, edition), document in documents.items():
        written = tmp_path / f"{what}.{edition}.html"
        options = ["--edition", edition, "--lang", "en", "--date", TODAY]
        run_kam(COMMANDS[what], file, *options, "-o", written)
        # The session has no file, so its documents cannot name one.
        of_file = written.read_bytes().replace(b"<bdi>light.yaml</bdi>, ", b"")
        assert of_file == document, (what, edition)
