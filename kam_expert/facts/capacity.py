"""The half days of a team: a YAML or CSV file, or one number."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from kam_expert.errors import (
    KamError,
    Place,
    Problem,
    ProblemsError,
    did_you_mean,
    shortened,
)
from kam_expert.knowledge.yaml_reader import MAX_BYTES, Map, decode, read_text, scalar
from kam_expert.results.effort import Capacity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

_HEAD = ["owner", "half_days"]
#: More than any team has in a quarter.
_MOST = 10_000_000
