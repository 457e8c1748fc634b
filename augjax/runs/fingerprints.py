"""What a run knows of the content of its images, kept in its folder."""

import re
from pathlib import Path

import numpy as np

from augjax.data import Dataset, Split
from augjax.data.fingerprint import FINGERPRINT
from augjax.errors import InputError
from augjax.files import read_json, write_json
from augjax.printable import printable
from augjax.runs.folder import FINGERPRINTS


class Fingerprints:
    """The fingerprints of a data set's images, and those in the folder of a run.

    Args:
      run_dir: the run's folder.
      dataset: what the run is trained on.
    """

    def __init__(self, run_dir: Path, dataset: Dataset) -> None:
        self._file = run_dir / FINGERPRINTS
        self._splits = (dataset.train, dataset.valid)
        self._saved = self._decoded()

    def save(self) -> None:
        """Writes them.

        Raises:
          RunError: if they cannot be written.
        """
        self._saved = self._decoded()
        images = {name: f"{ends:016x} {whole:016x}" for name, (ends, whole) in self._now().items()}
        write_json(self._file, {"fingerprint": FINGERPRINT, "images": images})

    def save_new(self) -> None:
        """Writes them if more images have been decoded since."""
        if self._decoded() > self._saved:
            self.save()

    def changes(self, where: str) -> list[str]:
        """What differs from what is in the folder, as in 'train/Car/1.png is gone'.

        Of an image that one of both has not decoded, the ends of its file are compared.

        Args:
          where: what an error begins with.

        Raises:
          InputError: if they cannot be read.
        """
        before, now = _read(self._file, where), self._now()
        gone = {self._shown(name) for name in before.keys() - now.keys()}
        new = {self._shown(name) for name in now.keys() - before.keys()}
        changes = []
        for name in sorted(before.keys() | now.keys()):
            shown = self._shown(name)
            if shown in gone & new:
                if name in now:
                    changes.append(f"{shown} is in another split")
            elif name not in now:
                changes.append(f"{shown} is gone")
            elif name not in before:
                changes.append(f"{shown} is new")
            elif any(a != b for a, b in zip(before[name], now[name], strict=True) if a and b):
                changes.append(f"{shown} has other content")
        return changes

    def adopt(self, where: str) -> None:
        """Images that the run has decoded before are from now on decoded of the same bytes only.

        Args:
          where: what an error begins with.

        Raises:
          InputError: if they cannot be read, or are of other images.
        """
        before = _read(self._file, where)
        for split in self._splits:
            if split.decode is not None:
                now = split.contents.numpy()
                known = [before[f"{split.name}/{source}"][1] for source in split.sources]
                split.contents.assign(np.where(now == 0, known, now))

    def _shown(self, name: str) -> str:
        """Where an image of a recorded name lies; the record names its split in any case."""
        for split in self._splits:
            if name.startswith(f"{split.name}/"):
                return printable(split.key(name.removeprefix(f"{split.name}/")))
        return printable(name)

    def _decoded(self) -> int:
        return sum(int(np.count_nonzero(split.contents)) for split in self._splits)

    def _now(self) -> dict[str, tuple[int, int]]:
        """By path: the fingerprint of an image's ends, and of all its bytes or 0."""
        return {
            f"{split.name}/{source}": (ends, whole)
            for split in self._splits
            for source, ends, whole in zip(
                split.sources, split.outlines.tolist(), split.contents.numpy().tolist(), strict=True
            )
        }


def trained_on(run_dir: Path, split: Split) -> int:
    """How many images of a split have the size and the ends of a training image of a run.

    Args:
      run_dir: the run's folder.
      split: any images.

    Returns:
      0 too if the run does not say what its images were.
    """
    try:
        known = _read(run_dir / FINGERPRINTS, str(run_dir))
    except InputError:
        return 0
    ends = [ends for name, (ends, _) in known.items() if name.startswith("train/")]
    return int(np.isin(split.outlines, ends).sum())


def _read(file: Path, where: str) -> dict[str, tuple[int, int]]:
    try:
        read = read_json(file)
        if read["fingerprint"] != FINGERPRINT:
            raise ValueError
        return {name: _numbers(known) for name, known in read["images"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{where}: cannot read its {FINGERPRINTS}") from error


def _numbers(known: str) -> tuple[int, int]:
    if not re.fullmatch(r"[0-7][0-9a-f]{15} [0-7][0-9a-f]{15}", known):
        raise ValueError
    ends, whole = known.split()
    return int(ends, 16), int(whole, 16)
