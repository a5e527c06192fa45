"""The map then and now: who came, left or moved, and which ties began, ended, cooled or revived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from kam_expert.web.map_model import Card, Key, Line, MapModel


@dataclass(frozen=True)
class MapChange:
    """One change in words, with the cards and the line of the map of now that it is about."""

    text: str
    cards: tuple[Key, ...] = ()
    line: Line | None = None


def changes_between(old: MapModel, new: MapModel) -> list[MapChange]:
    """Return what changed on the map: people first, then lines."""
    return [*_of_cards(old, new), *_of_lines(old, new)]


def _of_cards(old: MapModel, new: MapModel) -> list[MapChange]:
    _ = translator(new.words.lang).gettext
    found = []
    for key, card in new.cards.items():
        before = old.cards.get(key)
        if before is None:
            found.append(MapChange(_("New: %(name)s") % {"name": card.name}, (key,)))
            continue
        for text, then, now in (
            (_("name"), before.name, card.name),
            (_("place"), _place(old, before), _place(new, card)),
            (_("say in the decision"), before.voice, card.voice),
            (_("openness"), _score(before), _score(card)),
        ):
            if then != now:
                values = {
                    "name": card.name,
                    "what": text,
                    "then": then or _("not known"),
                    "now": now or _("not known"),
                }
                text_now = _("%(name)s, %(what)s: %(then)s → %(now)s") % values
                found.append(MapChange(text_now, (key,)))
        if before.main != card.main:
            said = _("%(name)s is the main contact now") if card.main else _(
                "%(name)s is the main contact no longer"
            )  # fmt: skip
            found.append(MapChange(said % {"name": card.name}, (key,)))
    gone = [card for key, card in old.cards.items() if key not in new.cards]
    return found + [MapChange(_("Left: %(name)s") % {"name": card.name}) for card in gone]


def _place(model: MapModel, card: Card) -> str:
    parts = (
        model.title(fact(card.kind), word)
        for fact, word in ((model.column_fact, card.column), (model.row_fact, card.row))
        if word
    )
    return ", ".join(parts)


def _score(card: Card) -> str:
    return f"{card.openness[0]}/{card.openness[1]}" if card.openness else ""


def _of_lines(old: MapModel, new: MapModel) -> list[MapChange]:
    _ = translator(new.words.lang).gettext
    family = {"active": "tie", "inactive": "tie", "unknown": "tie"}
    then = {(family.get(x.kind, x.kind), x.one, x.other): x for x in old.lines}
    now = {(family.get(x.kind, x.kind), x.one, x.other): x for x in new.lines}
    kinds = {
        "tie": _("tie"),
        "wanted": _("tie to be made"),
        "above": _("reports to"),
        "heard": _("listens to"),
    }
    found = []
    for key, line in now.items():
        pair = {
            "what": kinds[key[0]],
            "pair": f"{new.name_of(line.one)} – {new.name_of(line.other)}",
        }
        before = then.get(key)
        ends = (line.one, line.other)
        if before is None:
            found.append(MapChange(_("New %(what)s: %(pair)s") % pair, ends, line))
        elif before.kind != line.kind:
            said = {
                "active": _("The tie is active now: %(pair)s"),
                "inactive": _("The tie is active no longer: %(pair)s"),
            }.get(line.kind, _("It is not known any more whether the tie is active: %(pair)s"))
            found.append(MapChange(said % pair, ends, line))
    for key, line in then.items():
        if key not in now:
            pair = {
                "what": kinds[key[0]],
                "pair": f"{old.name_of(line.one)} – {old.name_of(line.other)}",
            }
            found.append(MapChange(_("Gone, %(what)s: %(pair)s") % pair))
    return found
