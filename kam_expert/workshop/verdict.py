"""A verdict on a rule base: what it can never do or does twice, with a witness or a proof."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from kam_expert.knowledge.node_edits import as_written

if TYPE_CHECKING:
    from kam_expert.knowledge.yaml_reader import Map

Kind = Literal[
    "never holds", "implied", "threshold without effect", "both of a pair", "stage never reached",
    "strategy never chosen", "step never proposed", "status never reached", "made worse",
]  # fmt: skip
#: What informs; the others are faults.
INFORMS: frozenset[Kind] = frozenset(("both of a pair", "status never reached"))


@dataclass(frozen=True)
class Verdict:
    """A property of a rule base that was proved, or shown by an account.

    Attributes:
        kind: What it is about.
        subject: The rule, finding, strategy or step.
        because: The proof, or what the witness shows.
        witness: Facts that show it, as in a case of a rule; None for a proof.
    """

    kind: Kind
    subject: str
    because: str
    witness: Map | None = field(default=None, repr=False)

    @property
    def is_fault(self) -> bool:
        """Return whether the rule base should be changed."""
        return self.kind not in INFORMS

    def __str__(self) -> str:
        """Return the verdict in words."""
        shown = "" if self.witness is None else f": {as_written(self.witness)}"
        return f"{self.kind}: {self.subject}: {self.because}{shown}"

    def as_document(self) -> dict[str, Any]:
        """Return it as plain data, fit for JSON."""
        return {
            "kind": self.kind, "subject": self.subject, "because": self.because,
            "fault": self.is_fault, "witness": self.witness,
        }  # fmt: skip
