"""The certificate of several processes: the draws, partners and batches of one."""

import itertools
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from augjax.errors import RunError
from augjax.transforms.certify import Certificate
from experiments.benchmark.pictures import write_pictures
from tests import loopback

COUNTS = tuple(itertools.product((1, 2, 4), (1, 2, 4)))
"""Of processes, and of devices of each."""


def certify_processes(counts: Sequence[tuple[int, int]] = COUNTS) -> Iterator[Certificate]:
    """A certificate for each number of processes and of their devices, as it comes.

    Each process compares what it has of every batch with what one process with one device has: the
    draws of all transforms, the partners and pixels of mixes, the pixels of the notebook's
    pipeline, and the batches of two epochs that are read from files.

    Raises:
      RunError: if processes fail.
    """
    with tempfile.TemporaryDirectory() as folder:
        data, reference = Path(folder, "data"), Path(folder, "reference")
        write_pictures(data, train=44, valid=2)
        _members(1, 1, data, reference)
        for count, devices in counts:
            found = _members(count, devices, data, reference)
            names = {name for one in found for name in one["differing"]}
            yield Certificate(
                _named(count, devices),
                tuple(sorted(names)),
                max(one["worst_pixel"] for one in found),
                0.0,
            )


def _members(count: int, devices: int, data: Path, reference: Path) -> list[dict[str, Any]]:
    """What each process has found."""
    arguments = ("-m", "experiments.certificate.member", str(data), str(reference))
    processes = loopback.run(count, *arguments, devices=devices, seconds=600)
    if broken := [process for process in processes if process.code]:
        last = broken[0].err.strip().splitlines()[-1:] or [f"exit {broken[0].code}"]
        were = "was" if count == 1 else "were"
        raise RunError(f"{_named(count, devices)} {were} not certified: {last[0]}")
    return [json.loads(process.out.splitlines()[-1]) for process in processes]


def _named(count: int, devices: int) -> str:
    return f"{count} process{'es' * (count > 1)} of {devices} device{'s' * (devices > 1)}"
