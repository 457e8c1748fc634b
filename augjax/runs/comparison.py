"""Runs held against each other: groups of seeds, paired differences, and what differs."""

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from augjax.errors import InputError
from augjax.printable import printable, some
from augjax.runs.contents import (
    is_number,
    read_history,
    read_record,
    read_settings,
    read_summary,
)
from augjax.runs.folder import SUMMARY

_OF_A_RUN = ("seed", "run_dir", "checkpoint_minutes")
"""Settings that make a run no run of another kind."""
_OF_DATA = ("class_names", "dataset_fingerprint")
"""Entries of run.json by which it is told whether runs had the same images."""
_NAMED = 3
"""So many runs of a group are named at most."""
CONFIDENCE = 0.95


@dataclasses.dataclass(frozen=True)
class ComparedRun:
    """A run that has ended.

    Attributes:
      folder: of the run.
      settings: its flags by name.
      record: its surroundings.
      history: a row for each epoch.
      summary: what it came to.
    """

    folder: Path
    settings: dict[str, Any]
    record: dict[str, Any]
    history: list[dict[str, Any]]
    summary: dict[str, Any]

    @property
    def seed(self) -> int:
        """Of all that it drew."""
        return self.settings["seed"]

    @property
    def accuracy(self) -> str:
        """What its validation accuracy is called."""
        named = ("val_binary_accuracy", "val_accuracy")
        return next(name for name in named if name in self.summary)


@dataclasses.dataclass(frozen=True)
class Group:
    """Runs of which only the seed differs.

    Attributes:
      name: the folders of its runs; of several, with their seeds.
      runs: by rising seed.
    """

    name: str
    runs: tuple[ComparedRun, ...]

    def values(self, column: str) -> list[float]:
        """A number of each run's summary."""
        return [run.summary[column] for run in self.runs]


@dataclasses.dataclass(frozen=True)
class Difference:
    """How much a group differs from another, in runs of equal seeds.

    Attributes:
      column: of the summary.
      first: the name of the group that is held against `second`.
      second: the name of the other.
      seeds: that both have, two or more.
      mean: of first minus second.
      low: the lower end of the interval of Student's t that holds the mean with `CONFIDENCE`.
      high: its upper end.
    """

    column: str
    first: str
    second: str
    seeds: tuple[int, ...]
    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """What the interval says, in words."""
        if self.low <= 0 <= self.high:
            return "no clear difference"
        return f"the {'first' if self.mean > 0 else 'second'} is higher"


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What `compare` finds.

    Attributes:
      groups: in the order of the runs given.
      differences: of each group from the first, where seeds pair up.
      settings: those that differ between groups, by name: the value of each group.
      notes: what stands against comparing the runs.
    """

    groups: tuple[Group, ...]
    differences: tuple[Difference, ...]
    settings: dict[str, list[Any]]
    notes: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The numbers of a summary that the table shows."""
        accuracy = self.groups[0].runs[0].accuracy
        return (accuracy, f"highest_{accuracy}", "val_loss", "epochs", "total_seconds")

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return {
            "groups": [
                {
                    "name": group.name,
                    "runs": [
                        {"folder": str(run.folder), "seed": run.seed}
                        | {name: run.summary.get(name) for name in self.columns}
                        for run in group.runs
                    ],
                    "mean": {n: statistics.mean(group.values(n)) for n in self.columns},
                    "std": {n: _std(group.values(n)) for n in self.columns},
                }
                for group in self.groups
            ],
            "differences": [
                {**dataclasses.asdict(difference), "verdict": difference.verdict}
                for difference in self.differences
            ],
            "settings": self.settings,
            "notes": list(self.notes),
        }


def compare_runs(folders: Sequence[Path]) -> Comparison:
    """Compares two or more runs that have ended.

    Raises:
      InputError: for fewer, for one that is given twice, has not ended, or cannot be read, and for
        runs of other classes.
    """
    if len(folders) < 2:
        raise InputError("expected two runs or more to compare")
    runs = [_read(folder) for folder in folders]
    for one, other in combinations(runs, 2):
        if one.folder.resolve() == other.folder.resolve():
            raise InputError(f"{printable(str(other.folder))}: this run is given twice")
        both = f"{printable(str(one.folder))} and {printable(str(other.folder))}"
        if one.accuracy != other.accuracy:
            raise InputError(
                f"{both}: one run is of two classes, the other of more; compare runs of one kind"
            )
        if differing := _other_classes(one, other):
            raise InputError(
                f"{both}: their classes differ: {differing}; compare runs of the same classes"
            )
    groups = _grouped(runs)
    names = sorted({name for run in runs for name in run.settings} - set(_OF_A_RUN))
    values = {name: [group.runs[0].settings.get(name) for group in groups] for name in names}
    differing = {
        name: found for name, found in values.items() if found.count(found[0]) < len(found)
    }
    accuracy = runs[0].accuracy
    differences = [
        difference
        for group in groups[1:]
        for column in (accuracy, "val_loss")
        if (difference := _difference(group, groups[0], column)) is not None
    ]
    return Comparison(groups, tuple(differences), differing, _notes(runs))


def _read(folder: Path) -> ComparedRun:
    settings, summary = read_settings(folder), read_summary(folder)
    if summary is None:
        raise InputError(
            f"{printable(str(folder))}: the run has not ended (no {SUMMARY}); resume it, or leave "
            "it out"
        )
    run = ComparedRun(folder, settings, read_record(folder), read_history(folder), summary)
    needed = ("val_loss", "epochs", "total_seconds", "epoch")
    try:
        needed += (run.accuracy, f"highest_{run.accuracy}")
        numbers = [summary[name] for name in needed] + [run.seed]
        if not all(map(is_number, numbers)) or not run.history:
            raise ValueError
    except (StopIteration, KeyError, ValueError) as error:
        raise InputError(
            f"{printable(str(folder / SUMMARY))} is not what a run has written"
        ) from error
    return run


def _other_classes(one: ComparedRun, other: ComparedRun) -> str:
    """Which classes only one of the runs has, in words; '' of runs that do not say their own."""
    names: Any = one.record.get("class_names")
    others: Any = other.record.get("class_names")
    if not (_are_texts(names) and _are_texts(others)):
        return ""
    said = [
        f"only the {which} has {some([printable(name) for name in mine if name not in theirs], 5)}"
        for which, mine, theirs in (("first", names, others), ("second", others, names))
        if set(mine) - set(theirs)
    ]
    return ", ".join(said)


def _are_texts(names: Any) -> bool:
    return isinstance(names, list) and all(isinstance(name, str) for name in names)


def _grouped(runs: Sequence[ComparedRun]) -> tuple[Group, ...]:
    kinds: list[tuple[dict[str, Any], dict[Any, ComparedRun]]] = []
    for run in runs:
        kind = {name: v for name, v in run.settings.items() if name not in _OF_A_RUN}
        for known, members in kinds:
            if known == kind and run.seed not in members:
                members[run.seed] = run
                break
        else:
            kinds.append((kind, {run.seed: run}))
    return tuple(_group(members) for _, members in kinds)


def _group(members: Mapping[int, ComparedRun]) -> Group:
    runs = tuple(members[seed] for seed in sorted(members))
    *others, last = folders = [str(run.folder) for run in runs]
    if not others:
        return Group(last, runs)
    named = f"{', '.join(others)} and {last}"
    if len(folders) > _NAMED:
        named = f"{folders[0]} and {len(others)} more"
    seeds = some([str(run.seed) for run in runs], 10)
    return Group(f"{named} (seeds {seeds})", runs)


def _difference(group: Group, first: Group, column: str) -> Difference | None:
    """Of the runs whose seeds both groups have; None for fewer than two."""
    ours, theirs = ({run.seed: run.summary[column] for run in g.runs} for g in (group, first))
    seeds = sorted(ours.keys() & theirs.keys())
    if len(seeds) < 2:
        return None
    from scipy.stats import t

    each = [ours[seed] - theirs[seed] for seed in seeds]
    mean = statistics.mean(each)
    half = float(t.ppf((1 + CONFIDENCE) / 2, len(each) - 1)) * _std(each) / len(each) ** 0.5
    return Difference(column, group.name, first.name, tuple(seeds), mean, mean - half, mean + half)


def _std(values: Sequence[float]) -> float:
    """The sample standard deviation; 0 of one value."""
    return statistics.stdev(values) if len(values) > 1 else 0.0


def _notes(runs: Sequence[ComparedRun]) -> tuple[str, ...]:
    for name in _OF_DATA:
        if any(run.record.get(name) != runs[0].record.get(name) for run in runs):
            return ("The runs had other images; their numbers do not tell which is better.",)
    return ()
