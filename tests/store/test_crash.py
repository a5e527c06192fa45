"""What was acknowledged outlives a killed program, a full disk and a read-only one.

With --all the program is killed more often.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from crash import filled, killed, refused

if TYPE_CHECKING:
    from pathlib import Path

    from kam_expert.facts.case import Case
    from kam_expert.knowledge.base import KnowledgeBase


def test_a_killed_program_loses_nothing(
    tmp_path: Path, base: KnowledgeBase, case: Case, *, every: bool
) -> None:
    blows = 10 if every else 4

    outcome = killed(tmp_path, base, case, blows, random.Random(1))

    assert (outcome.blows, outcome.lost, outcome.unsound) == (blows, [], [])
    assert outcome.acknowledged > 0


def test_a_full_disk_is_said_and_loses_nothing(
    tmp_path: Path, base: KnowledgeBase, case: Case
) -> None:
    outcome = filled(tmp_path, base, case, may_mount=False)

    assert (outcome.lost, outcome.unsound) == ([], [])
    assert [text for text in outcome.messages if "the change was not recorded" not in text] == []
    assert outcome.messages


def test_a_read_only_disk_is_said_and_loses_nothing(
    tmp_path: Path, base: KnowledgeBase, case: Case
) -> None:
    outcome = refused(tmp_path, base, case, may_mount=False)

    assert (outcome.lost, outcome.unsound) == ([], [])
    assert outcome.messages == {
        "refused.db: cannot be opened (the file or its folder is read-only)"
    }
