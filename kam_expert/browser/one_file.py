"""Report and plan of a case file, for the form of the browser edition that is one HTML file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.plan_output import PlanOutput
from kam_expert.app.report import Report
from kam_expert.engines.forward_chaining import engine_of
from kam_expert.engines.planning import PlanLimits
from kam_expert.errors import KamError
from kam_expert.facts.case_file import read_any_case
from kam_expert.knowledge.audience import Edition
from kam_expert.knowledge.rule_cache import read_compiled

if TYPE_CHECKING:
    from collections.abc import Callable


def start(rules: str) -> Callable[[str, object, str, str, str], tuple[bool, str]]:
    """Return what makes a document of a case file.

    Args:
        rules: The path of the compiled rule base.

    Returns:
        A function of the name of the file, its bytes as the browser has them, ``report`` or
        ``plan``, the edition and the language. Its result is whether there is a document, and the
        document, or what is wrong with the file.
    """
    base, privacy = read_compiled(Path(rules))
    engine = engine_of(base)

    def document(name: str, data: object, what: str, edition: str, lang: str) -> tuple[bool, str]:
        file = Path(Path(name.replace("\\", "/")).name or "case.yaml")
        today = date.today()  # noqa: DTZ011 -- the reader's local date
        maker = EditionMaker(base, today, engine, privacy, Edition(edition))
        try:
            file.write_bytes(data.to_bytes())  # type: ignore[attr-defined] # an object of the browser
            case = read_any_case(file, base)
            if what == "plan":
                page = PlanOutput.of(case, maker, PlanLimits(), lang).written("html")
            else:
                page = Report.of(case, maker, lang).text("html")
        except KamError as error:
            return False, str(error)
        finally:
            file.unlink(missing_ok=True)
        return True, page if isinstance(page, str) else page.decode()

    return document
