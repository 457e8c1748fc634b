"""Runs of several processes on this machine: a step, what a process reads, and the vote."""

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from augjax.runtime.cluster import free_address
from experiments.benchmark.config import Config
from experiments.benchmark.growth import Series
from experiments.benchmark.pictures import write_pictures
from experiments.benchmark.table import with_spread
from experiments.benchmark.timing import Contender, Entry, Failed, Spread, race, ratios, samples
from experiments.benchmark.works import OURS, Work

RUN = "run"
"""The entry of an epoch as a run has it; the others are told by what they lack."""
NO_VOTES = "without votes"
KINDS = {RUN: "epoch", NO_VOTES: "epoch_without_votes"}


class Group:
    """The processes of one run as one contender: they are told to do a thing at the same time.

    Args:
      stack: ends them.
      count: how many.
      cache: stands in for the user's cache folder.
    """

    def __init__(self, stack: ExitStack, count: int, cache: Path) -> None:
        own = {
            "XDG_CACHE_HOME": str(cache),
            "JAX_COMPILATION_CACHE_DIR": str(cache / "compiled"),
            "JAX_NUM_CPU_DEVICES": "1",
        }
        together = {"JAX_COORDINATOR_ADDRESS": free_address(), "JAX_NUM_PROCESSES": str(count)}
        self.read: list[float] = []
        """The bytes that each process has read in the latest epoch."""
        self._members = []
        for index in range(count):
            joining = {**together, "JAX_PROCESS_ID": str(index)} if count > 1 else {}
            library = dataclasses.replace(
                OURS, module="experiments.benchmark.together", environment={**own, **joining}
            )
            self._members.append(stack.enter_context(Contender(library, "")))

    def build(self, id: str, work: Work, seconds: float) -> None:
        """As a contender's; `seconds` must be so few that one call fills them in each process."""
        self._all(lambda member: member.build(id, work, seconds))

    def go(self, id: str) -> tuple[float, float]:
        """Milliseconds of the slowest process, and the bytes read by the one that read most."""
        replies = self._all(lambda member: member.go(id))
        self.read = [value or 0.0 for _, value in replies]
        return max(ms for ms, _ in replies), max(self.read)

    def _all(self, do: Callable[[Contender], Any]) -> list[Any]:
        """What all reply; where one fails, the others would wait for it, and are ended."""
        with ThreadPoolExecutor(len(self._members)) as pool:
            waiting = [pool.submit(do, member) for member in self._members]
            done, _ = wait(waiting, return_when=FIRST_EXCEPTION)
            failures = [error for one in done if (error := one.exception())]
            if failures:
                for member in self._members:
                    member.kill()
                raise failures[0]
        return [one.result() for one in waiting]


def processes(counts: Sequence[int], config: Config) -> tuple[list[Series], dict[str, Any]]:
    """Runs on the same global batch with so many processes, each with one device, in one race."""
    train, batch, size = (16, 8, 16) if config.quick else (640, 64, 32)
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        data = write_pictures(Path(scratch, "data"), train=train, valid=2)
        runs: dict[int, dict[str, Entry]] = {}
        groups: dict[int, Group] = {}
        for count in counts:
            groups[count] = group = Group(stack, count, Path(scratch, f"cache {count}"))
            kinds = KINDS if count > 1 else [RUN]  # A process by itself has no votes.
            runs[count] = {kind: _entry(group, kind, batch, size, data) for kind in kinds}
        everyone = [entry for kinds in runs.values() for entry in kinds.values()]
        race(everyone, config.long_turns, drop_out=False)
    timed = {
        str(count): samples(list(kinds.values())) | {"bytes read": groups[count].read}
        for count, kinds in runs.items()
    }
    steps = -(-train // batch)
    found = _series(runs, groups, steps, f"a step of a run, {batch}x{size}x{size}x3 from JPEGs")
    return found, {"processes": timed}


def _entry(group: Group, kind: str, batch: int, size: int, data: Path) -> Entry:
    entry = Entry(kind, "", group, kind)  # type: ignore[arg-type]
    try:
        group.build(entry.id, Work(KINDS[kind], batch, size, data=str(data)), 1e-9)
    except Failed as failure:
        entry.failed = str(failure)
    return entry


def _series(
    runs: dict[int, dict[str, Entry]], groups: dict[int, Group], steps: int, what: str
) -> list[Series]:
    ran = {n: kinds for n, kinds in runs.items() if not any(e.failed for e in kinds.values())}
    times = {n: Spread.of(kinds[RUN].ms).median / 1e3 / steps for n, kinds in ran.items()}
    votes = {
        n: Spread.of(ratios(kinds[RUN].ms, kinds[NO_VOTES].ms))
        for n, kinds in ran.items()
        if NO_VOTES in kinds
    }

    def points(costs: dict[int, float]) -> tuple[tuple[float, float], ...]:
        return tuple((float(n), cost) for n, cost in costs.items())

    return [
        one
        for one in (
            Series(what, "processes", "time", points(times)),
            Series(
                f"{what}: with its vote, in times of without",
                "processes",
                "ratio",
                points({n: spread.median for n, spread in votes.items()}),
                note=", ".join(f"{with_spread(s, 'x')} at {n}" for n, s in votes.items()),
            ),
            Series(
                "files read in an epoch, by all processes",
                "processes",
                "reading",
                points({n: sum(groups[n].read) for n in ran}),
            ),
            Series(
                "files read in an epoch, by the process that reads most",
                "processes",
                "reading",
                points({n: max(groups[n].read) for n in ran}),
                is_share=True,
            ),
        )
        if one.points
    ]
