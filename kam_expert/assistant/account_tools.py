"""One account as an assistant sees it: questions and answers as data, notes, the inbox."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.app.edition_maker import EditionMaker
from kam_expert.app.inquiries import Inquiries
from kam_expert.app.plan_output import PlanOutput
from kam_expert.app.reviews import review_since
from kam_expert.engines.forward_chaining import engine_of
from kam_expert.engines.planning import PlanLimits
from kam_expert.errors import KamError, did_you_mean, shortened
from kam_expert.facts.edit_data import value_data
from kam_expert.facts.proposals import Note, proposal
from kam_expert.knowledge.audience import Edition
from kam_expert.outputs.json_document import render_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from kam_expert.app.inbox import Inbox
    from kam_expert.facts.case import Case
    from kam_expert.facts.proposals import ProposedAnswer
    from kam_expert.knowledge.privacy import Privacy

#: The endings of notes, and their greatest size.
NOTE_ENDINGS = (".txt", ".md")
_MOST_BYTES = 1_000_000
#: The kinds of entities by the scope that the vocabulary gives.
_ABOUT = {"account": "account", "portfolio": "account", "meeting": "account", "team": "member"}


@dataclass(frozen=True)
class AccountTools:
    """One account for an assistant; every call reads it again.

    Attributes:
        read: Returns the account as it is now.
        today: Returns the date of diagnoses.
    """

    read: Callable[[], Case]
    privacy: Privacy
    today: Callable[[], date]
    inbox: Inbox
    notes: Mapping[str, Note]

    def inquiries(self) -> Inquiries:
        """Return what can be asked about the account as it is now."""
        return Inquiries(self.read(), self.privacy.base, self.today())

    def diagnose(self) -> dict[str, Any]:
        """Return the diagnosis as `kam diagnose --format json` writes it."""
        asked = self.inquiries()
        return _data(render_json(asked.diagnosis, asked.case, asked.base))

    def questions(self, top: int) -> dict[str, Any]:
        """Return the *top* questions to ask next, with the effect of an answer."""
        asked = self.inquiries()
        data = _data(asked.json(asked.ask(top)))
        data["ask"]["questions"] = data["ask"]["questions"][:top]
        return data

    def why(self, name: str, about: str | None) -> dict[str, Any]:
        """Return why a finding, stage or strategy is concluded. Raises KamError."""
        asked = self.inquiries()
        return _data(asked.json(asked.why(name, about)))

    def why_not(self, name: str, about: str | None) -> dict[str, Any]:
        """Return why a finding, stage or strategy is not concluded. Raises KamError."""
        asked = self.inquiries()
        return _data(asked.json(asked.why_not(name, about)))

    def what_if(self, changes: Sequence[str]) -> dict[str, Any]:
        """Return what changes of facts would do; nothing is saved. Raises KamError."""
        asked = self.inquiries()
        return _data(asked.json(asked.what_if(changes)))

    def plan(self) -> dict[str, Any]:
        """Return the plan as `kam plan --json` writes it."""
        base = self.privacy.base
        engine = engine_of(base)
        maker = EditionMaker(base, self.today(), engine, self.privacy, Edition.CONSULTANT)
        made = PlanOutput.of(self.read(), maker, PlanLimits(), "en")
        return _data(made.written("json"))

    def review(self, since: str) -> dict[str, Any]:
        """Return what was promised and what changed since a day. Raises KamError."""
        return _data(review_since(self.read(), since, self.privacy.base, self.today()))

    def vocabulary(self, theme: str | None) -> list[dict[str, Any]]:
        """Return the facts that can be proposed, with question, values and unit.

        Args:
            theme: The theme of the facts; all by default.

        Raises:
            KamError: The theme is unknown.
        """
        base = self.privacy.base
        themes = sorted({fact.doc.theme for fact in base.facts.values()})
        if theme is not None and theme not in themes:
            raise KamError(
                f'unknown theme "{shortened(theme)}"; it is one of {", ".join(themes)}.'
                f"{did_you_mean(theme, themes)}"
            )
        return [
            {
                "fact": fact.name,
                "about": _ABOUT.get(fact.doc.scope, fact.doc.scope),
                "theme": fact.doc.theme,
                "type": fact.doc.type,
                "unit": fact.doc.unit,
                "values": {word: text.en for word, text in fact.doc.values.items()},
                "asked_of": fact.doc.asked_of,
                "judgement_of_a_person": fact.doc.privacy == "assessment",
                "question": {"uk": fact.doc.ask.uk, "en": fact.doc.ask.en},
            }
            for fact in base.facts.values()
            if fact.doc.computed is None and theme in (None, fact.doc.theme)
        ]

    def entities(self) -> dict[str, list[dict[str, str]]]:
        """Return the ids and names of what facts can be about."""
        case = self.read()
        kinds = ("account", "person", "member", "link", "decision", "event")
        return {
            kind: [{"id": entity.id, "name": entity.name} for entity in case.entities(kind)]
            for kind in kinds
        }

    def rules(self) -> list[dict[str, Any]]:
        """Return every rule with its finding and the statements that it cites."""
        rules = self.privacy.base.rules
        return [{"rule": r.name, "finding": r.finding, "cites": list(r.cites)} for r in rules]

    def rule(self, name: str) -> dict[str, Any]:
        """Return a rule with its texts, citations and thresholds. Raises KamError."""
        base = self.privacy.base
        rule = base.rule(name)
        says = {cited: base.statements.statements[cited].says for cited in rule.cites}
        return {
            "rule": rule.name,
            "file": rule.file,
            "finding": rule.finding,
            "strength": rule.strength,
            "explains": {"uk": rule.explains.uk, "en": rule.explains.en},
            "cites": {cited: {"uk": text.uk, "en": text.en} for cited, text in says.items()},
            "we_chose": {t.name: {"value": t.value, "reason": t.reason} for t in rule.thresholds},
        }

    def note(self, name: str) -> str:
        """Return the text of a note. Raises KamError."""
        note = self.notes.get(name)
        if note is None:
            near = did_you_mean(name, self.notes)
            raise KamError(f'no note "{shortened(name)}" was handed over.{near}')
        return note.text

    def propose(self, told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Put proposals into the inbox and return the result of each.

        Returns:
            For each: ``id`` and ``status`` (proposed or refused), with the ``reason`` of a refusal,
            or what a known answer says that it ``contradicts``.
        """
        case, day = self.read(), self.today()
        results: list[dict[str, Any]] = []
        for one in told:
            try:
                found = proposal(one, case, self.notes, self.privacy, day)
            except KamError as error:
                results.append({"status": "refused", "reason": str(error)})
                continue
            new = self.inbox.add([found])
            result = {"status": "proposed" if new else "proposed before", "id": found.id}
            results.append(result | _contradiction(found, case))
        return results


def _contradiction(found: ProposedAnswer, case: Case) -> dict[str, Any]:
    known = found.contradicts(case)
    if known is None:
        return {}
    said = {"value": value_data(known.value), "by": known.by}
    return {"contradicts": said | {"as_of": known.as_of.isoformat() if known.as_of else None}}


def _data(text: str | bytes) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(text)
    return data


def read_notes(paths: Sequence[Path]) -> dict[str, Note]:
    """Return the notes in files and folders, by file name.

    Raises:
        KamError: A file cannot be read or is too large, or two have one name.
    """
    files = [
        file
        for path in paths
        for file in (sorted(path.iterdir()) if path.is_dir() else [path])
        if not path.is_dir() or file.suffix.lower() in NOTE_ENDINGS
    ]
    notes: dict[str, Note] = {}
    for file in files:
        if file.name in notes:
            raise KamError(f"two notes are called {file.name}; rename one")
        try:
            if file.stat().st_size > _MOST_BYTES:
                raise KamError(f"{file}: a note has at most {_MOST_BYTES // 10**6} MB")
            notes[file.name] = Note(file.name, file.read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError:
            raise KamError(f"{file}: is not UTF-8; save it again as UTF-8") from None
        except OSError as error:
            raise KamError(f"{file}: cannot be read ({error.strerror})") from None
    return notes
