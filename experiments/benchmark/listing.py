"""Scanning a folder of many files and ordering an epoch over them, in a process of its own.

    python -m experiments.benchmark.listing DIR       # the files that are there
    python -m experiments.benchmark.listing DIR N     # N files that are not, as if they were

Prints the seconds of each part, and by how much the largest memory in use has grown.
"""

import itertools
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from augjax.data.batches import epoch_order
from augjax.data.folder import scan
from augjax.keys import image_ids
from experiments.benchmark.processes import peak_bytes_here


def write_files(root: Path, count: int) -> Path:
    """`count` files of one byte in two classes; a scan opens none."""
    for name, half in (("Car", count // 2), ("Truck", count - count // 2)):
        folder = root / name
        folder.mkdir(parents=True)
        for number in range(half):
            (folder / _name(number)).write_bytes(b"x")
    return root


def main(folder: str, simulated: int = 0) -> None:
    """Measures and prints."""
    if simulated:
        real = scan.entries_of
        scan.entries_of = lambda path: (
            list(_simulated(path, simulated)) if path != folder else real(path)
        )
    epoch_order(10, seed=0, epoch=1)
    image_ids(["Car/0.jpg"])
    before, marks = peak_bytes_here(), [time.perf_counter()]
    found = scan.scan_split(Path(folder))
    marks.append(time.perf_counter())
    ids = image_ids([file.path for file in found.files])
    marks.append(time.perf_counter())
    order = epoch_order(len(found.files), seed=0, epoch=1)
    marks.append(time.perf_counter())
    assert len(ids) == len(order)
    parts = [later - earlier for earlier, later in itertools.pairwise(marks)]
    grown = max(0, peak_bytes_here() - before)
    named = dict(zip(("scan", "ids", "order"), parts, strict=True))
    print(json.dumps({"files": len(order), "seconds": named, "bytes": grown}))


class _Entry:
    """An os.DirEntry of a file that is not there."""

    def __init__(self, folder: str, name: str, status: os.stat_result) -> None:
        self.name, self.path, self._status = name, f"{folder}/{name}", status

    def stat(self) -> os.stat_result:
        return os.stat_result(tuple(self._status))

    def is_symlink(self) -> bool:
        return False

    def is_dir(self, follow_symlinks: bool = True) -> bool:
        return False


def _simulated(folder: str, count: int) -> Iterator[Any]:
    status = os.stat(__file__)
    for number in range(count // 2):
        yield _Entry(folder, _name(number), status)


def _name(number: int) -> str:
    return f"photograph_{number:08d}.jpg"


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
