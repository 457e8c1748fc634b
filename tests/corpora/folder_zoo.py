"""Kinds of data folder, and what augjax must make of each (`zoo.judge_zoo`)."""

import json
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from augjax.data import Dataset, epoch_batches, load_dataset, load_image_folder
from augjax.errors import InputError
from augjax.files import write_json
from tests.corpora.image_bytes import png
from tests.corpora.zoo import Outcome


class FolderKind(NamedTuple):
    """A kind of data folder.

    Attributes:
      name: what it is.
      change: makes it from a usual one of two images a class and split.
      train: how many training images are read; None if the folder is refused.
      words: parts of the notes or of the error.
      follow_links: as `load_image_folder` takes it.
      table: the name of a table in the folder that is read instead, by `load_dataset`.
      valid_fraction: as `load_dataset` takes it, which reads the folder then.
    """

    name: str
    change: Callable[[Path], object]
    train: int | None
    words: tuple[str, ...]
    follow_links: bool = False
    table: str = ""
    valid_fraction: float | None = None


@cache
def kinds() -> list[FolderKind]:
    """All of them."""
    return [*_usual(), *_skipped(), *_refused(), *_links(), *_followed(), *_leaks(), *_names()]


def picture(number: int) -> bytes:
    """An image file; no two numbers give the same."""
    return png(np.full((4, 4, 3), [number % 256, number // 256, 99], np.uint8))


def judge(kind: FolderKind, folder: Path) -> Outcome:
    """Reads a data folder of the kind, made in `folder`, and says what came of it."""
    root = folder / "beside" / "data"
    usual_folder(root)
    kind.change(root)
    before = _listing(root)
    train: int | None = None
    try:
        dataset = _load(kind, root)
    except InputError as error:
        lines = [str(error), *error.details]
    else:
        train = sum(
            int(batch.mask.sum())
            for batch in epoch_batches(dataset.train, np.arange(len(dataset.train)), 4)
        )
        lines = list(dataset.notes)
        assert dataset.report is not None
        report = dataset.report.as_json() | {"sources": dataset.train.sources}
        write_json(folder / "report.json", report)
        read_back = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        if read_back["sources"] != list(dataset.train.sources):
            lines.append("the report does not have the names as they are")
    expected = f"{'refused' if kind.train is None else kind.train}: {', '.join(kind.words)}"
    got = f"{'refused' if train is None else train}: {' '.join(lines)}"
    wrong = [
        *(f"without {word!r}" for word in kind.words if word not in got),
        *(f"unprintable {line!r}" for line in lines if not line.isprintable()),
        *(["the folder has changed"] if _listing(root) != before else []),
        *(["another number of images"] if train != kind.train else []),
    ]
    return Outcome(kind.name, expected, f"{got} {wrong or ''}".strip(), not wrong)


def _load(kind: FolderKind, root: Path) -> Dataset:
    if not (kind.table or kind.valid_fraction):
        return load_image_folder(root, image_size=16, follow_links=kind.follow_links)
    return load_dataset(
        root / kind.table,
        image_size=16,
        follow_links=kind.follow_links,
        valid_fraction=kind.valid_fraction,
    )


def usual_folder(root: Path) -> None:
    """Two splits of two classes of two images."""
    number = 0
    for split in ("train", "valid"):
        for name in ("Car", "Truck"):
            (root / split / name).mkdir(parents=True)
            for file in ("1.png", "2.png"):
                number += 1
                (root / split / name / file).write_bytes(picture(number))


def put(*paths: str) -> Callable[[Path], None]:
    """Adds images, each unlike the others, in new folders where need be."""

    def change(root: Path) -> None:
        for number, path in enumerate(paths, start=1000):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(picture(number))

    return change


def link(path: str, target: str, *, on_folder: bool = False) -> Callable[[Path], None]:
    """Adds a link; a target that starts with '/' is beside the data folder, and is made."""

    def change(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if not target.startswith("/"):
            return (root / path).symlink_to(target)
        outside = root.parent / target[1:]
        if on_folder:
            shutil.copytree(root / "valid" / "Car", outside / "Car")
            shutil.copytree(root / "valid" / "Truck", outside / "Truck")
        else:
            outside.write_bytes(picture(999))
        return (root / path).symlink_to(outside)

    return change


def remove(*paths: str) -> Callable[[Path], None]:
    """Removes folders."""

    def change(root: Path) -> None:
        for path in paths:
            shutil.rmtree(root / path)

    return change


def both(*changes: Callable[[Path], object]) -> Callable[[Path], None]:
    """One change after the other."""

    def change(root: Path) -> None:
        for each in changes:
            each(root)

    return change


def _usual() -> list[FolderKind]:
    clean = ("Checked 8 files: all readable (8 decoded)",)
    return [
        FolderKind("the usual", lambda root: None, 4, clean),
        FolderKind("images in deeper folders", put("train/Car/a/b/c.png"), 5, ("Checked 9",)),
        FolderKind("capital suffixes", put("train/Car/a.PNG"), 5, ("Checked 9",)),
        FolderKind("val for valid", lambda root: (root / "valid").rename(root / "val"), 4,
                   ("'val'", *clean)),
        FolderKind("test for valid", lambda root: (root / "valid").rename(root / "test"), 4,
                   ("'test'", *clean)),
        FolderKind("test beside valid", put("test/Bus/a.png"), 4, clean),
    ]  # fmt: skip


def _skipped() -> list[FolderKind]:
    names = ("a.tif", "a.avif", "a.heic", "a.txt", "A.TIF", "README")
    return [
        FolderKind("hidden files", put("train/Car/.a.png", "train/Car/._1.png"), 4, ("hidden 2",)),
        FolderKind("hidden folders", put("train/Car/.git/a.png", "train/.git/a.png"), 4,
                   ("hidden 2",)),
        FolderKind("__MACOSX", put("train/__MACOSX/a.png", "train/Car/__MACOSX/b.png"), 4,
                   ("hidden 2",)),
        FolderKind("notebook checkpoints", put("train/.ipynb_checkpoints/a.png",
                                                "train/Car/.ipynb_checkpoints/1.png"), 4,
                   ("hidden 2",)),
        FolderKind("other files", put(*(f"train/Car/{name}" for name in names)), 4,
                   (".tif 2", ".avif 1", ".heic 1", ".txt 1", "without a suffix 1")),
        FolderKind("images beside the classes", put("train/a.png"), 4,
                   ("outside a class folder 1",)),
    ]  # fmt: skip


def _refused() -> list[FolderKind]:
    return [
        FolderKind("nothing there", lambda root: shutil.rmtree(root), None, ("no such folder",)),
        FolderKind("a file", lambda root: (shutil.rmtree(root), root.write_bytes(b"")), None,
                   ("not a folder",)),
        FolderKind("an empty folder", remove("train", "valid"), None, ("there are: none",)),
        FolderKind("no valid", remove("valid"), None, ("valid or val or validation or test",)),
        FolderKind("no train", remove("train"), None, ("no folder train",)),
        FolderKind("no classes", remove("train/Car", "train/Truck"), None, ("no class folders",)),
        FolderKind("one class", remove("train/Car", "valid/Car"), None,
                   ("one class only (Truck)",)),
        FolderKind("an empty class", both(remove("train/Car"),
                                           lambda root: (root / "train/Car").mkdir()), None,
                   ("no images", "train/Car;")),
        FolderKind("a class of other files only", both(remove("train/Car"),
                                                        put("train/Car/a.tif")), None,
                   ("no images", "train/Car;")),
        FolderKind("classes that differ", lambda root: (root / "valid/Car").rename(
                       root / "valid/Bus"), None, ("Car, Truck against Bus, Truck",)),
        FolderKind("a class more in valid", put("valid/Bus/a.png"), None,
                   ("Car, Truck against Bus, Car, Truck",)),
        FolderKind("a pipe among the images", lambda root: os.mkfifo(root / "train/Car/a.jpg"),
                   None, ("cannot use 1 of 9", "train/Car/a.jpg (not a regular file)")),
        FolderKind("a folder named like an image", put("train/Car/a.jpg/b.png"), None,
                   ("train/Car/a.jpg (a folder, not a file)",)),
    ]  # fmt: skip


def _links() -> list[FolderKind]:
    return [
        FolderKind("a link to an image", link("train/Car/a.png", "2.png"), 5, ("Checked 9",)),
        FolderKind("a link to a class", both(remove("train/Car"),
                                              put("cars/a.png", "cars/b.png", "cars/c.png"),
                                              link("train/Car", "../cars")), 5, ("Checked 9",)),
        FolderKind("a link to a folder of images", both(put("more/a.png"),
                                                         link("train/Car/more", "../../more")), 4,
                   ("linked folder 1",)),
        FolderKind("a link that dangles", link("train/Car/a.png", "none.png"), None,
                   ("train/Car/a.png (a link that leads nowhere)",)),
        FolderKind("a link in a circle", link("train/Car/a.png", "a.png"), None,
                   ("train/Car/a.png (cannot be read",)),
        FolderKind("a link out of the data", link("train/Car/a.png", "/a.png"), None,
                   ("train/Car/a.png (a link that leads out of the data folder; --follow-links",)),
        FolderKind("a class link that dangles", link("train/Bus", "none"), None,
                   ("train/Bus: a link that leads to no folder",)),
        FolderKind("a class link in a circle", link("train/Bus", "Bus"), None,
                   ("train/Bus: a link that leads to no folder",)),
        FolderKind("a class link out of the data", link("train/Bus", "/out", on_folder=True), None,
                   ("train/Bus: a link that leads out of the data folder; --follow-links",)),
        FolderKind("a class link to its split", link("train/Bus", "."), None,
                   ("train/Bus: a link that leads back",)),
        FolderKind("a class link to the data folder", link("train/Bus", "../../data"), None,
                   ("train/Bus: a link that leads back",)),
        FolderKind("a split link out of the data", both(
                       lambda root: (root / "train").rename(root.parent / "elsewhere"),
                       lambda root: (root / "train").symlink_to(root.parent / "elsewhere")), None,
                   ("train: a link that leads out of the data folder; --follow-links",)),
    ]  # fmt: skip


def _followed() -> list[FolderKind]:
    out = link("train/Car/out", "/out", on_folder=True)  # out/Car and out/Truck, of two images.
    return [
        FolderKind("a followed link out of the data", link("train/Car/a.png", "/a.png"), 5,
                   ("Checked 9",), True),
        FolderKind("a followed link to a folder", out, 8, ("Checked 12",), True),
        FolderKind("a followed class link out of the data",
                   both(link("train/Bus", "/out", on_folder=True), put("valid/Bus/a.png")), 8,
                   ("Checked 13",), True),
        FolderKind("a followed split link out of the data", both(
                       lambda root: (root / "train").rename(root.parent / "elsewhere"),
                       lambda root: (root / "train").symlink_to(root.parent / "elsewhere")), 4,
                   ("Checked 8",), True),
        FolderKind("a followed link that dangles", link("train/Car/a.png", "none.png"), None,
                   ("train/Car/a.png (a link that leads nowhere)",), True),
        FolderKind("a followed class link to its split", link("train/Bus", "."), None,
                   ("train/Bus: a link that leads back",), True),
        FolderKind("a followed link to the split", link("train/Car/a", ".."), 4,
                   ("link in a circle 1",), True),
        FolderKind("a followed link to its folder", link("train/Car/a/b/c", ".."), 4,
                   ("linked again 1",), True),
        FolderKind("a followed circle elsewhere", both(out, link("train/Car/out/Car/a", "..")), 8,
                   ("linked again 1",), True),
        FolderKind("two followed links to a folder", both(out, link("train/Car/a", "out/Car")), 8,
                   ("linked again 1",), True),
        FolderKind("a followed link to an image of the class", link("train/Car/0.png", "2.png"), 4,
                   ("linked again 1",), True),
        FolderKind("a followed link to an image of another class",
                   link("train/Car/0.png", "../../valid/Car/2.png"), 5,
                   ("Warning: 1 validation image with the bytes of training images",), True),
    ]  # fmt: skip


def _leaks() -> list[FolderKind]:
    def copy(root: Path) -> None:
        shutil.copy(root / "train/Car/1.png", root / "valid/Truck/copy.png")

    def same_size(root: Path) -> None:
        one, other = root / "train/Car/a.png", root / "valid/Car/a.png"
        one.write_bytes(picture(2000) + b"x" * 9000 + b"y")
        other.write_bytes(picture(2000) + b"x" * 9000 + b"z")

    return [
        FolderKind("the same bytes in train and valid", copy, 4,
                   ("1 validation image", "valid/Truck/copy.png = train/Car/1.png",
                    "1 of them in two classes")),
        FolderKind("all of valid in train", both(
                       remove("valid"),
                       lambda root: shutil.copytree(root / "train", root / "valid")), 4,
                   ("4 validation images", "and 1 more")),
        FolderKind("files alike but for the last byte", same_size, 5,
                   ("Checked 10 files: all readable",)),
    ]  # fmt: skip


def _names() -> list[FolderKind]:
    odd = {
        "a newline": "a\nb",
        "emoji": "a\N{AUTOMOBILE}",
        "no UTF-8": os.fsdecode(b"a\xff\xfe"),
        "a terminal sequence": "a\x1b[31mred",
        "a script": "<script>alert(1)<",
        "a formula": "=cmd|' C'!A0",
        "a leading dash": "-rf",
        "a quote": "a\"b'c",
        "text that runs backwards": "a\u202egnp",
        "spaces": " a  b ",
        "markup": "[red]:car:[",
    }
    kinds = [
        FolderKind(f"a file name with {what}", put(f"train/Car/{name}.png"), 5, ("Checked 9",))
        for what, name in odd.items()
    ]
    kinds += [
        FolderKind(f"a class name with {what}",
                   put(f"train/{name}/a.png", f"valid/{name}/b.png"), 5,
                   ("Checked 10",))
        for what, name in odd.items()
    ]  # fmt: skip
    escaped = {
        "a newline": r"a\nb",
        "no UTF-8": r"a\xff\xfe",
        "a terminal sequence": r"a\x1b[31mred",
    }
    return kinds + [
        FolderKind(f"a bad file with {what} in its name",
                   lambda root, name=odd[what]: (root / f"train/Car/{name}.png").write_bytes(b""),
                   None, ("cannot use 1 of 9", f"train/Car/{shown}.png (the file is empty)"))
        for what, shown in escaped.items()
    ]  # fmt: skip


def _listing(root: Path) -> list[tuple[str, int, int]]:
    return sorted(
        (os.path.join(where, name), status.st_size, status.st_mtime_ns)
        for where, folders, files in os.walk(root)
        for name in (*folders, *files)
        for status in [os.lstat(os.path.join(where, name))]
    )
