"""SIGKILL at moments nobody chose, and at every k-th call to the file system."""

import collections
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from experiments.reliability.runs import Row, differs, finish, new_run, start, try_all

CALLS = ("write", "fsync", "rename", "mkdir", "unlink", "unlinkat", "rmdir")
KILLS_A_RUN = 3


def kill_at_random(
    data: Path, scratch: Path, unbroken: dict, *, kills: int, seed: int, jobs: int
) -> Row:
    """Kills runs, up to three times each, at random moments from the first written file on."""

    def trial(number: int) -> tuple[int, list[str]]:
        rng = np.random.default_rng((seed, number))
        run_dir = scratch / f"random-{number}"
        flags, done = new_run(data, run_dir), 0
        for _ in range(KILLS_A_RUN):
            process = start(flags)
            while not (run_dir / "config.json").exists() and process.poll() is None:
                time.sleep(0.01)
            # A whole run takes a few seconds from here, most of them to compile.
            time.sleep(rng.uniform(0, 9))
            process.kill()
            process.communicate()
            if process.returncode != -signal.SIGKILL:
                break  # It was over before.
            done += 1
            flags = [f"--resume={run_dir}"]
        failures = compare(data, run_dir, unbroken, f"random kill, run {number}")
        shutil.rmtree(run_dir, ignore_errors=True)
        return done, failures

    what, found = "SIGKILL at random moments", []
    while (done := sum(kills for kills, _ in found)) < kills:
        more = -(-(kills - done) // KILLS_A_RUN)
        found += try_all(what, trial, range(len(found), len(found) + more), jobs=jobs)
    failures = [failure for _, some in found for failure in some]
    note = f"{len(found)} runs, each killed up to {KILLS_A_RUN} times"
    return Row(what, done, done - len(failures), note, tuple(failures))


def kill_at_calls(data: Path, scratch: Path, unbroken: dict, *, points: int, jobs: int) -> Row:
    """Kills a run before the k-th call of each kind that changes files, in whichever thread."""

    def begin(run_dir: Path, wrapper: Sequence[str]) -> list[subprocess.Popen]:
        return [start(new_run(data, run_dir), wrapper=wrapper)]

    def check(run_dir: Path, processes: Sequence[subprocess.Popen], what: str) -> list[str]:
        return compare(data, run_dir, unbroken, what)

    what = "SIGKILL at every k-th file-system call"
    return kill_first_at_calls(what, scratch, begin, check, points=points, jobs=jobs)


def kill_first_at_calls(
    what: str,
    scratch: Path,
    begin: Callable[[Path, Sequence[str]], list[subprocess.Popen]],
    check: Callable[[Path, Sequence[subprocess.Popen], str], list[str]],
    *,
    points: int,
    jobs: int,
) -> Row:
    """As `kill_at_calls`, process 0 of any run.

    Args:
      what: for the table's first column.
      scratch: for the runs.
      begin: starts a run in a folder, process 0 under a wrapper.
      check: what went wrong, seen after process 0 was killed, given the folder, the other
        processes, and how to call the run.
      points: so many are tried, spread evenly over all there are.
      jobs: so many at a time.
    """
    if shutil.which("strace") is None:
        return Row(what, 0, None, "strace is not installed")
    most = _calls_of_a_thread(scratch, begin)
    chosen: list[tuple[str, int]] = []
    for number, call in enumerate(sorted(CALLS, key=lambda call: most[call])):
        # Of every kind alike, as far as there are as many: the rarest first.
        share = min(most[call], -(-(points - len(chosen)) // (len(CALLS) - number)))
        chosen += [(call, -(-turn * most[call] // share)) for turn in range(1, share + 1)]

    def trial(point: tuple[str, int]) -> list[str] | None:
        call, k = point
        run_dir, log = scratch / f"{call}-{k}", scratch / f"{call}-{k}.log"
        # strace --seccomp-bpf stops at nothing but these calls, which makes it quick; it injects no
        # signals then, but it can hold the call back, and its log ends within the line meanwhile.
        strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "signal=none", "-o", str(log)]
        strace += ["-e", f"trace={call}", "-e", f"inject={call}:delay_enter=999s:when={k}"]
        process, *others = begin(run_dir, strace)
        tail = ""
        while process.poll() is None:
            time.sleep(0.2)
            before, tail = tail, log.read_text(errors="replace")[-200:] if log.exists() else ""
            if tail == before and tail and not tail.endswith("\n"):
                os.killpg(process.pid, signal.SIGKILL)
                break
        process.communicate()
        failures = None
        if process.returncode == -signal.SIGKILL:
            failures = check(run_dir, others, f"{call} {k}")
        for other in others:
            other.communicate()
        shutil.rmtree(run_dir, ignore_errors=True)
        return failures

    found = try_all(what, trial, chosen, jobs=jobs)
    killed = [some for some in found if some is not None]
    failures = [failure for some in killed for failure in some]
    note = f"{len(chosen)} of {sum(most.values())} points tried; the run came to {len(killed)}"
    return Row(what, len(killed), len(killed) - len(failures), note, tuple(failures))


def _calls_of_a_thread(
    scratch: Path, begin: Callable[[Path, Sequence[str]], list[subprocess.Popen]]
) -> dict[str, int]:
    """How many calls of each kind the busiest thread of a run can be counted on to make.

    strace counts for each thread, and which one does what changes from run to run; half of the most
    that one made is reached nearly always.
    """
    log, run_dir = scratch / "calls.log", scratch / "traced"
    strace = ["strace", "-f", "--seccomp-bpf", "-o", str(log), "-e", f"trace={','.join(CALLS)}"]
    for process in begin(run_dir, strace):
        process.communicate()
    shutil.rmtree(run_dir)
    made = re.findall(r"^(\d+) +(\w+)\(", log.read_text(errors="replace"), re.MULTILINE)
    counts = collections.Counter(made)
    return {
        call: -(-max((n for (_, c), n in counts.items() if c == call), default=0) // 2)
        for call in CALLS
    }


def compare(data: Path, run_dir: Path, unbroken: dict, what: str) -> list[str]:
    """Resumes a run; what went wrong if it does not end like the unbroken one."""
    wrong = finish(data, run_dir)
    if wrong is None:
        wrong = differs(run_dir, unbroken)
    return [f"{what}: {wrong}"] if wrong else []
