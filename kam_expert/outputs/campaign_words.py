"""Figures and words about a campaign, for the terminal, JSON and pages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kam_expert.knowledge.stage import UNDETERMINED
from kam_expert.outputs.interface import translator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.results.campaign import CampaignStatus, Prediction, SideProgress

#: What to do next about somebody who was asked, the most urgent first.
NEXT = ("remind", "wait", "stop", "done")


@dataclass(frozen=True)
class Response:
    """How many of those who were asked have answered.

    Attributes:
        asked, answered, fully: Owners, or customers.
        questions, answers: The questions to them, and those with an answer.
        declined: Customers who do not want to answer.
        next: How many there are of each of `NEXT`.
    """

    asked: int
    answered: int
    fully: int
    questions: int
    answers: int
    declined: int
    next: dict[str, int]


@dataclass(frozen=True)
class CampaignEffect:
    """What the answers changed over all accounts with answers.

    Attributes:
        accounts: Those with answers.
        stage_known: Those whose stage is known, before and after.
        strategy: Those whose strategy is another one than before.
        firm: Findings that no further answer can change, before and after.
        questions: Open questions, before and after.
        findings: In how many accounts each finding became likely.
    """

    accounts: int
    stage_known: tuple[int, int]
    strategy: int
    firm: tuple[int, int]
    questions: tuple[int, int]
    findings: dict[str, int]


@dataclass(frozen=True)
class Predictions:
    """How well our side predicted what customers say.

    Attributes:
        made: Predictions, those that came too late included.
        late: Those that came after the answer.
        compared: Those in time with an answer that can be compared.
        same, near: Of these, the equal ones and those one step away.
    """

    made: int
    late: int
    compared: int
    same: int
    near: int


def next_of(rows: Iterable[SideProgress]) -> str:
    """Return what to do about somebody who was asked about several accounts."""
    found = {row.next for row in rows}
    return next((word for word in NEXT if word in found), "done")


def response(status: CampaignStatus, side: str) -> Response:
    """Return the response of one side: ``us`` or ``customer``."""
    if side == "us":
        groups = list(status.owners.values())
    else:
        groups = [(progress,) for _, progress in status.progress("customer")]
    rows = [row for group in groups for row in group]
    return Response(
        asked=len(groups),
        answered=sum(any(row.answered for row in group) for group in groups),
        fully=sum(all(row.next == "done" for row in group) for group in groups),
        questions=sum(len(row.asked) for row in rows),
        answers=sum(len(set(row.asked) & set(row.answered)) for row in rows),
        declined=sum(row.why == "declined" for row in rows),
        next=dict.fromkeys(NEXT, 0) | Counter(next_of(group) for group in groups),
    )


def change(status: CampaignStatus) -> CampaignEffect:
    """Return what the answers changed."""
    settled = [row.settled for row in status.accounts if row.settled is not None]
    findings = Counter(name for one in settled for name in one.findings)
    return CampaignEffect(
        accounts=len(settled),
        stage_known=_both(settled, lambda one, at: one.stage[at] != UNDETERMINED),
        strategy=sum(one.strategy[0] != one.strategy[1] for one in settled),
        firm=_both(settled, lambda one, at: one.firm[at]),
        questions=_both(settled, lambda one, at: one.questions[at]),
        findings=dict(sorted(findings.items(), key=lambda row: (-row[1], row[0]))),
    )


def _both(rows: list[Any], of: Any) -> tuple[int, int]:
    before, after = (sum(int(of(row, at)) for row in rows) for at in (0, 1))
    return before, after


def predictions(status: CampaignStatus) -> Predictions:
    """Return how well our side predicted."""
    made = [one for row in status.accounts for one in row.predictions]
    compared = [one for one in made if one.distance is not None and not one.late]
    return Predictions(
        made=len(made),
        late=sum(one.late for one in made),
        compared=len(compared),
        same=sum(one.distance == 0 for one in compared),
        near=sum(one.distance == 1 for one in compared),
    )


def far(made: Iterable[Prediction]) -> list[Prediction]:
    """Return the predictions in time that are more than a step from the answer, largest first."""
    found = [one for one in made if one.distance is not None and one.distance > 1 and not one.late]
    return sorted(found, key=lambda one: (-(one.distance or 0), one.account, one.fact))


def next_words(lang: str) -> dict[str, str]:
    """Return the words for what to do next, and for the reasons to stop."""
    _ = translator(lang).gettext
    return {
        "done": _("has answered"),
        "wait": _("wait"),
        "remind": _("remind"),
        "stop": _("stop asking"),
        "declined": _("does not want to answer"),
        "settled": _("nothing more would be settled"),
        "too_late": _("did not answer in time"),
        "": "",
    }


def sentences(status: CampaignStatus, lang: str) -> list[str]:
    """Return the figures of a campaign in sentences."""
    _ = translator(lang).gettext
    us, customer = response(status, "us"), response(status, "customer")
    made, changed = predictions(status), change(status)
    said = [
        _(
            "Owners: %(answered)d of %(asked)d have answered, %(fully)d of them everything; "
            "%(answers)d of %(questions)d questions are answered."
        )
        % vars(us),
        _(
            "Customers: %(answered)d of %(asked)d have answered, %(fully)d of them everything; "
            "%(answers)d of %(questions)d questions are answered; %(declined)d decline."
        )
        % vars(customer),
    ]
    if changed.accounts:
        told = {f"{name}_{at}": pair[at] for name, pair in _pairs(changed).items() for at in (0, 1)}
        said.append(
            _(
                "Accounts with answers: %(accounts)d. The stage is known of %(stage_1)d of them "
                "(before: %(stage_0)d), the strategy changed in %(strategy)d. Conclusions that no "
                "answer can change any more: %(firm_1)d (before: %(firm_0)d). Open questions: "
                "%(questions_1)d (before: %(questions_0)d)."
            )
            % {"accounts": changed.accounts, "strategy": changed.strategy, **told}
        )
    if made.made:
        said.append(
            _(
                "Predictions of the customer’s answers: %(made)d, of which %(late)d came after the "
                "answer. Of %(compared)d with an answer %(same)d are the same and %(near)d are one "
                "step away."
            )
            % vars(made)
        )
    apart = sum(bool(row.disagree) for row in status.accounts)
    if apart:
        said.append(_("People of one customer disagree in %(count)d accounts.") % {"count": apart})
    return said


def _pairs(changed: CampaignEffect) -> dict[str, tuple[int, int]]:
    return {"stage": changed.stage_known, "firm": changed.firm, "questions": changed.questions}
