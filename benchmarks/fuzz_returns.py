"""Take broken returns of a campaign, and print the outcomes.

    python benchmarks/fuzz_returns.py --files 300

Each file is a workbook or a questionnaire of a campaign that was broken in one to four random ways:
bytes flipped, removed or repeated, parts exchanged, cells of other kinds. Every file must be taken
or refused with a message, without a traceback, and what it says must belong to the campaign.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from campaign_round import BEGUN, campaign_round, rules

from kam_expert.errors import KamError
from kam_expert.importing.campaign_answers import CampaignFacts
from kam_expert.importing.campaign_returns import Taking, read_return

_WORDS = (b"kam:campaign", b"kam:predicted", b"customer", b"account", b"value", b"<v>", b'"')
_PUT = (b"", b"\xff\xfe", b"{", b"]", b"9" * 400, b"&#0;", b"=1+1", b"\x00", b"nan", b"1e999")
#: Texts of cells and of JSON, and what is put in their place.
_TEXTS = re.compile(rb'(?<=>)[^<>]+(?=<)|(?<=")[^"]+(?=")|(?<=: )[0-9]+')
_CELLS = (
    b"", b"-1", b"1e999", b"99999999999999999999", b"1,234", b"3..", b"=1+1", b"2031-13-45", b"yes",
    b"kam:campaign", b"kam:predicted 0", b"x" * 5000, "н/д".encode(), "\u202eна".encode(), b"none",
    b"000001", b"trust_other", b"unknown", b"[]", b"{}", b"1;2;3", b"true", b"2026-11-05",
)  # fmt: skip


def broken(data: bytes, random_: random.Random) -> bytes:
    """Return *data* broken in one to four ways; a workbook is broken inside as well."""
    if data[:2] == b"PK" and random_.random() < 0.7:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        name = random_.choice([name for name in parts if name.endswith(".xml")])
        parts[name] = _changed(parts[name], random_)
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
            for part, content in parts.items():
                archive.writestr(part, content)
        return memory.getvalue()
    return _changed(data, random_)


def _changed(data: bytes, random_: random.Random) -> bytes:
    if random_.random() < 0.7:  # other texts, where the form stays whole
        shares = random_.randrange(2, 40)
        return _TEXTS.sub(
            lambda found: random_.choice(_CELLS) if not random_.randrange(shares) else found[0],
            data,
        )
    for _ in range(random_.randrange(1, 5)):
        at = random_.randrange(len(data) + 1)
        match random_.randrange(4):
            case 0:
                data = data[:at] + random_.choice(_PUT) + data[at + random_.randrange(3) :]
            case 1:
                data = data[:at] + data[at + random_.randrange(200) :]
            case 2:
                data = data[:at] + data[at : at + 300] * 3 + data[at + 300 :]
            case _:
                data = data.replace(random_.choice(_WORDS), random_.choice(_WORDS), 3)
    return data


def main() -> None:
    """Print the figures; the exit status is 1 after a traceback or a foreign answer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    random_, outcomes, longest = random.Random(asked.seed), Counter[str](), 0.0
    with tempfile.TemporaryDirectory() as name:
        folder, returns, _, _ = campaign_round(Path(name), 6, 3, 1)
        facts = CampaignFacts(rules().base)
        taking = Taking(folder.campaign, facts, BEGUN + timedelta(20), 9)
        taken_names = {file.name for file in folder.returned}
        whole = [p for p in sorted(returns.to.iterdir()) if p.name in taken_names]
        for number in range(asked.files):
            one = random_.choice(whole)
            path = Path(name, f"broken{one.suffix}")
            path.write_bytes(broken(one.read_bytes(), random_))
            start = time.process_time()
            try:
                taken = read_return(path, path.name, taking)
                known = all(
                    answer.account in folder.campaign.accounts and answer.fact in facts.texts
                    for answer in taken.answers
                )
                outcomes["with problems" if taken.problems else "taken"] += 1
                outcomes["foreign"] += not known
            except KamError as error:
                str(error).encode()
                outcomes["refused"] += 1
            except Exception:  # noqa: BLE001 -- what is looked for
                print(f"{number} {one.name}:", file=sys.stderr)
                traceback.print_exc(limit=-4)
                outcomes["tracebacks"] += 1
            longest = max(longest, time.process_time() - start)
    names = ("taken", "with problems", "refused", "foreign", "tracebacks")
    print(
        ", ".join(f"{name} {outcomes[name]}" for name in names), f"longest {longest:.2f} s of CPU"
    )
    sys.exit(bool(outcomes["tracebacks"] or outcomes["foreign"]))


if __name__ == "__main__":
    main()
