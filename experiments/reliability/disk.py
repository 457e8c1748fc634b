"""Disks that are full or gone, at many points of a run."""

import shutil
from pathlib import Path

import numpy as np

from experiments.reliability.kills import compare
from experiments.reliability.runs import Row, new_run, start

CALLS = ("write", "fsync", "rename", "mkdir")


def fill_disk(data: Path, scratch: Path, unbroken: dict, *, points: int) -> Row:
    """No space left, from the k-th call of a kind on; then the disk is mended and the run resumed.

    Where a run fails it must say so in one line and exit with 1; either way it must end like the
    unbroken one. Without strace, a limit on the size of files stands in.
    """
    failures, failed = [], 0
    for number in range(points):
        run_dir = scratch / f"full-{number}"
        what = f"disk full, point {number}"
        if shutil.which("strace"):
            call = CALLS[number % len(CALLS)]
            k = 1 + 4 * (number // len(CALLS))
            what = f"disk full at {call} {k}"
            strace = ["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", f"trace={call}"]
            strace += ["-P", str(run_dir)] if call == "mkdir" else []
            strace += ["-e", f"inject={call}:error=ENOSPC:when={k}+"]
            process = start(new_run(data, run_dir), wrapper=strace)
        else:
            limit = int(np.geomspace(1, 40_000, points)[number])
            limited = ["sh", "-c", f'ulimit -f {limit}; exec "$@"', "sh"]
            process = start(new_run(data, run_dir), wrapper=limited)
        _, stderr = process.communicate()
        failed += process.returncode != 0
        one_line = stderr.startswith("error: ") and stderr.count("\n") == 1
        if process.returncode and not (process.returncode == 1 and one_line):
            failures.append(f"{what}: exit {process.returncode}: {stderr}")
        else:
            failures += compare(data, run_dir, unbroken, what)
        shutil.rmtree(run_dir, ignore_errors=True)
    note = f"{failed} of them ended the run, in one line"
    return Row("disk full", points, points - len(failures), note, tuple(failures))
