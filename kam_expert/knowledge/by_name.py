"""A finding, stage, strategy or step by its id or by its name in either language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kam_expert.errors import KamError, nearest, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kam_expert.knowledge.base import KnowledgeBase
    from kam_expert.knowledge.documents import Text

#: Quotation marks and stops around a name, which a reader copies with it.
_AROUND = " \t\n\"'“”„«»‘’.,;:[]()"
_APOSTROPHES = str.maketrans("'ʼ‘`", "’’’’")


def by_name(typed: str, known: Mapping[str, Text], otherwise: str) -> str:
    """Return the id of what is typed: an id, or a name in either language and any case.

    Args:
        typed: The text.
        known: The names by id.
        otherwise: What the error says if nothing has that name; the nearest name follows.

    Raises:
        KamError: Nothing has that name, or several have.
    """
    if typed in known:
        return typed
    named = [
        (said, identity)
        for identity, text in known.items()
        for said in (identity, text.uk, text.en)
    ]
    found = list(dict.fromkeys(i for said, i in named if _plain(said) == _plain(typed)))
    if len(found) == 1:
        return found[0]
    if found:
        raise KamError(f'"{shortened(typed)}" is the name of {" and of ".join(sorted(found))}')
    near = nearest(_plain(typed), known) or nearest(_plain(typed), (said for said, _ in named))
    if not near:
        raise KamError(otherwise)
    identity = next(i for said, i in named if said == near)
    which = "" if identity == near else f" ({identity})"
    raise KamError(f'{otherwise} Did you mean "{near}"{which}?')


def findings_and_stages(base: KnowledgeBase) -> dict[str, Text]:
    """Return the names of all findings, strategies and stages by id."""
    findings = {name: doc.name for name, doc in base.findings.items()}
    return {**findings, **stages_and_strategies(base)}


def stages_and_strategies(base: KnowledgeBase) -> dict[str, Text]:
    """Return the names of the stages and strategies by id."""
    stages = {name: base.stage_model.title(name) for name in base.stage_model.names}
    strategies = {each.id: base.findings[each.id].name for each in base.strategies}
    return {**stages, **strategies}


def steps_named(base: KnowledgeBase) -> dict[str, Text]:
    """Return the names of the steps by id."""
    return {name: doc.name for name, doc in base.steps.items()}


def _plain(text: str) -> str:
    """Return a text as names are compared: without case, quotation marks and spaces around."""
    return " ".join(text.translate(_APOSTROPHES).casefold().strip(_AROUND).split())
