"""Whether each file is a picture that can be used, judged from its header before any decoding."""

import io
import os
import stat
import warnings
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from PIL import Image

from augjax.data.fingerprint import fingerprint, read_ends
from augjax.data.folder.bounded import OpenFile, TooMuchError
from augjax.data.folder.pillow import HEAD_BYTES, has_no_pixels, read_header, sniff
from augjax.files import open_regular

MAX_PIXELS = 64_000_000
"""Width times height of a picture at most; 64 million decode to 192 MB."""

_MOST_METADATA = 64_000_000
"""Bytes of a file beyond what its pixels can need."""

UNREADABLE = "cannot be read"
"""So begins a reason that lies with the system, not with the bytes of the file."""

READABLE_NOW = f"{UNREADABLE} (it could not be a moment ago)"
"""The reason where another try succeeds."""

CHANGED = "has changed since it was first read"
"""The reason of a file that is not the one that was judged, or that an epoch has decoded."""

DOUBTFUL = "decoded with a complaint"
"""Damage inside a JPEG, mostly of its pixels, at which decoders complain but do not fail."""

# Beyond this, Pillow warns or refuses to decode formats whose frames have sizes of their own.
_MAX_PILLOW_PIXELS = 2**30 // 4 // 3


class Verdict(NamedTuple):
    """What the header of a file says, whatever the limits of this run.

    Attributes:
      format: one of `pillow.FORMATS`; '' where `reason` says why the file cannot be used.
      width: in pixels, as stored.
      height: in pixels, as stored.
      is_plain: whether TensorFlow decodes it (see `pillow.Header`); otherwise Pillow does.
      is_deep: whether it is a PNG of 16 bits a channel.
      outline: of the file that was judged (see `fingerprint.outline`).
      reason: why the file cannot be used, or ''.
      damage: what a full decode found wrong, '' if nothing, None if there was none; `DOUBTFUL` is
        no obstacle.
    """

    format: str
    width: int
    height: int
    is_plain: bool
    is_deep: bool
    outline: int
    reason: str = ""
    damage: str | None = None

    @property
    def lasts(self) -> bool:
        """Whether it may be kept: nothing is wrong with the file."""
        return not (self.reason or self.damage)

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


def refused(reason: str) -> Verdict:
    """The verdict on a file that cannot be used."""
    return Verdict("", 0, 0, False, False, 0, reason)


def judge_files(paths: Sequence[str], known: Iterable[Verdict | None]) -> list[Verdict]:
    """Judges regular files that are not empty; each is opened once, its header and ends read.

    Args:
      paths: of the files.
      known: a verdict on each that stands if the file still has its outline, or None.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, on headers: what matters becomes a verdict.
        judged = [_judge(path, verdict) for path, verdict in zip(paths, known, strict=True)]
        outlines = fingerprint([ends for _, ends in judged]).numpy().tolist() if judged else []
        verdicts = []
        for path, (verdict, ends), outline in zip(paths, judged, outlines, strict=True):
            if verdict.outline not in (0, outline):
                verdict, _ = _judge(path, None)
            verdicts.append(verdict._replace(outline=outline if ends else 0))
    return verdicts


def judge_contents(contents: Iterable[bytes]) -> list[Verdict]:
    """Judges pictures that are no files, by their bytes; their verdicts have no outline."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [_judge_opened(io.BytesIO(content)) for content in contents]


def too_large(size: int, max_pixels: int) -> str:
    """Why a file of so many bytes is not read, or ''.

    It may have what `max_pixels` of four channels need at 16 bits, uncompressed, and 64 MB.
    """
    most = 8 * max_pixels + _MOST_METADATA
    if size <= most:
        return ""
    return (
        f"{size / 1e6:,.0f} MB are more than an image of --max-pixels {max_pixels} "
        f"needs at most ({most / 1e6:,.0f} MB)"
    )


def unusable(status: os.stat_result) -> str:
    """Why something on the disk is no file to read, or ''."""
    if stat.S_ISREG(status.st_mode):
        return "" if status.st_size else "the file is empty"
    if stat.S_ISDIR(status.st_mode):
        return "a folder, not a file"
    return "not a regular file"


def _judge(path: str, known: Verdict | None) -> tuple[Verdict, bytes]:
    """The verdict on a file, the known one if there is one, and the file's ends."""
    try:
        with open_regular(path) as file:
            return known or _judge_opened(file), read_ends(file)
    except OSError as error:
        return refused(f"{UNREADABLE} ({error.strerror})"), b""


def _judge_opened(file: OpenFile) -> Verdict:
    head = file.read(HEAD_BYTES)
    format, likeness = sniff(head)
    if format is None:
        return refused(likeness)
    try:
        header = read_header(file, format, head)
    except Image.DecompressionBombError:  # A frame of its own size, beyond Pillow's own limit.
        return refused(f"a {format} of too many pixels")
    except TooMuchError as error:
        return refused(str(error))
    except Exception as error:  # Pillow fails on damage in every way there is.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        if format != "WebP" and has_no_pixels(format, head):
            return refused("an image of no pixels")
        return refused(f"a damaged {format} header")
    return Verdict(format, *header, is_deep=format == "PNG" and head[24] == 16, outline=0)
