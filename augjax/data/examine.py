"""The one pass over all files before training: headers, then the decode that fills the cache."""

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

_Judged = list[tuple[FoundFile, Verdict]]


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
    current: dict[str, tuple[FileState, Verdict]] = {}
    usable = []
    for split in splits:
        judged = _judge(split, kept)
        current |= {_key(split, file): (_state(file), verdict) for file, verdict in judged}
        refusals = [file.reason or verdict.refusal(max_pixels) for file, verdict in judged]
        usable.append([pair for pair, why in zip(judged, refusals, strict=True) if not why])
        report.files += len(judged)
        report.bad += [
            BadImage(_key(split, file), why)
            for (file, _), why in zip(judged, refusals, strict=True)
            if why
        ]
    keep = cache_bytes(sum(map(len, usable)), image_size) <= cache_limit
    examined = []
    for split, judged in zip(splits, usable, strict=True):
        images = None
        if keep or verify == "full":
            decoder = _decoder(split, judged, image_size, method)
            judged, images = _decode(split, judged, decoder, report, image_size, keep=keep)
            current |= {_key(split, file): (_state(file), verdict) for file, verdict in judged}
            good = [verdict.damage in ("", DOUBTFUL) for _, verdict in judged]
            if not all(good):
                judged = [pair for pair, is_good in zip(judged, good, strict=True) if is_good]
                images = None if images is None else images[np.array(good)]
        examined.append(
            Examined(
                files=tuple(file for file, _ in judged),
                verdicts=tuple(verdict for _, verdict in judged),
                decoder=_decoder(split, judged, image_size, method),
                cache=None if images is None else as_tensor(images),
            )
        )
    if current != kept:
        save_verdicts(root, current)
    return examined


def _judge(split: FolderSplit, kept: dict[str, tuple[FileState, Verdict]]) -> _Judged:
    """A verdict on each file: the one kept if the file has not changed since."""
    unknown = []
    verdicts: dict[str, Verdict] = {}
    for file in split.files:
        state, verdict = kept.get(_key(split, file), (None, None))
        if file.reason:
            verdicts[file.path] = refused(file.reason)
        elif verdict is not None and state == _state(file):
            verdicts[file.path] = verdict
        else:
            unknown.append(file.path)
    judged = judge_files(f"{split.folder}/{path}" for path in unknown)
    verdicts |= zip(unknown, judged, strict=True)
    return [(file, verdicts[file.path]) for file in split.files]


def _decode(
    split: FolderSplit,
    judged: _Judged,
    decoder: FileDecoder,
    report: DataReport,
    image_size: int,
    *,
    keep: bool,
) -> tuple[_Judged, UInt8[np.ndarray, "n size size 3"] | None]:
    """Decodes all files, or those never decoded if the images are not kept; notes the damage."""
    known = [verdict.damage is not None and not keep for _, verdict in judged]
    wanted = np.flatnonzero(~np.array(known, bool))
    images, seen, complained = decode_files(decoder, wanted, image_size, keep=keep)
    doubtful = set(decoder.doubtful(wanted[seen].tolist()) if complained else ())
    for index, was_seen in zip(wanted.tolist(), seen.tolist(), strict=True):
        damage = DOUBTFUL if index in doubtful else "" if was_seen else decoder.failure(index)
        file, verdict = judged[index]
        judged[index] = (file, verdict._replace(damage=damage))
    for file, verdict in judged:
        if verdict.damage not in ("", DOUBTFUL):
            report.bad.append(BadImage(_key(split, file), verdict.damage or ""))
            continue
        report.decoded["TensorFlow" if verdict.is_plain else "Pillow"] += 1
        if verdict.damage:
            report.doubtful.append(_key(split, file))
    return judged, images


def _decoder(
    split: FolderSplit, judged: _Judged, image_size: int, method: ResizeMethod
) -> FileDecoder:
    files = [os.fsencode(f"{split.folder}/{file.path}") for file, _ in judged]
    is_plain = np.array([verdict.is_plain for _, verdict in judged], bool)
    return FileDecoder(files, is_plain, image_size, method)


def _key(split: FolderSplit, file: FoundFile) -> str:
    return f"{split.folder.name}/{file.path}"


def _state(file: FoundFile) -> FileState:
    return file.size, file.changed
