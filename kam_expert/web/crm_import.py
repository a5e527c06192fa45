"""Accounts from exports of other systems: files are uploaded, looked through, and then added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import KamError
from kam_expert.outputs.interface import translator
from kam_expert.store.merging import MergeResult
from kam_expert.web.waiting_imports import WaitingImport

if TYPE_CHECKING:
    from starlette.responses import Response

    from kam_expert.web.request import RequestContext

#: Accounts of one import; `kam import` has no such limit.
_MOST_ACCOUNTS = 2_000
#: Lines of each list that the page shows.
_SHOWN = 20
_OPTIONS = ("dates", "decimal", "percent", "currency", "keep", "leave_out")


def import_page(context: RequestContext) -> Response:
    """Return the form for the files of an export."""
    from kam_expert.app.uploaded_import import import_systems  # noqa: PLC0415 -- slow, seldom needed

    return context.page("import.html.j2", systems=import_systems())


def read_import(context: RequestContext) -> Response:
    """Return what an upload holds: counts, what was not understood, and the accounts."""
    from kam_expert.app.uploaded_import import import_uploads  # noqa: PLC0415 -- as above

    _ = translator(context.lang).gettext
    form = context.form
    files = form.files("files")
    if not files:
        raise KamError(_("Choose the files of the export."))
    imported, cases = import_uploads(
        files,
        form.text("system"),
        form.file("mapping"),
        {name: form.text(name) for name in _OPTIONS},
        context.service.base,
    )
    if len(cases) > _MOST_ACCOUNTS:
        most = _("This page takes %(most)d accounts at most; `kam import` takes any number.")
        raise KamError(most % {"most": _MOST_ACCOUNTS})
    there = {account.id for account in context.service.store.accounts()}
    waiting = WaitingImport(
        tuple(case for case in cases if case.account.id not in there),
        tuple(case.account.name for case in cases if case.account.id in there),
    )
    return context.page(
        "import_counts.html.j2",
        imported=imported,
        waiting=waiting,
        word=context.app_state.imports.put(waiting),
        most=_SHOWN,
    )


def add_import(context: RequestContext) -> Response:
    """Add the accounts of an import that was looked through, and list them."""
    waiting = context.app_state.imports.take(context.form.text("word"))
    if waiting is None:
        _ = translator(context.lang).gettext
        raise KamError(_("These files are no longer there. Upload them again."))
    context.service.store.add_all(waiting.new, by=context.author or None)
    added = [case.account.name for case in waiting.new]
    return context.page("merged.html.j2", merged=MergeResult(added=added, kept=[*waiting.known]))
