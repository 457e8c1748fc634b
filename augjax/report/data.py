"""What a run was trained on and validated with: how many images of what, and what is odd."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from augjax.errors import InputError
from augjax.files import read_json
from augjax.printable import printable
from augjax.runs.contents import read_data_report
from augjax.runs.folder import DATA_REPORT, FINGERPRINTS
from augjax.runs.loaded import Run


class ClassCounts(NamedTuple):
    """A class, how many images of it each split has, and that by the most of any class."""

    name: str
    counts: tuple[int, ...]
    shares: tuple[float, ...]


class DataSummary(NamedTuple):
    """The images of a run.

    Attributes:
      source: where they come from.
      splits: the names of training and validation split.
      totals: the images in each.
      classes: in the order of the labels; empty where the run has not kept their counts.
      bad: files that were left out, each with the reason.
      skipped: what else was passed over, by kind, with its number.
      doubtful: files in use that may be damaged.
      dark: 16-bit files in use that are nearly black.
      leaks: files of the validation split, each with the file of the training split that has the
        same bytes.
      repeated: by split, the images whose bytes another of the same split has too; None where the
        run has not kept the fingerprints of all bytes.
    """

    source: str
    splits: tuple[str, ...]
    totals: tuple[int, ...]
    classes: tuple[ClassCounts, ...]
    bad: tuple[tuple[str, str], ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()
    doubtful: tuple[str, ...] = ()
    dark: tuple[str, ...] = ()
    leaks: tuple[tuple[str, str], ...] = ()
    repeated: Mapping[str, int] | None = None

    @property
    def greatest_share(self) -> tuple[str, float] | None:
        """The class with the most validation images, and its share of them, if they are known."""
        if not self.classes or not self.totals[1]:
            return None
        greatest = max(self.classes, key=lambda one: one.counts[1])
        return greatest.name, greatest.counts[1] / self.totals[1]


def data_summary(run: Run) -> DataSummary:
    """What the run has kept of its images in its folder; they need not be there any more.

    Raises:
      InputError: if what it has kept cannot be read.
    """
    source = str(run.record.get("data") or run.settings.get("data") or "")
    found = read_data_report(run.folder)
    try:
        if found is None:
            totals = tuple(int(run.record.get(f"{s}_images") or 0) for s in ("train", "valid"))
            return DataSummary(source, ("training", "validation"), totals, ())
        return _summary(run, found, source)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        path = printable(str(run.folder / DATA_REPORT))
        raise InputError(f"{path} is not what a run has written") from error


def _summary(run: Run, found: dict[str, Any], source: str) -> DataSummary:
    counts: dict[str, dict[str, int]] = found["counts"]
    train, valid = counts
    by_class = [[int(counts[s].get(name, 0)) for s in (train, valid)] for name in run.class_names]
    most = [max(column) or 1 for column in zip(*by_class, strict=True)]
    return DataSummary(
        source=source or str(found["root"]),
        splits=(train, valid),
        totals=tuple(sum(column) for column in zip(*by_class, strict=True)),
        classes=tuple(
            ClassCounts(name, tuple(row), tuple(n / m for n, m in zip(row, most, strict=True)))
            for name, row in zip(run.class_names, by_class, strict=True)
        ),
        bad=tuple((str(one["path"]), str(one["reason"])) for one in found["bad"]),
        skipped=tuple((str(kind), int(n)) for kind, n in found["skipped"].items()),
        doubtful=tuple(map(str, found["doubtful"])),
        dark=tuple(map(str, found["dark"])),
        leaks=tuple((str(one["valid"]), str(one["train"])) for one in found["leaks"]),
        repeated=_repeated(run, (train, valid)),
    )


def two_labels(run: Run) -> list[str]:
    """The files of the same bytes that have two labels, a line for each content.

    Raises:
      InputError: if the run's images cannot be read.
    """
    wholes, same = _wholes(run) or {}, defaultdict(list)
    for split, use in ((run.dataset.train, "training"), (run.dataset.valid, "validation")):
        for source, label in zip(split.sources, split.labels.tolist(), strict=True):
            whole = wholes.get(f"{split.name}/{source}", "")
            if whole.strip("0"):
                same[whole].append((f"{source} ({run.class_names[label]}, {use})", label))
    return [
        " = ".join(shown for shown, _ in group)
        for group in same.values()
        if len({label for _, label in group}) > 1
    ]


def _wholes(run: Run) -> dict[str, str] | None:
    """The fingerprint of all bytes of each image, by its path; zeros where it was not decoded."""
    try:
        kept = read_json(run.folder / FINGERPRINTS)
        return {name: both.split()[1] for name, both in kept["images"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None


def _repeated(run: Run, splits: tuple[str, str]) -> dict[str, int] | None:
    if (wholes := _wholes(run)) is None:
        return None
    found = {
        split: [whole for name, whole in wholes.items() if name.startswith(f"{split}/")]
        for split in splits
    }
    if not all(whole.strip("0") for one in found.values() for whole in one):
        return None  # Not all were decoded.
    return {
        split: sum(count for count in Counter(wholes).values() if count > 1)
        for split, wholes in found.items()
    }
