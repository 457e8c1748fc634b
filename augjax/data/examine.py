"""The one pass over all files before training: headers, and the decode that fills the cache."""

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import UInt8

from augjax.data.dataset import ResizeMethod
from augjax.data.decode import FileDecoder
from augjax.data.decode_all import FileToDecode, as_tensor, cache_bytes, decode_all
from augjax.data.report import BadImage, DataReport
from augjax.data.scan import FolderSplit, FoundFile
from augjax.data.verdict_cache import FileState, load_verdicts, save_verdicts
from augjax.data.verdicts import DOUBTFUL, Verdict, judge_files, refused

Verify = Literal["auto", "full"]

PIECE = 256
"""How many files are judged at a time."""

_Verdicts = dict[str, tuple[FileState, Verdict]]


class _Judged(NamedTuple):
    split: FolderSplit
    file: FoundFile
    verdict: Verdict


class Examined(NamedTuple):
    """The usable files of a split with their verdicts and decoder, and all images if they fit."""

    files: tuple[FoundFile, ...]
    verdicts: tuple[Verdict, ...]
    decoder: FileDecoder
    cache: Any | None


def examine(
    root: Path,
    splits: Sequence[FolderSplit],
    report: DataReport,
    *,
    image_size: int,
    method: ResizeMethod,
    cache_limit: int,
    max_pixels: int,
    verify: Verify,
) -> list[Examined]:
    """Judges all files, and decodes them if they fit into memory or `verify` is 'full'.

    The bad ones are left out of what is returned and added to `report`. The verdicts are kept for
    the next start.
    """
    kept = load_verdicts(root)
    left_out: _Verdicts = {}
    found = [(split, file) for split in splits for file in split.files]
    report.files += len(found)
    pieces: Iterable[list[_Judged]] = _judge(found, kept, left_out, report, max_pixels)
    count = len(found)
    if cache_bytes(count, image_size) > cache_limit:  # Without the unusable ones, it may not be.
        pieces = list(pieces)
        count = sum(map(len, pieces))
    keep = cache_bytes(count, image_size) <= cache_limit
    images = None
    if keep or verify == "full":
        usable, images = _decode(
            pieces, report,
            number=len(range(0, len(found), PIECE)), count=count,
            image_size=image_size, method=method, keep=keep,
        )  # fmt: skip
        good = [one.verdict.damage in ("", DOUBTFUL) for one in usable]
    else:
        usable = list(itertools.chain.from_iterable(pieces))
        good = [True] * len(usable)
    current = left_out | {_key(one): (_state(one.file), one.verdict) for one in usable}
    if current != kept:
        save_verdicts(root, current)
    examined = []
    end = 0
    for split in splits:
        start, end = end, end + sum(one.split is split for one in usable)
        chosen = np.array(good[start:end], bool)
        mine = list(itertools.compress(usable[start:end], chosen))
        cache = None
        if images is not None:
            of_split = images[start:end]
            cache = as_tensor(of_split if chosen.all() else of_split[chosen])
        examined.append(
            Examined(
                files=tuple(one.file for one in mine),
                verdicts=tuple(one.verdict for one in mine),
                decoder=_decoder(mine, image_size, method),
                cache=cache,
            )
        )
    return examined


def _judge(
    found: Sequence[tuple[FolderSplit, FoundFile]],
    kept: _Verdicts,
    left_out: _Verdicts,
    report: DataReport,
    max_pixels: int,
) -> Iterator[list[_Judged]]:
    """Gives the usable files, a few at a time, and notes the others, and why.

    A verdict that was kept stands if the file has not changed since.
    """
    for start in range(0, len(found), PIECE):
        piece = found[start : start + PIECE]
        known = [_known_verdict(split, file, kept) for split, file in piece]
        unknown = itertools.compress(piece, [verdict is None for verdict in known])
        judged = iter(judge_files(f"{split.folder}/{file.path}" for split, file in unknown))
        usable = []
        for (split, file), verdict in zip(piece, known, strict=True):
            one = _Judged(split, file, verdict or next(judged))
            why = file.reason or one.verdict.refusal(max_pixels)
            if why:
                left_out[_key(one)] = _state(file), one.verdict
                report.bad.append(BadImage(_key(one), why))
            else:
                usable.append(one)
        yield usable


def _known_verdict(split: FolderSplit, file: FoundFile, kept: _Verdicts) -> Verdict | None:
    if file.reason:
        return refused(file.reason)
    state, verdict = kept.get(f"{split.folder.name}/{file.path}", (None, None))
    return verdict if state == _state(file) else None


def _decode(
    pieces: Iterable[list[_Judged]],
    report: DataReport,
    *,
    number: int,
    count: int,
    image_size: int,
    method: ResizeMethod,
    keep: bool,
) -> tuple[list[_Judged], UInt8[np.ndarray, "n size size 3"] | None]:
    """Decodes all files, or those never decoded if the images are not kept; notes the damage.

    The next files are judged while others are decoded.
    """
    usable: list[_Judged] = []

    def wanted() -> Iterator[list[FileToDecode]]:
        for piece in pieces:
            files = [
                FileToDecode(place, _path(one), one.verdict.is_plain)
                for place, one in enumerate(piece, start=len(usable))
                if keep or one.verdict.damage is None
            ]
            usable.extend(piece)
            yield files

    decoded = decode_all(
        wanted(),
        number=number, count=count, image_size=image_size, method=method, keep=keep,
    )  # fmt: skip
    decoder = _decoder(usable, image_size, method)
    seen = np.flatnonzero(decoded.seen).tolist()
    doubtful = set(decoder.doubtful(seen) if decoded.complained else ())
    for place, one in enumerate(usable):
        if keep or one.verdict.damage is None:
            if place in doubtful:
                damage = DOUBTFUL
            else:
                damage = "" if decoded.seen[place] else decoder.failure(place)
            one = _Judged(one.split, one.file, one.verdict._replace(damage=damage))
            usable[place] = one
        if one.verdict.damage not in ("", DOUBTFUL):
            report.bad.append(BadImage(_key(one), one.verdict.damage or ""))
            continue
        report.decoded["TensorFlow" if one.verdict.is_plain else "Pillow"] += 1
        if one.verdict.damage:
            report.doubtful.append(_key(one))
    return usable, None if decoded.images is None else decoded.images[: len(usable)]


def _decoder(judged: Sequence[_Judged], image_size: int, method: ResizeMethod) -> FileDecoder:
    files = [_path(one) for one in judged]
    is_plain = np.array([one.verdict.is_plain for one in judged], bool)
    return FileDecoder(files, is_plain, image_size, method)


def _path(one: _Judged) -> bytes:
    return os.fsencode(f"{one.split.folder}/{one.file.path}")


def _key(one: _Judged) -> str:
    """Its path below the data folder."""
    return f"{one.split.folder.name}/{one.file.path}"


def _state(file: FoundFile) -> FileState:
    return file.size, file.changed
