"""Small CSV files with fixed heads."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from kam_expert.errors import KamError, Place, Problem, ProblemsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def small_csv(
    path: Path, heads: Sequence[str], problems: list[Problem]
) -> Iterator[tuple[list[str], Place]]:
    """Yield the cells of each row that is not blank, stripped, with its place.

    Args:
        path: The file, in UTF-8.
        heads: The first line.
        problems: Rows with another number of cells are added here and left out.

    Raises:
        KamError: The file cannot be read, or has other heads.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise KamError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise KamError(f"{path}: not UTF-8 text; save the file as UTF-8") from None
    reader = csv.reader(io.StringIO(text))
    if [head.strip() for head in next(reader, [])] != [*heads]:
        place = Place(str(path), 1, 1)
        raise ProblemsError([Problem(place, f"the heads {','.join(heads)} are needed")])
    for row in reader:
        place = Place(str(path), reader.line_num, 1)
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) == len(heads):
            yield cells, place
        else:
            problems.append(Problem(place, f"{len(heads)} cells are needed, not {len(cells)}"))
