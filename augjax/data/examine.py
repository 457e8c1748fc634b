"""The one pass over all files before training: headers, then the decode that fills the cache."""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import UInt8

from augjax.data.dataset import ResizeMethod
from augjax.data.decode import FileDecoder, as_tensor, cache_bytes, decode_files
from augjax.data.report import BadImage, DataReport
from augjax.data.scan import FolderSplit, FoundFile
from augjax.data.verdict_cache import FileState, load_verdicts, save_verdicts
from augjax.data.verdicts import DOUBTFUL, Verdict, judge_files, refused

Verify = Literal["auto", "full"]


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
    judged = [one for split in splits for one in _judge(split, kept)]
    current = {_key(one): (_state(one.file), one.verdict) for one in judged}
    refusals = [one.file.reason or one.verdict.refusal(max_pixels) for one in judged]
    report.files += len(judged)
    report.bad += [
        BadImage(_key(one), why) for one, why in zip(judged, refusals, strict=True) if why
    ]
    usable = [one for one, why in zip(judged, refusals, strict=True) if not why]
    keep = cache_bytes(len(usable), image_size) <= cache_limit
    images, good = None, [True] * len(usable)
    if keep or verify == "full":
        usable, images = _decode(usable, report, image_size, method, keep=keep)
        current |= {_key(one): (_state(one.file), one.verdict) for one in usable}
        good = [one.verdict.damage in ("", DOUBTFUL) for one in usable]
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


def _judge(split: FolderSplit, kept: dict[str, tuple[FileState, Verdict]]) -> list[_Judged]:
    """A verdict on each file: the one kept if the file has not changed since."""
    unknown = []
    verdicts: dict[str, Verdict] = {}
    for file in split.files:
        state, verdict = kept.get(f"{split.folder.name}/{file.path}", (None, None))
        if file.reason:
            verdicts[file.path] = refused(file.reason)
        elif verdict is not None and state == _state(file):
            verdicts[file.path] = verdict
        else:
            unknown.append(file.path)
    judged = judge_files(f"{split.folder}/{path}" for path in unknown)
    verdicts |= zip(unknown, judged, strict=True)
    return [_Judged(split, file, verdicts[file.path]) for file in split.files]


def _decode(
    judged: list[_Judged],
    report: DataReport,
    image_size: int,
    method: ResizeMethod,
    *,
    keep: bool,
) -> tuple[list[_Judged], UInt8[np.ndarray, "n size size 3"] | None]:
    """Decodes all files, or those never decoded if the images are not kept; notes the damage."""
    decoder = _decoder(judged, image_size, method)
    known = [one.verdict.damage is not None and not keep for one in judged]
    wanted = np.flatnonzero(~np.array(known, bool))
    images, seen, complained = decode_files(decoder, wanted, image_size, keep=keep)
    doubtful = set(decoder.doubtful(wanted[seen].tolist()) if complained else ())
    for index, was_seen in zip(wanted.tolist(), seen.tolist(), strict=True):
        damage = DOUBTFUL if index in doubtful else "" if was_seen else decoder.failure(index)
        one = judged[index]
        judged[index] = one._replace(verdict=one.verdict._replace(damage=damage))
    for one in judged:
        if one.verdict.damage not in ("", DOUBTFUL):
            report.bad.append(BadImage(_key(one), one.verdict.damage or ""))
            continue
        report.decoded["TensorFlow" if one.verdict.is_plain else "Pillow"] += 1
        if one.verdict.damage:
            report.doubtful.append(_key(one))
    return judged, images


def _decoder(judged: Sequence[_Judged], image_size: int, method: ResizeMethod) -> FileDecoder:
    files = [os.fsencode(f"{one.split.folder}/{one.file.path}") for one in judged]
    is_plain = np.array([one.verdict.is_plain for one in judged], bool)
    return FileDecoder(files, is_plain, image_size, method)


def _key(one: _Judged) -> str:
    """Its path below the data folder."""
    return f"{one.split.folder.name}/{one.file.path}"


def _state(file: FoundFile) -> FileState:
    return file.size, file.changed
