"""Whether each file is a picture that can be used, judged from its header before any decoding."""

import os
import stat
import warnings
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from PIL import Image

from augjax.data.folder.pillow import (
    HEAD_BYTES,
    MAX_SCANS,
    OpenFile,
    TooManyScansError,
    has_no_pixels,
    read_header,
    sniff,
)
from augjax.files import open_regular

MAX_PIXELS = 64_000_000
"""Width times height of a picture at most; 64 million decode to 192 MB."""

UNREADABLE = "cannot be read"
"""So begins a reason that lies with the system, not with the bytes of the file."""

DOUBTFUL = "damaged, but decoded as far as it goes"
"""Damage inside a JPEG's pixels, at which decoders complain but do not fail."""

# Beyond this, Pillow warns or refuses to decode formats whose frames have sizes of their own.
_MAX_PILLOW_PIXELS = 2**30 // 4 // 3


class Verdict(NamedTuple):
    """What the header of a file says, whatever the limits of this run.

    Attributes:
      format: one of `pillow.FORMATS`; '' where `reason` says why the file cannot be used.
      width: in pixels, as stored.
      height: in pixels, as stored.
      is_plain: whether TensorFlow decodes it (see `pillow.Header`); otherwise Pillow does.
      checksum: CRC-32 of the first 4 KiB.
      reason: why the file cannot be used, or ''.
      damage: what a full decode found wrong, '' if nothing, None if there was none; `DOUBTFUL` is
        no obstacle.
    """

    format: str
    width: int
    height: int
    is_plain: bool
    checksum: int
    reason: str = ""
    damage: str | None = None

    @property
    def lasts(self) -> bool:
        """Whether it holds for as long as the file does not change."""
        return not (self.reason or self.damage or "").startswith(UNREADABLE)

    def refusal(self, max_pixels: int) -> str:
        """Why the file cannot be used by a run with this limit, or ''."""
        if self.reason:
            return self.reason
        pixels = self.width * self.height
        if pixels == 0:
            return "an image of no pixels"
        size = f"{self.width} x {self.height} pixels"
        if pixels > max_pixels:
            return f"{size} are more than --max-pixels {max_pixels}"
        if self.format in ("GIF", "WebP") and pixels > _MAX_PILLOW_PIXELS:
            return f"{size} are more than are read of a {self.format}"
        return ""


def refused(reason: str, checksum: int = 0) -> Verdict:
    """The verdict on a file that cannot be used."""
    return Verdict("", 0, 0, False, checksum, reason)


def judge_files(paths: Iterable[str]) -> list[Verdict]:
    """Judges regular files that are not empty; each is opened once and only its header read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, on headers: what matters becomes a verdict.
        return [_judge(path) for path in paths]


def unusable(status: os.stat_result) -> str:
    """Why something on the disk is no file to read, or ''."""
    if stat.S_ISREG(status.st_mode):
        return "" if status.st_size else "the file is empty"
    if stat.S_ISDIR(status.st_mode):
        return "a folder, not a file"
    return "not a regular file"


def _judge(path: str) -> Verdict:
    try:
        with open_regular(path) as file:
            return _judge_opened(file)
    except OSError as error:
        return refused(f"{UNREADABLE} ({error.strerror})")


def _judge_opened(file: OpenFile) -> Verdict:
    head = file.read(HEAD_BYTES)
    checksum = zlib.crc32(head)
    format, likeness = sniff(head)
    if format is None:
        return refused(likeness, checksum)
    try:
        header = read_header(file, format, head)
    except Image.DecompressionBombError:  # A frame of its own size, beyond Pillow's own limit.
        return refused(f"a {format} of too many pixels", checksum)
    except TooManyScansError:
        return refused(f"a JPEG of more than {MAX_SCANS} scans", checksum)
    except Exception as error:  # Pillow fails on damage in every way there is.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        if format != "WebP" and has_no_pixels(format, head):
            return refused("an image of no pixels", checksum)
        return refused(f"a damaged {format} header", checksum)
    return Verdict(format, header.width, header.height, header.is_plain, checksum)
