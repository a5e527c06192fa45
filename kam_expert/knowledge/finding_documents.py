"""The format of ``statements.yaml`` and ``findings.yaml``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kam_expert.knowledge.audience import Audience
from kam_expert.knowledge.documents import Doc, Severity, Side, Text, Yes, YesNo

if TYPE_CHECKING:
    from collections.abc import Callable


class SourceDoc(Doc):
    """What the statements come from."""

    title: Text
    date: str


class SectionDoc(Doc):
    """A section of the source."""

    id: str
    name: Text


class RequiresDoc(Doc):
    """What a heading requires: statements that rules cite, and numbers of findings in groups."""

    cited: list[str] = []
    groups: dict[str, int] = {}


class StatementDoc(Doc):
    """One statement of the source, in our words."""

    requires: RequiresDoc | None = None

    section: str
    kind: Literal["content", "heading"]
    hedge: Literal[
        "universal", "categorical", "must", "often", "may", "rarely", "not_always",
        "comparative", "imperative", "question", "heading",
    ]  # fmt: skip
    line: int | None = None
    says: Text


class StatementsDoc(Doc):
    """``statements.yaml``."""

    source: SourceDoc
    sections: list[SectionDoc]
    statements: dict[str, StatementDoc]


class Headlines(Doc):
    """One sentence for each status, so that no sentence is stronger than its status."""

    established: Text
    likely: Text
    possible: Text


class VariantDoc(Doc):
    """Another severity or wording while another finding is likely or established."""

    when: str
    severity: Severity | None = None
    headline: Headlines | None = None


class OfDoc(Doc):
    """Whose view of the other side, or whose doing, a finding is about."""

    view: Side | Literal["both"] | None = None
    deeds: Side | Literal["both"] | None = None


class FindingDoc(Doc):
    """Something that rules may conclude."""

    about: Literal["account", "person", "member", "decision"]
    group: str
    cites: list[str]
    severity: Severity
    of: OfDoc | None = None
    obstacle: YesNo | None = None
    audience: Audience | None = None
    audience_reason: str | None = None
    follows_from: list[str] = []
    about_knowledge: Yes | None = None
    mirror: str | None = None
    #: By fact, or `any`: why a better answer may raise it.
    raised_by_better: dict[str, Text] = {}
    name: Text
    #: Why a step is taken, as a clause after “because”.
    because: Text | None = None
    headline: Headlines
    means: Text
    variants: list[VariantDoc] = []

    def variant(self, is_likely: Callable[[str], bool]) -> VariantDoc | None:
        """Return the variant that counts, the first whose finding is likely; None without one."""
        return next((variant for variant in self.variants if is_likely(variant.when)), None)


class GroupDoc(Text):
    """The name of a group of findings, and whether its findings can be obstacles."""

    obstacle: YesNo = "yes"


class FindingsDoc(Doc):
    """``findings.yaml``."""

    groups: dict[str, GroupDoc]
    findings: dict[str, FindingDoc]
