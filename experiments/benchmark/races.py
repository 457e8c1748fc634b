"""Races over pieces of work: who takes part, and the rows that come of it."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    works: Sequence[Work],
    *,
    rounds: int,
    seconds: float,
    tell: Callable[[str], object],
    size: str = "",
    sittings: int = 1,
) -> Iterator[tuple[list[Row], dict[str, Any]]]:
    """Races everyone who can over each of the works: a row for each peer, and all samples.

    `size` says what it is done with, if not a batch of images. In each of the `sittings`, among
    which the rounds are divided, all processes are new: where memory comes to lie can make one a
    tenth faster or slower for all of its life. After every race what there is of its work is given.
    """
    sizes = [size or work.dimensions for work in works]
    raced: list[dict[tuple[str, str], Entry]] = [{} for _ in works]
    sittings = min(sittings, rounds)
    for sitting in range(sittings):
        if sittings > 1:
            running.restart()
        for number, (work, what, entries) in enumerate(zip(works, sizes, raced, strict=True), 1):
            progress = [TITLES[work.kind], what]
            if len(works) > 1:
                progress.append(f"{number} of {len(works)}")
            if sittings > 1:
                progress.append(f"sitting {sitting + 1} of {sittings}")
            tell(", ".join(progress))
            settings = [one for one, entry in entries.items() if not entry.left]
            now = {
                one: running.entry(*one, work, seconds)
                for one in (settings if sitting else _settings(running, work))
            }
            turns = rounds * (sitting + 1) // sittings - rounds * sitting // sittings
            race(list(now.values()), turns, drop_out=not sitting)
            running.drop()
            for one, entry in now.items():
                entries[one] = entries[one].joined(entry) if sitting else entry
            so_far = list(entries.values())
            yield _rows(running, work, what, so_far), {f"{work.kind} {what}": all_samples(so_far)}


def _settings(running: Contenders, work: Work) -> list[tuple[str, str]]:
    """The libraries that are here and can do a work, each with the settings it is tried with."""
    return [
        (name, setting)
        for name, library in running.libraries.items()
        if work.kind in library.skills and not library.missing()
        for setting in library.skills[work.kind].settings
    ]


def _rows(running: Contenders, work: Work, size: str, raced: list[Entry]) -> list[Row]:
    """A row for each peer that can do a work, or our own where there is none."""
    rows = [
        _row(library, name, work, size, raced)
        for name, library in running.libraries.items()
        if name != AUGJAX and work.kind in library.skills
    ]
    ours = best_of(raced, AUGJAX)
    if not rows and ours:
        rows = [Row(work=TITLES[work.kind], size=size, value=Spread.of(ours.ms))]
    return rows


def why_absent(name: str, library: Library, config: Config) -> str:
    """Why a peer takes no part, or ''."""
    if name not in config.peers:
        return "not among --peers"
    return library.absence


def alone(
    running: Contenders, work: Work, title: str, *, rounds: int, seconds: float, size: str = ""
) -> tuple[list[Row], dict[str, Any]]:
    """Times what only augjax is asked to do: a row without a ratio, and all samples.

    `size` is as in `compare`.
    """
    row = Row(work=title, size=size or work.dimensions)
    entry = running.entry(AUGJAX, "jit", work, seconds)
    race([entry], rounds, drop_out=False)
    running.drop()
    timed = {f"{row.work}, {row.size}": all_samples([entry])}
    if entry.failed:
        return [dataclasses.replace(row, skipped=entry.failed)], timed
    return [dataclasses.replace(row, value=Spread.of(entry.ms))], timed


def _row(library: Library, name: str, work: Work, size: str, entries: list[Entry]) -> Row:
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
        why = next(iter(failures), library.absence or "not measured")
        return dataclasses.replace(row, skipped=f"augjax: {why}" if theirs else why)
    broken = [
        f"its setting {entry.setting} fails ({entry.failed})"
        for entry in entries
        if entry.name == name and entry.failed
    ]
    return dataclasses.replace(
        row,
        note="; ".join(filter(None, (note, *broken))),
        setting=theirs.setting,
        theirs=Spread.of(theirs.ms),
        value=Spread.of(ratios(theirs.ms, ours.ms)),
    )
