"""Next steps as tasks that a CRM imports: the columns are those of its own task.

Whom a task belongs to and which record it hangs on are ids of the CRM. Where the account's id is
one of them it is used; else the column is left to be mapped, and the id of the case stands beside.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kam_expert.results.diagnosis import Diagnosis

Row = dict[str, Any]
#: An account of Salesforce: its ids begin so, and have 15 or 18 letters.
_SALESFORCE_ACCOUNT = re.compile(r"001[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?\Z")
_MOST_SUBJECT, _MOST_DESCRIPTION = 255, 32_000
#: The severity of what a step is for, and what each CRM calls it.
_PRIORITY = {
    "salesforce": {"high": "High", "medium": "Normal", "low": "Low", "info": "Low"},
    "hubspot": {"high": "HIGH", "medium": "MEDIUM", "low": "LOW", "info": "LOW"},
}
COLUMNS = {
    "salesforce": (
        "Subject", "Status", "Priority", "ActivityDate", "WhatId", "OwnerId", "Description",
        "AccountExternalId", "AccountName", "OwnerName",
    ),
    "hubspot": (
        "hs_task_subject", "hs_task_body", "hs_task_status", "hs_task_priority", "hs_task_type",
        "hs_timestamp", "hubspot_owner_id", "company_id", "company_name", "owner_name",
    ),
}  # fmt: skip


def tasks(system: str, diagnosis: Diagnosis, steps: Iterable[Row]) -> list[Row]:
    """Return the steps that can be taken now as tasks.

    Args:
        system: ``salesforce`` or ``hubspot``.
        diagnosis: Where they come from, for the priority.
        steps: Rows of the table of steps. Those that wait for something are left out: their day
            has not begun to count.
    """
    severity = {found.id: found.severity for found in diagnosis.findings}
    ranks = ("high", "medium", "low", "info")
    rows = []
    for step in steps:
        if step["held_back_by"]:
            continue
        weights = [severity.get(name, "info") for name in step["because"]]
        weight = min(weights or ["info"], key=ranks.index)
        text = f"{step['do']}\n\n✓ {step['success']}"
        make = _salesforce if system == "salesforce" else _hubspot
        rows.append(make(step, diagnosis.account_name, text, _PRIORITY[system][weight]))
    return rows


def subject(step: Row, account: str) -> str:
    """Return the title of a step: the account, what to do, and about whom."""
    about = "" if step["about_kind"] == "account" else f" ({step['about_name']})"
    return f"{account}: {step['name']}{about}"


def _salesforce(step: Row, account: str, text: str, priority: str) -> Row:
    known = _SALESFORCE_ACCOUNT.match(step["account"])
    return {
        "Subject": _shortened(subject(step, account), _MOST_SUBJECT),
        "Status": "Not Started",
        "Priority": priority,
        "ActivityDate": step["due"],
        "WhatId": step["account"] if known else None,
        "OwnerId": None,
        "Description": _shortened(text, _MOST_DESCRIPTION),
        "AccountExternalId": step["account"],
        "AccountName": account,
        "OwnerName": step["who"],
    }


def _hubspot(step: Row, account: str, text: str, priority: str) -> Row:
    return {
        "hs_task_subject": subject(step, account),
        "hs_task_body": text,
        "hs_task_status": "NOT_STARTED",
        "hs_task_priority": priority,
        "hs_task_type": "TODO",
        "hs_timestamp": f"{step['due'].isoformat()}T09:00:00Z",
        "hubspot_owner_id": None,
        "company_id": step["account"] if step["account"].isdigit() else None,
        "company_name": account,
        "owner_name": step["who"],
    }


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
