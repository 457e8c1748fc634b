"""Files with the same bytes, and leaks: validation images whose very bytes are trained on."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from augjax.files import open_regular


def find_leaks(
    train: Iterable[tuple[str, int]], valid: Iterable[tuple[str, int]]
) -> list[tuple[str, str]]:
    """Pairs of a validation file and a training file with the same bytes.

    Only files whose outline (see `fingerprint.outline`) occurs in both are read, a block at a time.
    """
    trained: dict[int, list[str]] = defaultdict(list)
    for path, outline in train:
        trained[outline].append(path)
    by_digest: dict[int, dict[bytes, str]] = {}
    leaks = []
    for path, outline in valid:
        if outline not in trained:
            continue
        if outline not in by_digest:
            by_digest[outline] = {_digest(other): other for other in reversed(trained[outline])}
        digest = _digest(path)
        if digest and digest in by_digest[outline]:
            leaks.append((path, by_digest[outline][digest]))
    return leaks


def find_duplicates(files: Iterable[tuple[str, int]]) -> list[tuple[str, ...]]:
    """Groups of two or more files with the same bytes, in the order of the files.

    Only files whose outline occurs twice are read, a block at a time.
    """
    outlined: dict[int, list[str]] = defaultdict(list)
    for path, outline in files:
        outlined[outline].append(path)
    groups: list[tuple[str, ...]] = []
    for paths in outlined.values():
        if len(paths) > 1:
            same: dict[bytes, list[str]] = defaultdict(list)
            for path in paths:
                same[_digest(path)].append(path)
            same.pop(b"", None)
            groups += [tuple(group) for group in same.values() if len(group) > 1]
    return groups


def _digest(path: str) -> bytes:
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "blake2b").digest()
    except OSError:  # Gone since it was judged: its image will be missed, not its digest.
        return b""
