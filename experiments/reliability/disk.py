"""Disks that are full, at many points of a run."""

import shutil
import subprocess
from pathlib import Path

import numpy as np

from experiments.reliability.kills import compare
from experiments.reliability.runs import Row, new_run, start, try_all

# A disk of $1 KiB at $2, where the command runs; what it leaves is copied to $3.
_ON_A_SMALL_DISK = """
mount -t tmpfs -o size="$1k" none "$2" || exit 99
disk=$2 kept=$3; shift 3
"$@"; code=$?
cp -a "$disk/." "$kept"; exit $code
"""


def fill_disk(data: Path, scratch: Path, unbroken: dict, *, points: int, jobs: int) -> Row:
    """Runs on a disk of their own that is too small, by more and by less, and then on a large one.

    Where a run fails it must say so in one line and exit with 1; either way it must end like the
    unbroken one once there is room. A whole run keeps some 39 MB.
    """
    what = "disk full (ENOSPC)"
    if not _can_mount(scratch):
        return Row(what, 0, None, "nobody here may mount a disk of his own (unshare -rm)")

    def trial(kib: int) -> tuple[bool, list[str]]:
        disk, kept = scratch / f"disk-{kib}", scratch / f"kept-{kib}"
        disk.mkdir()
        kept.mkdir()
        wrapper = [
            "unshare",
            "-rm",
            "sh",
            "-c",
            _ON_A_SMALL_DISK,
            "sh",
            str(kib),
            str(disk),
            str(kept),
        ]
        process = start(new_run(data, disk / "run"), wrapper=wrapper)
        _, stderr = process.communicate()
        one_line = stderr.startswith("error: ") and stderr.count("\n") == 1
        if process.returncode and not (process.returncode == 1 and one_line):
            failures = [f"a disk of {kib} KiB: exit {process.returncode}: {stderr}"]
        else:
            failures = compare(data, kept / "run", unbroken, f"a disk of {kib} KiB")
        shutil.rmtree(kept)
        return process.returncode != 0, failures

    sizes = sorted({int(kib) for kib in np.geomspace(16, 80_000, points)})
    found = try_all(what, trial, sizes, jobs=jobs)
    failures = [failure for _, some in found for failure in some]
    note = f"16 KiB to 80 MB; {sum(ended for ended, _ in found)} of them ended the run, in one line"
    return Row(what, len(sizes), len(sizes) - len(failures), note, tuple(failures))


def _can_mount(scratch: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(scratch)]
    return subprocess.run(command, capture_output=True).returncode == 0
