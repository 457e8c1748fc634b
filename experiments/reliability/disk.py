"""Disks that are full, at many points of a run."""

import shutil
from pathlib import Path

import numpy as np

from experiments.reliability.kills import compare
from experiments.reliability.runs import Row, new_run, start


def fill_disk(data: Path, scratch: Path, unbroken: dict, *, points: int) -> Row:
    """No file may grow beyond a limit, from half a KiB to 20 MiB; then without, it is resumed.

    Where a run fails it must say so in one line and exit with 1; either way it must end like the
    unbroken one.
    """
    failures, failed = [], 0
    for number, blocks in enumerate(np.geomspace(1, 40_000, points).astype(int)):
        run_dir = scratch / f"full-{number}"
        what = f"files limited to {blocks} blocks"
        limited = ["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh"]
        process = start(new_run(data, run_dir), wrapper=limited)
        _, stderr = process.communicate()
        failed += process.returncode != 0
        one_line = stderr.startswith("error: ") and stderr.count("\n") == 1
        if process.returncode and not (process.returncode == 1 and one_line):
            failures.append(f"{what}: exit {process.returncode}: {stderr}")
        else:
            failures += compare(data, run_dir, unbroken, what)
        shutil.rmtree(run_dir, ignore_errors=True)
    note = f"by a limit on the size of files; {failed} of them ended the run, in one line"
    return Row("disk full", points, points - len(failures), note, tuple(failures))
