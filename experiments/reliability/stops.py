"""Requests to stop, and how long it takes to go on."""

import shutil
import signal
import time
from pathlib import Path

import numpy as np

from experiments.reliability.kills import compare
from experiments.reliability.runs import Row, new_run, progress, start, try_all

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def ask_to_stop(
    data: Path, scratch: Path, unbroken: dict, *, times: int, seed: int, jobs: int
) -> Row:
    """SIGTERM and SIGINT in turn, at random moments from the first checkpoint on.

    A run must end with 143 or 130 and one line that says how to go on, and then end like the
    unbroken one; or it was over by then.
    """

    def trial(number: int) -> tuple[float, list[str]]:
        rng = np.random.default_rng((seed, number))
        run_dir, signum = scratch / f"stop-{number}", SIGNALS[number % 2]
        process = start(new_run(data, run_dir))
        while progress(run_dir) == (0, 0) and process.poll() is None:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 2))
        asked = time.monotonic()
        process.send_signal(signum)
        _, stderr = process.communicate()
        waited = time.monotonic() - asked
        what = f"{signum.name}, run {number}"
        remedy = f"--resume {run_dir}" in stderr
        if process.returncode != 0 and not (process.returncode == 128 + signum and remedy):
            failures = [f"{what}: exit {process.returncode}: {stderr}"]
        else:
            failures = compare(data, run_dir, unbroken, what)
        shutil.rmtree(run_dir, ignore_errors=True)
        return waited, failures

    what = "SIGTERM and SIGINT"
    found = try_all(what, trial, range(times), jobs=jobs)
    failures = tuple(failure for _, some in found for failure in some)
    note = f"at most {max(waited for waited, _ in found):.1f} s from the signal to the exit"
    return Row(what, times, times - len(failures), note, failures)


def cost_of_resuming(data: Path, scratch: Path, *, epochs: tuple[int, ...]) -> Row:
    """Seconds from the command to the first new checkpoint, at the end of each of `epochs`."""
    run_dir = scratch / "long"
    start(new_run(data, run_dir, f"--epochs={epochs[0]}", "--patience=1000")).communicate()
    seconds, went_on = [], 0
    for epoch in epochs:
        if progress(run_dir)[0] <= epoch:
            start([f"--resume={run_dir}", f"--epochs={epoch}"]).communicate()
        before = progress(run_dir)
        copy = scratch / "copy"
        shutil.copytree(run_dir, copy)
        began = time.monotonic()
        process = start([f"--resume={copy}", f"--epochs={epoch + 1}"])
        while progress(copy) == before and process.poll() is None:
            time.sleep(0.01)
        seconds.append(time.monotonic() - began)
        went_on += progress(copy) > before
        process.kill()
        process.communicate()
        shutil.rmtree(copy)
    listed = ", ".join(f"{s:.1f} s at epoch {e}" for e, s in zip(epochs, seconds, strict=True))
    return Row("resuming, to the first checkpoint", len(epochs), went_on, listed)
