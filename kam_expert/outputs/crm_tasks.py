"""Moves and steps as tasks to import into a CRM, in the columns of its own task object.

The owner and the record of a task are ids of the CRM. An account id that is such an id is used;
otherwise the column stays empty, and the id of the case is in a column of its own for mapping.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kam_expert.results.diagnosis import Diagnosis

Row = dict[str, Any]
#: An account id of Salesforce: this prefix, 15 or 18 characters.
_SALESFORCE_ACCOUNT = re.compile(r"001[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?\Z")
_MAX_SUBJECT, _MAX_DESCRIPTION = 255, 32_000
#: Priority in each CRM by severity of the finding that a step answers.
_PRIORITY = {
    "salesforce": {"high": "High", "medium": "Normal", "low": "Low", "info": "Low"},
    "hubspot": {"high": "HIGH", "medium": "MEDIUM", "low": "LOW", "info": "LOW"},
}
COLUMNS = {
    "salesforce": (
        "Subject", "Status", "Priority", "ActivityDate", "WhatId", "OwnerId", "Description",
        "AccountExternalId", "AccountName", "OwnerName", "BeginDate",
    ),
    "hubspot": (
        "hs_task_subject", "hs_task_body", "hs_task_status", "hs_task_priority", "hs_task_type",
        "hs_timestamp", "hubspot_owner_id", "company_id", "company_name", "owner_name",
        "begin_date",
    ),
}  # fmt: skip


def to_do(tables: Mapping[str, list[Row]], *, everything: bool = False) -> list[Row]:
    """Return the rows that become tasks and dates: the moves, or every step that can be taken now.

    Moves are those that were agreed in the account's own words too.

    Steps that are held back are left out: their deadline has not started.

    Args:
        tables: The tables of a diagnosis.
        everything: Every step, not only the moves of the plan.
    """
    if everything:
        return [row for row in tables["steps"] if not row["held_back_by"]]
    return [row for row in tables["plan"] if row["part"] in ("own", "move")]


def tasks(system: str, diagnosis: Diagnosis, steps: Iterable[Row]) -> list[Row]:
    """Return moves or steps as tasks.

    Args:
        system: ``salesforce`` or ``hubspot``.
        diagnosis: The diagnosis of the steps, for the priority.
        steps: What `to_do` returns. Only a move has a day to begin.
    """
    severity = {found.id: found.severity for found in diagnosis.findings}
    ranks = ("high", "medium", "low", "info")
    rows = []
    for step in steps:
        weights = [severity.get(name, "info") for name in step["because"]]
        weight = min(weights or ["info"], key=ranks.index)
        text = description(step)
        make = _salesforce if system == "salesforce" else _hubspot
        rows.append(make(step, diagnosis.account_name, text, _PRIORITY[system][weight]))
    return rows


def subject(step: Row, account: str) -> str:
    """Return the title of a move or step: account, action, and the people it is about."""
    about = f" ({step['about_name']})" if step["about_name"] else ""
    if step["about_kind"] == "account":
        about = ""
    return f"{account}: {step['name']}{about}"


def description(step: Row) -> str:
    """Return what to do, why it has its place in the plan, and how one sees that it worked."""
    success = f"✓ {step['success']}" if step["success"] else None
    return "\n\n".join(filter(None, (step.get("why"), step["do"], success)))


def _salesforce(step: Row, account: str, text: str, priority: str) -> Row:
    known = _SALESFORCE_ACCOUNT.match(step["account"])
    return {
        "Subject": _shortened(subject(step, account), _MAX_SUBJECT),
        "Status": "In Progress" if step.get("status") == "begun" else "Not Started",
        "Priority": priority,
        "ActivityDate": step["due"],
        "WhatId": step["account"] if known else None,
        "OwnerId": None,
        "Description": _shortened(text, _MAX_DESCRIPTION),
        "AccountExternalId": step["account"],
        "AccountName": account,
        "OwnerName": step["who"],
        "BeginDate": step.get("begin"),
    }


def _hubspot(step: Row, account: str, text: str, priority: str) -> Row:
    return {
        "hs_task_subject": subject(step, account),
        "hs_task_body": text,
        "hs_task_status": "IN_PROGRESS" if step.get("status") == "begun" else "NOT_STARTED",
        "hs_task_priority": priority,
        "hs_task_type": "TODO",
        "hs_timestamp": f"{step['due'].isoformat()}T09:00:00Z" if step["due"] else None,
        "hubspot_owner_id": None,
        "company_id": step["account"] if step["account"].isdigit() else None,
        "company_name": account,
        "owner_name": step["who"],
        "begin_date": step.get("begin"),
    }


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
