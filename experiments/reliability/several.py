"""Runs of several processes: signals to any, SIGKILL of any, damage, and other counts."""

import itertools
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.reliability.damage import DAMAGES, LATEST
from experiments.reliability.kills import kill_first_at_calls
from experiments.reliability.runs import EPOCHS, Row, differs, outcome, progress, try_all
from experiments.reliability.stops import SIGNALS
from experiments.reliability.together import (
    PEER_TIMEOUT,
    STEPS,
    TWO,
    Crew,
    Study,
    next_line,
    until,
    wait_for_step,
)
from tests import loopback

BOUND = 60
"""Seconds in which all must have ended once one was asked to or is gone."""
CLOSE = 1e-5
"""The most by which losses may differ that other counts of processes come to."""


class Counts(NamedTuple):
    """How often each is tried: signals, kills, kills at calls, damage, other counts."""

    signals: int
    kills: int
    calls: int
    damages: int
    changes: tuple[tuple[Crew, Crew], ...]


_CREWS = [Crew(1), Crew(2), Crew(4)]
_OF_DEVICES = (
    (Crew(2, 2), Crew(2, 2)),
    (Crew(2, 2), Crew(2)),
    (Crew(1, 4), Crew(4)),
    (Crew(4), Crew(1, 4)),
    (Crew(4, 2), Crew(2, 4)),
    (Crew(2, 4), Crew(1)),
)
QUICK = Counts(2, 2, 1, 1, ((TWO, Crew(1)),))
FULL = Counts(12, 20, 20, 6, (*itertools.product(_CREWS, _CREWS), *_OF_DEVICES))


def rows(study: Study, counts: Counts = QUICK) -> Iterator[Row]:
    """A row for each kind of harm, as it comes."""
    study.scratch.mkdir()
    unbroken: dict[Crew, dict[str, Any]] = {}
    for crew in sorted({TWO, *(before for before, _ in counts.changes)}):
        for ended in loopback.ended(study.begin(study.unbroken(crew), by=crew)):
            assert ended.code == 0, ended.err
        unbroken[crew] = outcome(study.unbroken(crew))
    yield ask_any_to_stop(study, unbroken[TWO], times=counts.signals)
    yield kill_any(study, unbroken[TWO], kills=counts.kills)
    yield damage_checkpoints(study, unbroken[TWO], damages=counts.damages)
    yield change_counts(study, unbroken, changes=counts.changes)
    yield kill_first(study, unbroken[TWO], points=counts.calls)


def ask_any_to_stop(study: Study, unbroken: dict[str, Any], *, times: int) -> Row:
    """SIGTERM and SIGINT in turn, to any of two processes, at random steps; some before the first.

    All must end with 143 or 130, the first with one line that says how to go on.
    """

    def trial(number: int) -> tuple[float, bool, list[str]]:
        rng = np.random.default_rng((study.seed, number))
        run_dir, signum = study.scratch / f"stop-{number}", SIGNALS[number % 2]
        processes = study.begin(run_dir)
        # Until it names its devices, it is on its way to the others, and ends alone.
        until(lambda: next_line(processes[0]).startswith("Running"), processes)
        if number % 4 == 3:
            time.sleep(rng.uniform(0, 6))
        else:
            wait_for_step(run_dir, rng, processes)
        whom = int(rng.integers(2))
        asked = time.monotonic()
        processes[whom].send_signal(signum)
        ended = loopback.ended(processes, seconds=BOUND)
        waited, reached = time.monotonic() - asked, progress(run_dir)
        what = f"{signum.name} to process {whom} at {reached}, run {number}"
        over = _trained(run_dir) and all(one.code in (0, 128 + signum) for one in ended)
        failures = [] if over else wrongly_stopped(ended, signum, run_dir, reached, what)
        failures = failures or study.compare(run_dir, unbroken, what)
        shutil.rmtree(run_dir, ignore_errors=True)
        return waited, reached == (0, 0), failures

    what = "SIGTERM or SIGINT to any of 2 processes"
    found = try_all(what, trial, range(times), jobs=study.jobs)
    failures = tuple(failure for *_, some in found for failure in some)
    early = sum(early for _, early, _ in found)
    note = f"at most {max(waited for waited, *_ in found):.1f} s from the signal to the last exit"
    note += f"; {early} before the first checkpoint"
    return Row(what, times, times - len(failures), note, failures)


def kill_any(study: Study, unbroken: dict[str, Any], *, kills: int) -> Row:
    """SIGKILL of any of two processes at random steps: the other must end, and not with 0."""

    def trial(number: int) -> tuple[float, list[str]] | None:
        rng = np.random.default_rng((study.seed, 1, number))
        run_dir, whom = study.scratch / f"kill-{number}", int(rng.integers(2))
        processes = study.begin(run_dir)
        wait_for_step(run_dir, rng, processes)
        killed = time.monotonic()
        processes[whom].kill()
        ended = loopback.ended(processes, seconds=BOUND)
        waited, what = time.monotonic() - killed, f"process {whom} killed, run {number}"
        if ended[whom].code != -signal.SIGKILL:
            return None  # It was over before.
        failures = _did_not_end([ended[1 - whom]], run_dir, what)
        failures = failures or study.compare(run_dir, unbroken, what)
        shutil.rmtree(run_dir, ignore_errors=True)
        return waited, failures

    what = "SIGKILL of any of 2 processes"
    found = [one for one in try_all(what, trial, range(kills), jobs=study.jobs) if one]
    failures = tuple(failure for _, some in found for failure in some)
    longest = max((waited for waited, _ in found), default=0)
    note = f"the other ended within {longest:.1f} s; --peer-timeout {PEER_TIMEOUT}"
    return Row(what, len(found), len(found) - len(failures), note, failures)


def kill_first(study: Study, unbroken: dict[str, Any], *, points: int) -> Row:
    """SIGKILL of process 0 of two, which alone writes, at calls that change files."""

    def check(run_dir: Path, others: Sequence[subprocess.Popen], what: str) -> list[str]:
        wrong = _did_not_end(loopback.ended(others, seconds=BOUND), run_dir, what)
        return wrong or study.compare(run_dir, unbroken, what)

    what = "SIGKILL of process 0 of 2 at every k-th file-system call"
    scratch, jobs = study.scratch, study.jobs
    return kill_first_at_calls(what, scratch, study.begin, check, points=points, jobs=jobs)


def damage_checkpoints(study: Study, unbroken: dict[str, Any], *, damages: int) -> Row:
    """Harm to a file of the latest checkpoint: the one before is used, and that is said."""
    pristine, latest = study.unbroken(), Path("checkpoints", "last", LATEST)
    files = [f.relative_to(pristine) for f in sorted((pristine / latest).rglob("*")) if f.is_file()]
    cases = list(itertools.product(files, DAMAGES))
    chosen = np.linspace(0, len(cases) - 1, damages).astype(int).tolist()

    def trial(number: int) -> list[str]:
        file, kind = cases[number]
        run_dir = study.scratch / f"damaged-{number}"
        shutil.copytree(pristine, run_dir)
        DAMAGES[kind](run_dir / file)
        failures = study.compare(run_dir, unbroken, f"{file} {kind}", damaged=True)
        shutil.rmtree(run_dir)
        return failures

    what = "checkpoints of 2 processes damaged"
    found = try_all(what, trial, chosen, jobs=study.jobs)
    failures = tuple(failure for some in found for failure in some)
    note = f"of {len(files)} files and {len(DAMAGES)} kinds; resumed from the one before"
    return Row(what, len(chosen), len(chosen) - len(failures), note, failures)


def change_counts(
    study: Study, unbroken: dict[Crew, dict[str, Any]], *, changes: Sequence[tuple[Crew, Crew]]
) -> Row:
    """Stopped inside an epoch, and resumed by as many processes and devices or by others."""

    def trial(change: tuple[Crew, Crew]) -> tuple[float, list[str]]:
        before, after = change
        run_dir, what = study.scratch / f"{before}-{after}", f"{before} to {after} processes"
        processes = study.begin(run_dir, by=before)
        until(lambda: progress(run_dir) >= (2, 2), processes)
        processes[-1].terminate()
        codes = [ended.code for ended in loopback.ended(processes, seconds=BOUND)]
        if set(codes) != {128 + signal.SIGTERM}:
            return 0.0, [f"{what}: stopped with {codes}"]
        epoch, _ = progress(run_dir)
        resumed = study.go_on(run_dir, by=after)
        if (resumed.code, resumed.err) != (0, ""):
            return 0.0, [f"{what}: resumed: {resumed.code}: {resumed.err}"]
        history, whole = outcome(run_dir)["history"], unbroken[before]["history"]
        apart = _apart(history, whole)
        if before == after:
            wrong = differs(run_dir, unbroken[before])
        elif not all(change in resumed.out for change in _told(before, after)):
            wrong = "the change was not told of"
        elif history[: epoch - 1] != whole[: epoch - 1]:
            wrong = "epochs from before the stop differ"
        else:
            wrong = "" if apart <= CLOSE else f"losses differ by {apart:.1e}"
        shutil.rmtree(run_dir)
        return apart, [f"{what}: {wrong}"] if wrong else []

    what = "runs of N processes resumed by M"
    found = try_all(what, trial, changes, jobs=study.jobs)
    failures = tuple(failure for _, some in found for failure in some)
    pairs = ", ".join(f"{before} to {after}" for before, after in changes)
    note = f"{pairs}; losses differ by at most {max(apart for apart, _ in found):.1e}"
    return Row(what, len(changes), len(changes) - len(failures), note, failures)


def _told(before: Crew, after: Crew) -> list[str]:
    """What the resumed run must say of the processes."""
    if before.processes == after.processes:
        return [] if before == after else ["devices ["]
    return [f"processes {before.processes} -> {after.processes}"]


def _trained(run_dir: Path) -> bool:
    """Whether the processes have parted ways, and the first one may still be writing figures."""
    return progress(run_dir) > (EPOCHS, STEPS)


def _did_not_end(others: Sequence[loopback.Ended], run_dir: Path, what: str) -> list[str]:
    """What went wrong if they did not end by themselves, with an error if there was more to do."""
    bad = (-signal.SIGKILL,) if _trained(run_dir) else (0, -signal.SIGKILL)
    wrong = [other for other in others if other.code in bad]
    return [f"{what}: the others: {[other.code for other in others]}"] if wrong else []


def wrongly_stopped(
    ended: Sequence[loopback.Ended],
    signum: int,
    run_dir: Path,
    reached: tuple[int, ...],
    what: str,
) -> list[str]:
    """What went wrong if not all stopped as they were asked to, and the first one told of it."""
    told = [
        [line for line in one.err.splitlines() if not line.startswith("stopping after this step")]
        for one in ended
    ]
    remedy = f"interrupted; go on with: augjax resume {run_dir}"
    if reached == (0, 0):
        remedy = "interrupted; "
    right = len(told[0]) == 1 and told[0][0].startswith(remedy) and not any(told[1:])
    if right and all(one.code == 128 + signum for one in ended):
        return []
    return [f"{what}: exits {[one.code for one in ended]}: {told}"]


def _apart(history: list[dict[str, str]], whole: list[dict[str, str]]) -> float:
    """The most by which a loss differs between two runs of as many epochs."""
    return max(
        abs(float(row[name]) - float(other[name]))
        for row, other in zip(history, whole, strict=True)
        for name in ("loss", "val_loss")
    )
