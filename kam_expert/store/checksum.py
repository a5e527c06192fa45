"""The checksum of a stored version. Migrations use it too, so it never changes."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def checksum(values: Sequence[Any]) -> str:
    """Return the SHA-256 of the values of a row, times in UTC."""
    plain = [
        value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for value in values
    ]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=True).encode()).hexdigest()
