"""The one pass over all files before training: headers, and the decode that fills the cache."""

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Int64, UInt8

from augjax.data.data_report import BadImage, DataReport
from augjax.data.dataset import cache_bytes
from augjax.data.folder.decode import FileDecoder
from augjax.data.folder.decode_all import FileToDecode, as_tensor, decode_all
from augjax.data.folder.judge import DOUBTFUL, Verdict, judge_files, refused, too_large
from augjax.data.folder.scan import FoundFile, FoundSplit
from augjax.data.folder.verdict_cache import FileState, load_verdicts, save_verdicts
from augjax.data.tf import ResizeMethod, import_tensorflow, silent_stderr

Verify = Literal["auto", "full"]

PIECE = 256
"""How many files are judged at a time."""

_DARK = 64
"""A quarter of the range, which no value of 14 bits or fewer gets beyond in a file of 16."""

_LOOKED_AT = 16
"""Of so many files of 16 bits the values are looked at, if the images are not kept in memory."""

_Verdicts = dict[str, tuple[FileState, Verdict]]


class _Found(NamedTuple):
    split: FoundSplit
    file: FoundFile
    path: str
    key: str
    """Its path below the data folder."""

    @property
    def state(self) -> FileState:
        return self.file.size, self.file.changed


class _Judged(NamedTuple):
    found: _Found
    verdict: Verdict


class Examined(NamedTuple):
    """The usable files of a split with their verdicts and decoder, and all images if they fit."""

    files: tuple[FoundFile, ...]
    verdicts: tuple[Verdict, ...]
    decoder: FileDecoder
    cache: Any | None


def examine(
    data: Path,
    splits: Sequence[FoundSplit],
    report: DataReport,
    *,
    image_size: int,
    method: ResizeMethod,
    cache_limit: int,
    max_pixels: int,
    verify: Verify,
) -> list[Examined]:
    """Judges all files, and decodes them if they fit into memory or `verify` is 'full'.

    The bad ones are left out of what is returned and added to `report`. The verdicts on the others
    are kept for the next start, under the name of `data`, a folder or a table.
    """
    kept = load_verdicts(data)
    found = [one for split in splits for one in _found(split)]
    report.files += len(found)
    pieces: Iterable[list[_Judged]] = _judge(found, kept, report, max_pixels)
    count = len(found)
    if cache_bytes(count, image_size) > cache_limit:  # Without the unusable ones, it may not be.
        pieces = list(pieces)
        count = sum(map(len, pieces))
    keep = cache_bytes(count, image_size) <= cache_limit
    images, contents = None, np.zeros(count, np.int64)
    if keep or verify == "full":
        usable, images, contents = _decode(
            pieces, report,
            number=len(range(0, len(found), PIECE)), count=count,
            image_size=image_size, method=method, keep=keep,
        )  # fmt: skip
        good = [one.verdict.damage in ("", DOUBTFUL) for one in usable]
    else:
        usable = list(itertools.chain.from_iterable(pieces))
        good = [True] * len(usable)
    deep = [n for n, one in enumerate(usable) if good[n] and one.verdict.is_deep]
    of_deep = None if images is None else (images[n] for n in deep)
    report.dark = _dark([usable[n] for n in deep], of_deep, image_size, method)
    current = {o.found.key: (o.found.state, o.verdict) for o in usable if o.verdict.lasts}
    if current != {one.key: kept[one.key] for one in found if one.key in kept}:
        report.not_kept = save_verdicts(data, current)
    examined = []
    end = 0
    for split in splits:
        start, end = end, end + sum(one.found.split is split for one in usable)
        chosen = np.array(good[start:end], bool)
        mine = list(itertools.compress(usable[start:end], chosen))
        cache = None
        if images is not None:
            of_split = images[start:end]
            cache = as_tensor(of_split if chosen.all() else of_split[chosen])
        examined.append(
            Examined(
                files=tuple(one.found.file for one in mine),
                verdicts=tuple(one.verdict for one in mine),
                decoder=_decoder(mine, image_size, method, contents[start:end][chosen]),
                cache=cache,
            )
        )
    return examined


def _found(split: FoundSplit) -> list[_Found]:
    return [_Found(split, file, split.path(file), split.key(file)) for file in split.files]


def _judge(
    found: Sequence[_Found],
    kept: _Verdicts,
    report: DataReport,
    max_pixels: int,
) -> Iterator[list[_Judged]]:
    """Gives the usable files, a few at a time, and notes the others, and why.

    A verdict that was kept stands if the file has the same time of change, size and ends.
    """
    for start in range(0, len(found), PIECE):
        piece = found[start : start + PIECE]
        reasons = [one.file.reason or too_large(one.file.size, max_pixels) for one in piece]
        files = [one for one, reason in zip(piece, reasons, strict=True) if not reason]
        known = [_known_verdict(one, kept) for one in files]
        judged = iter(judge_files([one.path for one in files], known))
        usable = []
        for one, reason in zip(piece, reasons, strict=True):
            verdict = refused(reason) if reason else next(judged)
            if why := verdict.refusal(max_pixels):
                report.bad.append(BadImage(one.key, why))
            else:
                usable.append(_Judged(one, verdict))
        yield usable


def _known_verdict(one: _Found, kept: _Verdicts) -> Verdict | None:
    state, verdict = kept.get(one.key, (None, None))
    return verdict if state == one.state else None


def _decode(
    pieces: Iterable[list[_Judged]],
    report: DataReport,
    *,
    number: int,
    count: int,
    image_size: int,
    method: ResizeMethod,
    keep: bool,
) -> tuple[list[_Judged], UInt8[np.ndarray, "n size size 3"] | None, Int64[np.ndarray, " n"]]:
    """Decodes all files, or those never decoded if the images are not kept; notes the damage.

    Whatever judges the `pieces` does so while earlier ones are decoded.
    """
    usable: list[_Judged] = []

    def wanted() -> Iterator[list[FileToDecode]]:
        for piece in pieces:
            files = [
                _to_decode(place, one)
                for place, one in enumerate(piece, start=len(usable))
                if keep or one.verdict.damage is None
            ]
            usable.extend(piece)
            yield files

    decoded = decode_all(
        wanted(),
        number=number, count=count, image_size=image_size, method=method, keep=keep,
    )  # fmt: skip
    contents = decoded.contents[: len(usable)]
    decoder = _decoder(usable, image_size, method, contents)
    seen = np.flatnonzero(decoded.seen).tolist()
    jpegs = [place for place in seen if usable[place].verdict.format == "JPEG"]
    doubtful = set(decoder.doubtful(jpegs) if decoded.complained else ())
    for place, one in enumerate(usable):
        if keep or one.verdict.damage is None:
            if place in doubtful:
                damage = DOUBTFUL
            else:
                damage = "" if decoded.seen[place] else decoder.failure(place)
            one = _Judged(one.found, one.verdict._replace(damage=damage))
            usable[place] = one
        if one.verdict.damage not in ("", DOUBTFUL):
            report.bad.append(BadImage(one.found.key, one.verdict.damage or ""))
            continue
        report.decoded["TensorFlow" if one.verdict.is_plain else "Pillow"] += 1
        if one.verdict.damage:
            report.doubtful.append(one.found.key)
    images = None if decoded.images is None else decoded.images[: len(usable)]
    return usable, images, contents


def _dark(
    deep: Sequence[_Judged],
    images: Iterable[UInt8[np.ndarray, "size size 3"]] | None,
    image_size: int,
    method: ResizeMethod,
) -> list[str]:
    """Those of the 16-bit images that are nearly black; of the first few, if none is kept."""
    if images is not None:
        return [o.found.key for o, image in zip(deep, images, strict=True) if image.max() <= _DARK]
    dark, deep = [], deep[:_LOOKED_AT]
    decoder = _decoder(deep, image_size, method, np.zeros(len(deep), np.int64))
    with silent_stderr():
        for place, one in enumerate(deep):
            with suppress(import_tensorflow().errors.OpError):
                if decoder(place).numpy().max() <= _DARK:
                    dark.append(one.found.key)
    return dark


def _to_decode(place: int, one: _Judged) -> FileToDecode:
    path, verdict = os.fsencode(one.found.path), one.verdict
    return FileToDecode(place, path, verdict.is_plain, verdict.outline)


def _decoder(
    judged: Sequence[_Judged],
    image_size: int,
    method: ResizeMethod,
    contents: Int64[np.ndarray, " n"],
) -> FileDecoder:
    files = [os.fsencode(one.found.path) for one in judged]
    is_plain = np.array([one.verdict.is_plain for one in judged], bool)
    outlines = np.array([one.verdict.outline for one in judged], np.int64)
    return FileDecoder(files, is_plain, outlines, contents, image_size, method)
