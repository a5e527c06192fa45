"""The map of people in words: marks on cards, names for a screen reader, what the ties say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.facts.named_people import named_by
from kam_expert.knowledge.conditions.leaf import refs
from kam_expert.knowledge.values import UNKNOWN
from kam_expert.outputs.interface import translator
from kam_expert.web.answer_form import cell_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.facts.case import Entity
    from kam_expert.results.diagnosis import Diagnosis
    from kam_expert.web.map_cards import Placed
    from kam_expert.web.map_layout import Layout
    from kam_expert.web.map_model import Card, Line, MapModel
    from kam_expert.web.map_network import Introduction, MapNetwork

#: Names that a sentence lists before it counts the others.
_NAMED = 6


@dataclass(frozen=True)
class TieField:
    """A field of the form of a tie."""

    name: str
    title: str
    value: str


def _cell(value: Any) -> str:
    return cell_of(UNKNOWN if value is None else value)


class MapWords:
    """Words for one map.

    Args:
        model: The map.
        network: What its ties say.
    """

    def __init__(self, model: MapModel, network: MapNetwork) -> None:
        self._model = model
        self._network = network
        self._said = translator(model.words.lang)
        self._ = self._said.gettext
        self._cuts = {card.key for card in network.cuts}

    def marks(self, card: Card) -> list[str]:
        """Return the short texts on top of a card."""
        marks = [self._("main contact")] if card.main else []
        if card.key in self._cuts:
            marks.append(self._("holds parts together"))
        return marks

    def label(self, placed: Placed) -> str:
        """Return the name of a card for a screen reader.

        It is the text on the card, as it is seen, then what the place of the card and its lines
        show.
        """
        card = placed.card
        lines = (self.line_of(card, line) for line in self._model.lines_of(card.key))
        seen = " ".join(text.text for text in placed.texts)
        return "; ".join(part for part in (seen, *self._place(card), *lines) if part)

    def _place(self, card: Card) -> list[str]:
        model = self._model
        return [
            model.title(model.column_fact(card.kind), card.column) if card.column else "",
            model.title(model.row_fact(card.kind), card.row) if card.row else "",
            self._("openness %(score)d of %(most)d")
            % {"score": card.openness[0], "most": card.openness[1]}
            if card.openness
            else "",
        ]

    def summary(self, card: Card) -> str:
        """Return what a card shows, without its name and its ties, as one line."""
        column, row, openness = self._place(card)
        parts = (column, row, *self.marks(card), card.voice, openness, card.contact, card.goal)
        return "; ".join(part for part in parts if part)

    def line_of(self, card: Card, line: Line) -> str:
        """Return a line from the side of one of its ends."""
        other = line.other if line.one == card.key else line.one
        name = self._model.name_of(other)
        if line.kind in ("above", "heard") and line.other == card.key:
            said = {
                "above": self._("%(name)s reports to them"),
                "heard": self._("%(name)s listens to them"),
            }[line.kind]
        else:
            said = {
                "active": self._("talks to %(name)s"),
                "inactive": self._("talked to %(name)s long ago"),
                "unknown": self._("a tie to %(name)s, of which little is known"),
                "wanted": self._("should meet %(name)s"),
                "above": self._("reports to %(name)s"),
                "heard": self._("listens to %(name)s"),
            }[line.kind]
        said %= {"name": name}
        return f"{said} ({line.age})" if line.age else said

    def kind(self, line: Line) -> str:
        """Return the kind of a line."""
        return {
            "active": self._("active"),
            "inactive": self._("not active"),
            "unknown": self._("not known"),
            "wanted": self._("to be made"),
            "above": self._("reports to"),
            "heard": self._("listens to"),
        }[line.kind]

    def names(self, cards: Iterable[Card]) -> str:
        """Return the names of cards in a list; of many only the first, and how many more."""
        cards = list(cards)
        said = ", ".join(card.name for card in cards[:_NAMED])
        more = len(cards) - _NAMED
        if more <= 0:
            return said
        others = self._said.ngettext("and %(num)d more", "and %(num)d more", more) % {"num": more}
        return f"{said} {others}"

    # What the ties say

    def ties_say(self) -> list[str]:
        """Return what the ties say, the weightiest first; nothing without live ties."""
        network = self._network
        said = [*self._of_main(), *self._of_key_tie()]
        if network.cuts:
            text = self._said.ngettext(
                "%(num)d person joins parts that fall apart without them: %(names)s.",
                "%(num)d people join parts that fall apart without them: %(names)s.",
                len(network.cuts),
            )
            said.append(text % {"num": len(network.cuts), "names": self.names(network.cuts)})
        elif any(line.kind == "active" for line in self._model.ties):
            said.append(self._("Nobody’s leaving cuts the network of active ties into parts."))
        if network.bridges and len(network.bridges) > 1:
            text = self._said.ngettext(
                "%(num)d tie is the only way between two parts.",
                "%(num)d ties are each the only way between two parts.",
                len(network.bridges),
            )
            said.append(text % {"num": len(network.bridges)})
        return said

    def _of_main(self) -> list[str]:
        main = self._network.main
        if main is None or not main.active:
            return []
        leaving = self._network.leaving(main)
        if not leaving.left:
            text = self._("If the main contact leaves (%(name)s), nobody is left in contact.")
            return [text % {"name": main.name}]
        text = self._("If the main contact leaves (%(name)s), these stay in contact: %(left)s.")
        said = [text % {"name": main.name, "left": self.names(leaving.left)}]
        if len(leaving.parts) > 1:
            text = self._("The network then falls into %(num)d parts.")
            said.append(text % {"num": len(leaving.parts)})
        return said

    def _of_key_tie(self) -> list[str]:
        tie = self._network.key_tie
        if tie is None:
            return []
        names = {"ours": self._model.name_of(tie.one), "theirs": self._model.name_of(tie.other)}
        names["age"] = tie.age or self._("not known")
        if tie.kind != "active":
            text = self._("An old tie to take up: %(ours)s and %(theirs)s last talked: %(age)s.")
        elif sum(line.kind == "active" for line in self._model.ties) == 1:
            text = self._("The only active tie is that of %(ours)s and %(theirs)s.")
        elif not tie.age:
            text = self._("Only %(ours)s talks to %(theirs)s.")
        else:
            text = self._("Only %(ours)s talks to %(theirs)s; they last talked %(age)s ago.")
        return [text % names]

    def loss(self) -> list[str]:
        """Return what was said about the loss of a person, by fact and side."""
        model = self._model
        account = model.case.account
        found = []
        for name in model.drawn.loss:
            if name not in model.base.facts:
                continue
            for side, told in (
                (self._("we"), account.ours),
                (self._("the customer"), account.theirs),
            ):
                answers = told.get(name, ())
                if answers:
                    value = model.words.value(name, answers[-1].value)
                    fact = model.words.fact(name)
                    found.append(f"{fact[:1].upper()}{fact[1:]}: {value} ({side}).")
        return found

    def introduction(self, way: Introduction) -> str:
        """Return whom to ask for the way to somebody, as a suggestion."""
        names = {"to": way.to.name, "ask": way.ask.name if way.ask else ""}
        if way.ask is None:
            said = self._("Nobody we are in contact with is known to lead to %(to)s.") % names
        elif way.line == "tie" and way.old is not None:
            names["age"] = way.old.age or self._("not known")
            said = self._("%(ask)s knows %(to)s (last talked: %(age)s) and can take it up.") % names
        elif way.line == "tie":
            said = self._("%(ask)s talks to %(to)s and can introduce a colleague.") % names
        elif way.line == "main":
            said = self._("Ask the main contact, %(ask)s, to introduce you to %(to)s.") % names
        else:
            said = self._("Ask %(ask)s to introduce you to %(to)s.") % names
        if way.who:
            said += " " + self._("To meet them: %(who)s.") % {"who": self.names(way.who)}
        if way.tell is not None:
            said += " " + self._("Tell %(main)s first.") % {"main": way.tell.name}
        return said

    # For forms and the script

    @staticmethod
    def places(layout: Layout) -> list[dict[str, object]]:
        """Return the places of a layout as data for the script."""
        return [
            {
                "side": cell.side,
                "column": cell.column or "",
                "row": cell.row or "",
                "x": cell.x,
                "y": cell.y,
                "height": cell.height,
            }
            for cell in layout.cells
        ]

    def tie_fields(self, link: str) -> list[TieField]:
        """Return the fields of a tie with their values; empty ones for a new tie."""
        model = self._model
        facts = next((t.facts for t in model.report.ties if t.link.id == link), {})
        return [
            TieField(fact.name, model.words.fact(fact.name), _cell(facts.get(fact.name)))
            for fact in model.base.facts.values()
            if fact.kind == "link"
        ]

    def wanted_fact(self) -> str | None:
        """Return the fact that a wanted tie is drawn with."""
        wanted = self._model.drawn.wanted
        return wanted[-1] if wanted else None

    def named(self, card: Card, fact: str) -> list[str]:
        """Return what an answer about a person names: ids, or the words for others."""
        model = self._model
        value = model.report.read(self._entity(card), fact)
        named = named_by(model.base.facts[fact], value, model.case)
        return [*(entity.id for entity in named.entities), *named.others]

    def own_name(self, card: Card) -> str:
        """Return the name that was given; empty if the card shows the id."""
        return self._entity(card).name

    def _entity(self, card: Card) -> Entity:
        return next(e for e in self._model.case.entities(card.kind) if e.id == card.key[1])

    def contradicted(self, diagnosis: Diagnosis) -> list[str]:
        """Return the contradictions between what was said about a loss and the ties."""
        base, loss = self._model.base, set(self._model.drawn.loss)
        return [
            self._model.words.contradiction(found)
            for found in diagnosis.contradictions
            if found.kind == "impossible"
            and loss & {ref.name for ref in refs(base.impossible[found.name])}
        ]
