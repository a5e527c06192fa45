"""The workshop: pages on which an author changes rules. No account of the store is read here."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from kam_expert.facts.number_text import whole_number
from kam_expert.outputs.interface import translator
from kam_expert.web.failures import failure_page
from kam_expert.workshop.better_words import BetterWords
from kam_expert.workshop.rule_draft import given_of
from kam_expert.workshop.rule_edits import RuleEdits
from kam_expert.workshop.rule_form import RuleForm
from kam_expert.workshop.rule_text import RuleText, flow_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.rule import Rule
    from kam_expert.web.request import RequestContext
    from kam_expert.workshop.rule_draft import RuleDraft
    from kam_expert.workshop.workshop import Workshop


def _workshop(context: RequestContext) -> Workshop:
    workshop = context.app_state.settings.workshop
    if workshop is None:
        raise HTTPException(404)
    return workshop


def _draft(context: RequestContext, workshop: Workshop) -> RuleDraft:
    draft = workshop.workbench.draft(context.path_params["rule"])
    if draft is None:
        raise HTTPException(404)
    return draft


def workshop_page(context: RequestContext) -> Response:
    """Return the list of rules."""
    workshop = _workshop(context)
    bench, base = workshop.workbench, workshop.workbench.base
    asked = context.query("q").casefold().split()
    themes = []
    for theme, title in base.themes.items():
        rules = [
            rule
            for rule in bench.rules
            if rule.theme == theme
            and all(word in _searched(rule.name, rule.finding, context) for word in asked)
        ]
        if rules:
            themes.append((title.get(context.lang), rules))
    return context.page(
        "workshop.html.j2",
        themes=themes,
        bench=bench,
        base=base,
        query=context.query("q"),
        current_page="/workshop/",
    )


def _searched(rule: str, finding: str, context: RequestContext) -> str:
    base = _workshop(context).workbench.base
    name = base.findings[finding].name.get(context.lang)
    return f"{rule} {rule.replace('_', ' ')} {finding} {name}".casefold()


def rule_page(context: RequestContext) -> Response:
    """Return the form of a rule with what its cases say."""
    workshop = _workshop(context)
    with workshop.lock:
        draft = _draft(context, workshop)
        return _shown(context, workshop, draft)


def _shown(context: RequestContext, workshop: Workshop, draft: RuleDraft) -> Response:
    bench = workshop.workbench
    form = RuleForm(bench.base, RuleText(draft.text), context.lang)
    result = bench.result(draft)
    adding = () if draft.chosen is None else _adding(form, draft)
    return context.page(
        "workshop_rule.html.j2",
        draft=draft,
        form=form,
        result=result,
        results={case.index: case for case in result.cases},
        opened={*result.failing[:1], *([] if draft.opened is None else [draft.opened])},
        adding=adding,
        better=_better(bench.base, result.rule, context.lang),
        difference=draft.difference(),
        unnoticed=workshop.unnoticed(draft, now=False),
        accounts=workshop.accounts(draft, now=False),
        impact=workshop.impact,
        flow=flow_text,
        place=bench.place / draft.file,
        current_page=f"/workshop/{draft.name}/",
    )


def _better(
    base: KnowledgeBase, rule: Rule | None, lang: str
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return which answers are better, and why a better one may raise the finding of a rule."""
    words = BetterWords(base, lang)
    return ([], []) if rule is None else (words.answers(rule), words.reasons(rule.finding))


def _adding(form: RuleForm, draft: RuleDraft) -> tuple[object, ...]:
    assert draft.chosen is not None  # noqa: S101 -- the caller checks
    key = draft.chosen[1]
    return () if key.startswith("finding:") else form.adding(key)


def change_rule(context: RequestContext) -> Response:
    """Apply the form of a rule to its draft, then do what the button says."""
    workshop = _workshop(context)
    with workshop.lock:
        draft = _draft(context, workshop)
        act, _, argument = context.form.text("act").partition(":")
        context.home = f"/workshop/{draft.name}/"
        if context.form.number("seen") != draft.version:
            return failure_page(
                HTTPStatus.CONFLICT, context.lang, _stale(context), home=context.home
            )
        before = draft.text
        form = RuleForm(workshop.workbench.base, RuleText(draft.text), context.lang)
        edits = RuleEdits(form)
        fields: dict[str, list[str]] = {}
        for name, value in context.form.items():
            fields.setdefault(name, []).append(value)
        draft.said = edits.apply(fields)
        draft.put(str(form.text))
        if act not in ("", "apply"):
            if act not in _ACTS:
                raise HTTPException(HTTPStatus.BAD_REQUEST)
            _ACTS[act](_Change(context, workshop, draft, edits, argument, fields))
        if draft.text != before and act in _STRUCTURE:
            draft.version += 1
        return context.redirect(f"/workshop/{draft.name}/{_PLACES.get(act, '')}")


def _stale(context: RequestContext) -> str:
    _ = translator(context.lang).gettext
    return _("The rule was changed in another tab. Nothing of this form was applied.")


@dataclass(frozen=True)
class _Change:
    """What a button does something with."""

    context: RequestContext
    workshop: Workshop
    draft: RuleDraft
    edits: RuleEdits
    argument: str
    fields: dict[str, list[str]]

    @property
    def index(self) -> int:
        """Return the number that the button names; negative for none."""
        return whole_number(self.argument, -1)

    def put(self) -> None:
        """Make what the form holds the newest text."""
        self.draft.put(str(self.edits.text))


def _choose(change: _Change) -> None:
    """Choose the fact of a condition that is being added."""
    part = "unless" if change.argument == "unless" else "when"
    key = "".join(change.fields.get(f"fact:{part}", ()))
    if not key:
        change.draft.chosen = None
    elif key.startswith("finding:"):
        change.edits.add(part, key, {})
        change.put()
    else:
        change.edits.form.adding(key)  # raises if there is no such fact
        change.draft.chosen = (part, key)


def _add(change: _Change) -> None:
    if change.draft.chosen is not None:
        change.edits.add(*change.draft.chosen, change.fields)
        change.put()
        change.draft.chosen = None


def _cancel(change: _Change) -> None:
    change.draft.chosen = None


def _remove(change: _Change) -> None:
    change.edits.remove(change.argument)
    change.draft.opened = None
    change.put()


def _open(change: _Change) -> None:
    change.draft.opened = None if change.draft.opened == change.index else change.index


def _copy(change: _Change) -> None:
    """Add a case like another one."""
    change.draft.opened = change.edits.copy_case(change.index)
    change.put()


def _give(change: _Change) -> None:
    """Add one more fact to a case."""
    key = "".join(change.fields.get(f"give:{change.argument}", ()))
    if key:
        change.edits.give(change.index, key)
        change.put()
        change.draft.opened = change.index


def _look(change: _Change) -> None:
    change.workshop.unnoticed(change.draft, now=True)


def _take(change: _Change) -> None:
    """Add the case that would notice a change which no case notices."""
    found = change.workshop.unnoticed(change.draft, now=True) or []
    index = change.index
    if 0 <= index < len(found) and (witness := found[index][1]) is not None:
        _ = translator(change.context.lang).gettext
        name = _("a case for: %(what)s") % {"what": found[index][0].was}
        change.edits.text.add_case(name, given_of(witness), witness.outcome)
        change.draft.opened = len(change.edits.text.root["cases"]) - 1
        change.put()


def _accounts(change: _Change) -> None:
    change.workshop.accounts(change.draft, now=True)


def _undo(change: _Change) -> None:
    change.draft.undo()


def _revert(change: _Change) -> None:
    change.draft.put(change.draft.original)


def _save(change: _Change) -> None:
    _ = translator(change.context.lang).gettext
    path = change.workshop.workbench.save(change.draft)
    change.draft.said = [*change.draft.said, _("Saved: %(path)s") % {"path": path}]


_ACTS: dict[str, Callable[[_Change], None]] = {
    "choose": _choose, "add": _add, "cancel": _cancel, "remove": _remove, "open": _open,
    "copy": _copy, "give": _give, "look": _look, "take": _take, "accounts": _accounts,
    "undo": _undo, "revert": _revert, "save": _save,
}  # fmt: skip
#: Acts after which fields of an older page may be at other places.
_STRUCTURE = ("choose", "add", "remove", "copy", "give", "take", "revert")
#: Where a page without script begins after an act.
_PLACES = {
    "choose": "#add", "add": "#condition", "remove": "#condition", "open": "#cases",
    "copy": "#cases", "give": "#cases", "take": "#cases", "look": "#unnoticed",
    "accounts": "#accounts", "save": "#file",
}  # fmt: skip
