"""The status of a campaign, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kam_expert.outputs.campaign_words import change, next_of, predictions, response

if TYPE_CHECKING:
    from kam_expert.results.campaign import AccountStatus, CampaignStatus


def campaign_data(status: CampaignStatus) -> dict[str, Any]:
    """Return the status of a campaign as data for JSON."""
    campaign = status.campaign
    days = ("begun", "remind", "stop", "keep_until")
    return {
        "campaign": campaign.id,
        "day": status.day.isoformat(),
        **{name: getattr(campaign, name).isoformat() for name in days},
        "response": {side: asdict(response(status, side)) for side in ("us", "customer")},
        "changed": asdict(change(status)),
        "predictions": asdict(predictions(status)),
        "owners": [
            {"owner": owner, "next": next_of(rows), "open": sum(len(row.open) for row in rows)}
            for owner, rows in status.owners.items()
        ],
        "accounts": [_account(row) for row in status.accounts],
        "files": [
            {"name": file.name, "kind": file.kind, "answers": len(file.answers)}
            for file in status.returned
        ],
        "problems": list(status.problems),
    }


def campaign_json(status: CampaignStatus) -> str:
    """Return the status of a campaign as a JSON document."""
    return json.dumps(campaign_data(status), ensure_ascii=False, indent=1) + "\n"


def _account(row: AccountStatus) -> dict[str, Any]:
    return {
        "id": row.account.id,
        "name": row.account.name,
        "owner": row.account.owner,
        "us": asdict(row.us),
        "customer": asdict(row.customer),
        "settled": None if row.settled is None else asdict(row.settled),
        "disagree": list(row.disagree),
        "predictions": [
            {key: value for key, value in asdict(one).items() if key != "account"}
            for one in row.predictions
        ],
    }
