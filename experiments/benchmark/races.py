"""Races over pieces of work: who takes part, and the rows that come of it."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from experiments.benchmark.config import Config
from experiments.benchmark.table import Row
from experiments.benchmark.timing import Contender, Entry, Failed, Spread, best_of, race, ratios
from experiments.benchmark.timing import samples as all_samples
from experiments.benchmark.works import OURS, PEERS, TITLES, Library, Work, target

AUGJAX = "augjax"


class Contenders:
    """Processes by library and setting, each started when first wanted, and again if it died."""

    def __init__(self, stack: contextlib.ExitStack, libraries: Mapping[str, Library]) -> None:
        self.libraries = {AUGJAX: OURS, **libraries}
        self._stack = stack
        self._running: dict[tuple[str, str], Contender] = {}

    def get(self, name: str, setting: str) -> Contender:
        """The process of a library with a setting."""
        running = self._running.get((name, setting))
        if running is None or not running.alive:
            running = self._stack.enter_context(Contender(self.libraries[name], setting))
            self._running[name, setting] = running
        return running

    def entry(self, name: str, setting: str, work: Work, seconds: float) -> Entry:
        """A piece of work built by a contender, or failed at."""
        contender = self.get(name, setting)
        entry = Entry(name, setting, contender, f"{work.kind} {work.batch}x{work.size}")
        try:
            contender.build(entry.id, work, seconds)
        except Failed as failure:
            entry.failed = str(failure)
        return entry

    def restart(self) -> None:
        """Ends all processes, so that the next work is done by new ones."""
        self._stack.close()
        self._running.clear()

    def drop(self) -> None:
        """Has all forget what they built."""
        for contender in self._running.values():
            with contextlib.suppress(Failed):
                contender.ask(do="drop")


@contextlib.contextmanager
def contenders(config: Config, libraries: Mapping[str, Library] = PEERS) -> Iterator[Contenders]:
    """Those asked for; their processes end with the block."""
    chosen = {name: library for name, library in libraries.items() if name in config.peers}
    with contextlib.ExitStack() as stack:
        yield Contenders(stack, chosen)


def compare(
    running: Contenders,
    work: Work,
    *,
    rounds: int,
    seconds: float,
    tell: Callable[[str], object],
    size: str = "",
    sittings: int = 1,
) -> tuple[list[Row], dict[str, Any]]:
    """Races everyone who can do `work`: a row for each peer, and all samples.

    `size` says what it is done with, if not a batch of images. In each of the `sittings`, among
    which the rounds are divided, all processes are new: where memory comes to lie can make one a
    tenth faster or slower for all of its life.
    """
    size = size or "x".join(map(str, work.shape))
    tell(f"{TITLES[work.kind]}, {size}")
    able = {
        name: library for name, library in running.libraries.items() if work.kind in library.skills
    }
    absent = {
        name: f"{missing} is not installed"
        for name, library in able.items()
        if (missing := library.missing())
    }
    settings = [
        (name, setting)
        for name, library in able.items()
        if name not in absent
        for setting in library.skills[work.kind].settings
    ]
    entries: dict[tuple[str, str], Entry] = {}
    for sitting in range(min(sittings, rounds)):
        if sittings > 1:
            running.restart()
        now = {one: running.entry(*one, work, seconds) for one in settings}
        race(list(now.values()), -(-rounds // sittings), drop_out=not sitting)
        entries |= {one: entries[one].joined(now[one]) if sitting else now[one] for one in now}
        settings = [one for one in settings if not entries[one].left]
    running.drop()
    raced = list(entries.values())
    rows = [
        _row(library, name, work, size, raced, absent.get(name, ""))
        for name, library in able.items()
        if name != AUGJAX
    ]
    ours = best_of(raced, AUGJAX)
    if not rows and ours:
        rows = [Row(work=TITLES[work.kind], size=size, value=Spread.of(ours.ms))]
    return rows, {f"{work.kind} {size}": all_samples(raced)}


def why_absent(name: str, library: Library, config: Config) -> str:
    """Why a peer takes no part, or ''."""
    if name not in config.peers:
        return "not among --peers"
    missing = library.missing()
    return f"{missing} is not installed" if missing else ""


def alone(
    running: Contenders, work: Work, title: str, *, rounds: int, seconds: float, size: str = ""
) -> tuple[list[Row], dict[str, Any]]:
    """Times what only augjax is asked to do: a row without a ratio, and all samples.

    `size` is as in `compare`.
    """
    row = Row(work=title, size=size or "x".join(map(str, work.shape)))
    entry = running.entry(AUGJAX, "jit", work, seconds)
    race([entry], rounds, drop_out=False)
    running.drop()
    timed = {f"{row.work}, {row.size}": all_samples([entry])}
    if entry.failed:
        return [dataclasses.replace(row, skipped=entry.failed)], timed
    return [dataclasses.replace(row, value=Spread.of(entry.ms))], timed


def _row(
    library: Library, name: str, work: Work, size: str, entries: list[Entry], absent: str
) -> Row:
    note = library.skills[work.kind].note
    row = Row(
        work=TITLES[work.kind], size=size, peer=library.title, target=target(work, name), note=note
    )
    ours, theirs = best_of(entries, AUGJAX), best_of(entries, name)
    if ours:
        row = dataclasses.replace(row, ours=Spread.of(ours.ms))
    if ours is None or theirs is None:
        whose = AUGJAX if theirs else name
        failures = [entry.failed for entry in entries if entry.name == whose and entry.failed]
        why = absent or next(iter(failures), "not measured")
        return dataclasses.replace(row, skipped=f"augjax: {why}" if theirs else why)
    return dataclasses.replace(
        row,
        setting=theirs.setting,
        theirs=Spread.of(theirs.ms),
        value=Spread.of(ratios(theirs.ms, ours.ms)),
    )
