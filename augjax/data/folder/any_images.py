"""Some images of any folder or table, with the identities they have in a run."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from augjax.data.folder.expand import expand
from augjax.data.folder.judge import MAX_PIXELS
from augjax.data.folder.splits import contents
from augjax.data.folder.stream import StreamedImage, stream_files
from augjax.data.folder.table import is_table
from augjax.data.tf import ResizeMethod
from augjax.data.turns import by_turns, spread_by_turns
from augjax.errors import InputError
from augjax.printable import printable


class SomeImages(NamedTuple):
    """Images that can be used, sorted by path, and those that were tried in vain.

    Attributes:
      images: with their pixels.
      ids: which image each is in a run on the data: its path relative to the split's folder.
      class_names: as a table has them; of a folder '', as its classes stand in the paths.
      bad: with the reasons.
    """

    images: tuple[StreamedImage, ...]
    ids: tuple[str, ...]
    class_names: tuple[str, ...]
    bad: tuple[StreamedImage, ...]


def any_images(
    data: str | Path,
    count: int,
    *,
    image_size: int,
    method: ResizeMethod = "nearest",
    max_pixels: int = MAX_PIXELS,
    follow_links: bool = False,
) -> SomeImages:
    """Some images of any folder, sorted by path: classes take turns, each spread evenly.

    As classes of a folder count the first folders that differ.

    Args:
      data: a folder with splits, classes or loose files, however deep; or a table. Of splits, only
        the first is looked into: that for training, if there is one.
      count: of images at most; others take the places of those that cannot be decoded.
      image_size: side of the square in pixels that every image is resized to.
      method: 'nearest' or 'bilinear', neither antialiased.
      max_pixels: width times height of a stored image at most.
      follow_links: whether linked folders are looked into, and files of a table may lie anywhere.

    Raises:
      InputError: if there is no such folder or table, or it has no image that can be used.
    """
    where = printable(str(data))
    known = _identities(Path(data), where, follow_links)
    paths = sorted(known)
    groups = [known[path].group for path in paths]
    spread = [paths[n] for n in spread_by_turns(groups, count).tolist()]
    chosen: list[StreamedImage] = []
    bad: list[StreamedImage] = []
    for start in range(0, len(spread), count):
        piece = spread[start : start + count]
        for one in stream_files(piece, image_size=image_size, method=method, max_pixels=max_pixels):
            (bad if one.image is None else chosen).append(one)
        if len(chosen) >= count:
            break
    if not chosen:
        kind = "rows" if is_table(data) else "images"
        raise InputError(f"{where}: none of its {len(paths)} {kind} can be used")
    turns = by_turns([known[one.path].group for one in chosen])
    images = tuple(sorted((chosen[n] for n in turns[:count]), key=lambda one: one.path))
    of_images = [known[one.path] for one in images]
    return SomeImages(
        images,
        tuple(one.id for one in of_images),
        tuple(one.class_name for one in of_images),
        tuple(bad),
    )


class _Known(NamedTuple):
    id: str
    class_name: str
    group: str


def _identities(data: Path, where: str, follow_links: bool) -> Mapping[str, _Known]:
    """By path, in the order of the files."""
    found = contents(data, where=where, follow_links=follow_links, skip_missing=True)
    first = found.names[0] if found.names else ""
    if is_table(data):
        split = found.listed(first)
        named = ((file, split.class_names[file.label]) for file in split.files)
        return {split.path(file): _Known(file.path, name, name) for file, name in named}
    folder = data / first
    paths = expand([folder], follow_links=follow_links)
    ids = {path: Path(os.path.relpath(path, folder)).as_posix() for path in paths}
    folders = {id: os.path.dirname(id) for id in ids.values()}
    start = len(os.path.commonpath(set(folders.values()))) if folders else 0
    return {
        path: _Known(id, "", folders[id][start:].lstrip("/").partition("/")[0])
        for path, id in ids.items()
    }
