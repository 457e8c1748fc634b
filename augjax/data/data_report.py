"""What was found out about the files of a data folder, for the screen and for a JSON file."""

import dataclasses
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from augjax.errors import InputError
from augjax.printable import counted, printable, some

LINKED_AGAIN, IN_A_CIRCLE = "linked again", "link in a circle"
"""Kinds of what is passed over because it is read by another path."""

OnBadImage = Literal["fail", "skip"]

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")
"""Only files whose names end in one of these, in any case, are read."""

LISTED = 20
"""So many bad files are named on the screen; the report names all."""


class BadImage(NamedTuple):
    """A file that cannot be used: its path below the data folder, and why."""

    path: str
    reason: str


@dataclasses.dataclass
class DataReport:
    """What is known about the files of a data folder; it grows if an epoch finds a bad one.

    Attributes:
      root: the data folder.
      on_bad_image: whether bad images end the run or are left out of it.
      counts: images in use, by split and class.
      files: the number of files judged.
      decoded: the number of files decoded before training, by decoder ('TensorFlow', 'Pillow').
      skipped: what was passed over, by suffix or reason.
      bad: the images that cannot be used.
      doubtful: JPEGs in use whose decoder complained, so that a part of them may be lost.
      dark: 16-bit PNGs in use that get no further than a quarter of the range, as if their values
        had at most 14 bits; of images not kept in memory, among the first 16 such files.
      leaks: files of the validation split with the bytes of a training file, as pairs of paths.
      torn: those of the leaks whose two files are of different classes.
      not_kept: why what was found out cannot be kept for the next start, or ''.
      tell: called with the news if an epoch finds bad images and the run goes on.
    """

    root: str
    on_bad_image: OnBadImage
    counts: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    files: int = 0
    decoded: Counter[str] = dataclasses.field(default_factory=Counter)
    skipped: Counter[str] = dataclasses.field(default_factory=Counter)
    bad: list[BadImage] = dataclasses.field(default_factory=list)
    doubtful: list[str] = dataclasses.field(default_factory=list)
    dark: list[str] = dataclasses.field(default_factory=list)
    leaks: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    torn: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    not_kept: str = ""
    tell: Callable[[str], None] = print

    def as_json(self) -> dict[str, Any]:
        """For `write_json`."""
        return {
            "root": self.root,
            "on_bad_image": self.on_bad_image,
            "counts": self.counts,
            "files_judged": self.files,
            "files_decoded": dict(self.decoded),
            "skipped": dict(self.skipped),
            "bad": [bad._asdict() for bad in sorted(self.bad)],
            "doubtful": self.doubtful,
            "dark": self.dark,
            "leaks": [{"valid": valid, "train": train} for valid, train in self.leaks],
        }

    def notes(self) -> list[str]:
        """What was checked, what was left out, and what is odd, a line each."""
        decoded = self.decoded.total()
        good = "all" if not self.bad else str(self.files - len(self.bad))
        if decoded:
            notes = [f"Checked {self.files} files: {good} readable ({decoded} decoded)."]
        else:
            notes = [
                f"Checked the headers of {self.files} files: {good} readable. Pixels are checked "
                "when they are decoded, or before training with --verify full."
            ]
        if self.bad:
            named = some(self._named(sorted(self.bad)))
            notes.append(f"Left out {counted(len(self.bad), 'bad image')}: {named}.")
        if self.skipped:
            counts, repeated = self.skipped.most_common(), (LINKED_AGAIN, IN_A_CIRCLE)
            again = [f"{kind} {count}" for kind, count in counts if kind in repeated]
            kinds = [f"{printable(kind)} {count}" for kind, count in counts if kind not in repeated]
            if kinds:
                read = " ".join(IMAGE_SUFFIXES)
                linked = ", and linked folders with --follow-links"
                more = linked if self.skipped["linked folder"] else ""
                notes.append(f"Skipped {some(kinds, 10)}; only {read} are read{more}.")
            if again:
                notes.append(f"Skipped {', '.join(again)}; a class has each file once.")
        if self.doubtful:
            notes.append(damage_note(self.doubtful))
        if self.dark:
            named = some([printable(path) for path in self.dark])
            notes.append(
                f"Warning: 16-bit PNGs are nearly black: {named}; if their values have fewer bits, "
                "scale them to 16."
            )
        if self.leaks:
            pairs = _equations(self.leaks)
            count = counted(len(pairs), "validation image")
            notes.append(
                f"Warning: {count} with the bytes of training images, so validation scores "
                f"mislead: {some(pairs)}."
            )
        if self.torn:
            pairs = _equations(self.torn)
            notes.append(f"Warning: {len(pairs)} of them in two classes: {some(pairs)}.")
        if self.not_kept:
            reason = printable(self.not_kept.rstrip("."))
            notes.append(f"The next start judges all files again: {reason}.")
        return notes

    def error(self, emptied: str = "") -> "BadImagesError":
        """Names the bad images, a line each; `emptied` is what has no others, if anything."""
        named = first_lines(self._named(sorted(self.bad)))
        if emptied:
            message = f"{printable(emptied)}: none of its images can be used"
            return BadImagesError(message, self, named)
        message = (
            f"cannot use {len(self.bad)} of {counted(self.files, 'image')}; "
            "repair or remove them, or leave them out with "
        )
        return BadImagesError(
            f"{message}on_bad_image='skip'", self, named,
            in_commands=f"{message}--on-bad-image skip",
        )  # fmt: skip

    def add(self, found: list[BadImage]) -> None:
        """Notes bad images that an epoch came upon.

        Raises:
          BadImagesError: if bad images end the run.
        """
        self.bad += found
        if self.on_bad_image == "fail":
            raise self.error()
        if found:
            named = some(self._named(found), LISTED)
            count = counted(len(found), "image")
            self.tell(f"Left out {count} that cannot be decoded: {named}.")

    def _named(self, images: Iterable[BadImage]) -> list[str]:
        return [f"{printable(os.path.join(self.root, path))} ({why})" for path, why in images]


class BadImagesError(InputError):
    """Some images cannot be used; `report` has them all."""

    def __init__(
        self, message: str, report: DataReport, details: list[str], *, in_commands: str = ""
    ) -> None:
        super().__init__(message, details, in_commands=in_commands)
        self.report = report


def damage_note(doubtful: Sequence[str]) -> str:
    """A note on images in use whose decoder complained."""
    named = some([printable(name) for name in doubtful])
    count = counted(len(doubtful), "image")
    return f"Warning: decoders complained of {count}, which may be damaged: {named}."


def first_lines(lines: Sequence[str]) -> list[str]:
    """As many as are shown on the screen, and how many more there are."""
    more = [f"... and {len(lines) - LISTED} more"] if len(lines) > LISTED else []
    return [*lines[:LISTED], *more]


def _equations(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{printable(valid)} = {printable(train)}" for valid, train in pairs]
