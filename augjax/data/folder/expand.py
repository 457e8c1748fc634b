"""The image files that paths name: files as they are, and those in folders."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from augjax.data.data_report import IMAGE_SUFFIXES
from augjax.data.folder.scan import is_hidden, suffix_of


def expand(
    paths: Iterable[str | Path],
    *,
    follow_links: bool = False,
    skipped: Counter[str] | None = None,
) -> Iterator[str]:
    """The files that are named, and in place of each folder the images below it, one by one.

    Those of a folder come sorted by path, by code point. Hidden files and folders, `__MACOSX`,
    files without an image's suffix and links to folders are passed over. What cannot be read comes
    as it is; `stream_files` says why.

    Args:
      paths: of files and folders; the next one is asked for when it is needed.
      follow_links: whether links to folders are followed, to each once.
      skipped: counts files of folders that have another suffix, by that.
    """
    skipped = Counter() if skipped is None else skipped
    for path in map(str, paths):
        if os.path.isdir(path):
            yield from _images_below(path, follow_links, skipped)
        else:
            yield path


def _images_below(folder: str, follow_links: bool, skipped: Counter[str]) -> Iterator[str]:
    """Depth first: a folder stands among its neighbours as its name with a slash."""
    waiting = [(folder, True)]
    seen: set[str] = set()
    while waiting:
        path, is_folder = waiting.pop()
        if not is_folder:
            yield path
            continue
        if follow_links:
            real = os.path.realpath(path)
            if real in seen:
                continue
            seen.add(real)
        try:
            with os.scandir(path) as entries:
                found = [each for entry in entries if (each := _kind(entry, follow_links, skipped))]
        except OSError:
            yield path
        else:
            waiting += sorted(found, key=lambda one: one[0] + "/" * one[1], reverse=True)


def _kind(
    entry: os.DirEntry[str], follow_links: bool, skipped: Counter[str]
) -> tuple[str, bool] | None:
    """The path of an image or folder, and whether it is a folder to look into."""
    if is_hidden(entry.name):
        return None
    if entry.name.lower().endswith(IMAGE_SUFFIXES):
        return entry.path, False
    if entry.is_dir(follow_symlinks=follow_links):
        return entry.path, True
    if not entry.is_dir():
        skipped[suffix_of(entry.name)] += 1
    return None
