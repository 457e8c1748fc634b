"""The one pass over all files before training: headers, and the decode that fills the cache."""

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from augjax.data.data_report import BadImage, DataReport
from augjax.data.dataset import cache_bytes
from augjax.data.folder.decode import FileDecoder
from augjax.data.folder.decode_all import FileToDecode, as_tensor, decode_all
from augjax.data.folder.judge import DOUBTFUL, Verdict, judge_files, refused, too_large
from augjax.data.folder.scan import FoundFile, FoundSplit
from augjax.data.folder.shares import Found, Judged, Share, all_shares
from augjax.data.folder.verdict_cache import FileState, load_verdicts, save_verdicts
from augjax.data.tf import ResizeMethod, import_tensorflow, silent_stderr
from augjax.runtime.processes import Processes

Verify = Literal["auto", "full"]

PIECE = 256
"""How many files are judged at a time."""

_DARK = 64
"""A quarter of the range, which no value of 14 bits or fewer gets beyond in a file of 16."""

_LOOKED_AT = 16
"""Of so many files of 16 bits the values are looked at, if the images are not kept in memory."""

_Verdicts = dict[str, tuple[FileState, Verdict]]


class Examined(NamedTuple):
    """The usable files of a split with their verdicts and decoder, and all images if they fit.

    `held` says which images `cache` has, where several processes have decoded them.
    """

    files: tuple[FoundFile, ...]
    verdicts: tuple[Verdict, ...]
    decoder: FileDecoder
    cache: Any | None
    held: Bool[np.ndarray, " n"] | None


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
    processes: Processes,
) -> list[Examined]:
    """Judges all files, and decodes them if they fit into memory or `verify` is 'full'.

    The bad ones are left out of what is returned and added to `report`. The verdicts on the others
    are kept for the next start, under the name of `data`, a folder or a table. Each process reads
    an equal part of the files, and all learn of all.
    """
    kept = load_verdicts(data)
    found = [one for split in splits for one in _found(split)]
    report.files += len(found)
    own = found[processes.part(len(found))]
    pieces: Iterable[list[Judged]] = _judge(own, kept, report, max_pixels)
    most = len(own)
    fits = cache_bytes(len(found), image_size) <= cache_limit
    if not fits:  # Without the unusable ones, they may.
        with processes.agreeing():
            pieces = list(pieces)
            most = sum(map(len, pieces))
        fits = cache_bytes(sum(processes.gather(lambda: most)), image_size) <= cache_limit
    decodes = fits or verify == "full"
    with processes.agreeing():
        if decodes:
            share = _decode(
                pieces, report,
                number=len(range(0, len(own), PIECE)), count=most,
                image_size=image_size, method=method, keep=fits,
            )  # fmt: skip
        else:
            usable = list(itertools.chain.from_iterable(pieces))
            share = Share(usable, None, np.zeros(len(usable), np.int64))
        good = [_is_good(one, decodes) for one in share.usable]
        deep = [n for n, one in enumerate(share.usable) if good[n] and one.verdict.is_deep]
        of_deep = None if share.images is None else (share.images[n] for n in deep)
        report.dark = _dark([share.usable[n] for n in deep], of_deep, image_size, method)
    if processes.count > 1:
        share = all_shares(share, found, report, processes)
    current = {o.found.key: (o.found.state, o.verdict) for o in share.usable if o.verdict.lasts}
    known = {one.key: kept[one.key] for one in found if one.key in kept}
    if current != known and processes.is_first:
        report.not_kept = save_verdicts(data, current)
    good = np.array([_is_good(one, decodes) for one in share.usable], bool)
    examined = []
    end = 0
    for split in splits:
        start, end = end, end + sum(one.found.split is split for one in share.usable)
        chosen = good[start:end]
        mine = list(itertools.compress(share.usable[start:end], chosen))
        cache, held = None, None
        if share.images is not None:
            of_split = share.images[start:end]
            cache = of_split if chosen.all() else of_split[chosen]
            if share.held is None:
                cache = as_tensor(cache)
            else:
                held = share.held[start:end][chosen]
        examined.append(
            Examined(
                files=tuple(one.found.file for one in mine),
                verdicts=tuple(one.verdict for one in mine),
                decoder=_decoder(mine, image_size, method, share.contents[start:end][chosen]),
                cache=cache,
                held=held,
            )
        )
    return examined


def _is_good(one: Judged, decoded: bool) -> bool:
    return not decoded or one.verdict.damage in ("", DOUBTFUL)


def _found(split: FoundSplit) -> list[Found]:
    return [Found(split, file, split.path(file), split.key(file)) for file in split.files]


def _judge(
    found: Sequence[Found],
    kept: _Verdicts,
    report: DataReport,
    max_pixels: int,
) -> Iterator[list[Judged]]:
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
                usable.append(Judged(one, verdict))
        yield usable


def _known_verdict(one: Found, kept: _Verdicts) -> Verdict | None:
    state, verdict = kept.get(one.key, (None, None))
    return verdict if state == one.state else None


def _decode(
    pieces: Iterable[list[Judged]],
    report: DataReport,
    *,
    number: int,
    count: int,
    image_size: int,
    method: ResizeMethod,
    keep: bool,
) -> Share:
    """Decodes all files, or those never decoded if the images are not kept; notes the damage.

    Whatever judges the `pieces` does so while earlier ones are decoded.
    """
    usable: list[Judged] = []

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
            one = Judged(one.found, one.verdict._replace(damage=damage))
            usable[place] = one
        if one.verdict.damage not in ("", DOUBTFUL):
            report.bad.append(BadImage(one.found.key, one.verdict.damage or ""))
            continue
        report.decoded["TensorFlow" if one.verdict.is_plain else "Pillow"] += 1
        if one.verdict.damage:
            report.doubtful.append(one.found.key)
    images = None if decoded.images is None else decoded.images[: len(usable)]
    return Share(usable, images, contents)


def _dark(
    deep: Sequence[Judged],
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


def _to_decode(place: int, one: Judged) -> FileToDecode:
    path, verdict = os.fsencode(one.found.path), one.verdict
    return FileToDecode(place, path, verdict.is_plain, verdict.outline)


def _decoder(
    judged: Sequence[Judged],
    image_size: int,
    method: ResizeMethod,
    contents: Int64[np.ndarray, " n"],
) -> FileDecoder:
    files = [os.fsencode(one.found.path) for one in judged]
    is_plain = np.array([one.verdict.is_plain for one in judged], bool)
    outlines = np.array([one.verdict.outline for one in judged], np.int64)
    return FileDecoder(files, is_plain, outlines, contents, image_size, method)
