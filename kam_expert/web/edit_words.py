"""Changes in words, for the history and for others who view the same account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.facts.case import plain_value
from kam_expert.facts.edits import (
    AddEntity,
    AddPlanEntry,
    ChangePlanEntry,
    Edit,
    RemoveEntity,
    RemovePlanEntry,
    Rename,
    SetAccount,
    SetAnswer,
    SetBelongs,
    SetComments,
    SetComplete,
    SetListed,
    SetStepNote,
    SetStrategy,
    SetTarget,
)
from kam_expert.knowledge.about import About
from kam_expert.outputs.interface import translator
from kam_expert.outputs.plan_words import PlanWords
from kam_expert.store.records import CUSTOMER

if TYPE_CHECKING:
    from kam_expert.outputs.wording import Words
    from kam_expert.store.records import Entry


def made_by(entry: Entry, lang: str) -> str:
    """Return the author of a change, marked if it is the customer's team."""
    by = entry.by or ""
    if not by.startswith(CUSTOMER):
        return by
    customer = translator(lang).gettext("customer")
    name = by.removeprefix(CUSTOMER)
    return f"{name} ({customer})" if name else customer


def entry_words(entry: Entry, words: Words) -> list[str]:
    """Return what one version changed, one line each."""
    _ = translator(words.lang).gettext
    if entry.undoes is not None:
        return [_("version %(number)d undone") % {"number": entry.undoes}]
    if entry.redoes is not None:
        return [_("version %(number)d redone") % {"number": entry.redoes}]
    if not entry.edits:
        return [_("account created") if entry.version == 1 else _("person erased")]
    return [edit_words(edit, words) for edit in entry.edits]


def edit_words(edit: Edit, words: Words) -> str:
    """Return one change in words."""
    _ = translator(words.lang).gettext
    match edit:
        case SetAnswer():
            slot = edit.slot
            label = answer_label(slot.fact, About(slot.kind, slot.id), slot.side, words)
            return f"{label}: {words.value(slot.fact, plain_value(edit.value))}"
        case AddEntity():
            about = About(edit.kind, edit.id)
            name = words.about(about) if edit.ends else edit.name or words.about(about)
            return _("added: %(name)s") % {"name": name}
        case RemoveEntity():
            return _("removed: %(name)s") % {"name": words.about(About(edit.kind, edit.id))}
        case Rename():
            return _("renamed: %(name)s") % {"name": edit.name}
        case SetBelongs():
            person = words.about(About("person", edit.person))
            return _("decisions of %(name)s") % {"name": person}
        case SetComplete():
            answers = {True: _("complete"), False: _("not complete"), None: _("not known")}
            return f"{words.list_name(edit.list)}: {answers[edit.complete]}"
        case SetListed():
            answer = _("nobody") if edit.listed else _("nothing said")
            return f"{words.list_name(edit.list)}: {answer}"
        case SetStepNote():
            return f"{_('step')}: {words.base.steps[edit.step].name.get(words.lang)}"
        case SetTarget():
            stage = words.stage(edit.stage) if edit.stage else _("none")
            return f"{_('target stage')}: {stage}"
        case SetStrategy():
            name = words.finding(edit.strategy) if edit.strategy else _("none")
            return f"{_('strategy')}: {name}"
        case SetAccount():
            return _("name, owner or segment of the account")
        case SetComments():
            return _("comments")
        case AddPlanEntry() | ChangePlanEntry() | RemovePlanEntry():
            return PlanWords(words).change(edit)


def answer_label(name: str, about: About, side: str | None, words: Words) -> str:
    """Return a fact with its entity, and with the side if both sides are asked."""
    fact = words.base.facts.get(name)
    label = f"{words.fact(name)}{words.in_brackets(about)}"
    if fact is None or fact.doc.asked_of != "both":
        return label
    _ = translator(words.lang).gettext
    return f"{label}, {_('customer') if side == 'theirs' else _('we')}"
