"""Any image files, one after another, decoded as for training, in bounded memory."""

import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from augjax.data.dataset import cache_bytes
from augjax.data.folder.decode_all import FileToDecode
from augjax.data.folder.judge import (
    MAX_PIXELS,
    UNREADABLE,
    Verdict,
    judge_files,
    refused,
    too_large,
)
from augjax.data.folder.options import check_choice, check_image_size
from augjax.data.folder.piece_decoder import PieceDecoder
from augjax.data.folder.scan import found_at
from augjax.data.tf import ResizeMethod
from augjax.files import is_path

PIECE = 512
"""So many files are judged and decoded at a time,"""

PIECE_BYTES = 2**26
"""or as many as take this memory when they are decoded."""


class StreamedImage(NamedTuple):
    """A file and what came of it.

    Attributes:
      path: as it was given.
      image: its uint8 pixels, or None.
      reason: why it cannot be used, or ''.
    """

    path: str
    image: UInt8[np.ndarray, "size size 3"] | None
    reason: str


def stream_files(
    paths: Iterable[str | Path],
    *,
    image_size: int,
    method: ResizeMethod = "nearest",
    max_pixels: int = MAX_PIXELS,
) -> Iterator[StreamedImage]:
    """Decodes files in the order given, as `load_dataset` does, to the same bits.

    They are taken 512 at a time, or fewer if large, so memory does not grow with their number. A
    file that cannot be used has a reason and ends nothing. Folders: see `expand`.

    Args:
      paths: of files of any name; taken a piece at a time.
      image_size: side of the square in pixels that every image is resized to.
      method: 'nearest' or 'bilinear', neither antialiased.
      max_pixels: width times height of a stored image at most.

    Raises:
      InputError: for an option that cannot be used, when the function is called.
    """
    check_image_size(image_size)
    check_choice("method", method, ResizeMethod)
    at_a_time = max(1, min(PIECE, PIECE_BYTES // cache_bytes(1, image_size)))

    def stream() -> Iterator[StreamedImage]:
        decode = PieceDecoder(image_size, method)
        waiting = map(str, paths)
        while piece := list(itertools.islice(waiting, at_a_time)):
            yield from _decoded(piece, decode, max_pixels)

    return stream()


def _decoded(paths: list[str], decode: PieceDecoder, max_pixels: int) -> list[StreamedImage]:
    verdicts = _judged(paths, max_pixels)
    reasons = [verdict.refusal(max_pixels) for verdict in verdicts]
    usable = [number for number, reason in enumerate(reasons) if not reason]
    result = [StreamedImage(*row) for row in zip(paths, [None] * len(paths), reasons, strict=True)]
    if usable:
        files = [
            FileToDecode(place, os.fsencode(paths[n]), verdicts[n].is_plain, verdicts[n].outline)
            for place, n in enumerate(usable)
        ]
        images, seen = decode(files)
        for place, number in enumerate(usable):
            path, image = paths[number], images[place] if seen[place] else None
            reason = "" if seen[place] else decode.failure(files[place])
            result[number] = StreamedImage(path, image, reason)
    return result


def _judged(paths: list[str], max_pixels: int) -> list[Verdict]:
    reasons = [_unusable(path, max_pixels) for path in paths]
    files = [path for path, reason in zip(paths, reasons, strict=True) if not reason]
    judged = iter(judge_files(files, [None] * len(files)))
    return [refused(reason) if reason else next(judged) for reason in reasons]


def _unusable(path: str, max_pixels: int) -> str:
    """Why something is no file to open, or ''."""
    if not path or not is_path(path):
        return "not the name of a file"
    found = found_at(path, path)
    if os.path.isdir(path):
        try:
            os.scandir(path).close()
        except OSError as error:
            return f"{UNREADABLE} ({error.strerror})"
    return found.reason or too_large(found.size, max_pixels)
