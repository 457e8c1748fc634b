"""Kinds of folder without splits and of table, and what augjax must make of each."""

import json
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.corpora.folder_zoo import FolderKind, both, judge, link, picture, put, remove

__all__ = ["judge", "kinds"]


@cache
def kinds() -> list[FolderKind]:
    """All of them."""
    return [*_unsplit(), *_tables()]


def _unsplit() -> list[FolderKind]:
    """Of the training images alone."""

    def alone(root: Path) -> None:
        (root / "train").rename(root.parent / "alone")
        shutil.rmtree(root)
        (root.parent / "alone").rename(root)

    def kind(
        name: str, change: Callable[[Path], object], train: int | None, *words: str,
        fraction: float = 0.5, follow_links: bool = False,
    ) -> FolderKind:  # fmt: skip
        return FolderKind(
            name, both(alone, change), train, words, follow_links, valid_fraction=fraction
        )

    return [
        kind("class folders without a split", put(*(f"Car/{n}.png" for n in range(9))), 3,
             "Validating on 8 of 11 images", "Checked 11 files: all readable"),
        kind("class folders, and a class without validation", lambda root: None, 3,
             "Validating on 1 of 4 images", "Classes without an image in valid: Truck",
             fraction=0.4),
        kind("class folders, and a class without training", lambda root: None, None,
             "no training image of Car", fraction=0.9),
        kind("class folders, and nothing for validation", lambda root: None, None,
             "no image for validation", fraction=0.001),
        kind("class folders and a fraction of one", lambda root: None, None,
             "--valid-fraction 1.0: expected a number between 0 and 1", fraction=1.0),
        kind("one class folder", remove("Car"), None, "one class only (Truck)"),
        kind("class folders, and an empty one", lambda root: (root / "Bus").mkdir(), None,
             "no images", "Bus;"),
        kind("class folders, and a split", put("train/Car/a.png"), None,
             "has train already", "data/train to split that"),
        kind("a class called train", put(*(f"train/{n}.png" for n in range(9))), 5,
             "Validating on 8 of 13 images"),
        FolderKind("splits and a fraction", lambda root: None, None,
                   ("has train and valid already; leave the flag out",), valid_fraction=0.5),
    ]  # fmt: skip


def _table(*rows: str, name: str = "table.csv", encoding: str = "utf-8") -> Callable[[Path], int]:
    """Adds a table."""
    return lambda root: (root / name).write_bytes("\n".join(rows).encode(encoding))


def _tables() -> list[FolderKind]:
    rows = [
        f"{split}/{name}/{number}.png,{name},{split}"
        for split in ("train", "valid") for name in ("Car", "Truck") for number in (1, 2)
    ]  # fmt: skip
    csv = ("path,label,split", *rows)
    objects = [
        json.dumps(dict(zip(csv[0].split(","), row.split(","), strict=True))) for row in rows
    ]
    odd = ["a\nb", "a\N{AUTOMOBILE}", "=cmd|' C'!A0", "a\"b'c,", "<script>", " a "]
    quoted = ['"' + name.replace('"', '""') + '"' for name in odd]
    named = [
        f'train/Car/{name[:-1]}.png",{name},train'.replace('train/Car/"', '"train/Car/', 1)
        for name in quoted
    ]
    named += [f"valid/Car/{n}v.png,{name},valid" for n, name in enumerate(quoted)]
    files = put(*(f"train/Car/{name}.png" for name in odd),
                 *(f"valid/Car/{n}v.png" for n in range(len(odd))))  # fmt: skip

    def kind(name: str, change: Callable[[Path], object], train: int | None, *words: str,
             table: str = "table.csv", fraction: float | None = None, follow: bool = False,
             ) -> FolderKind:  # fmt: skip
        return FolderKind(f"a table {name}", change, train, words, follow, table, fraction)

    return [
        kind("of all", _table(*csv), 4, "Checked 8 files: all readable (8 decoded)"),
        kind("of all, as JSON lines", _table(*objects, "", name="a.JSONL"), 4, "Checked 8",
             table="a.JSONL"),
        kind("that starts with a mark", _table(*csv, encoding="utf-8-sig"), 4, "Checked 8"),
        kind("of lines that end as in DOS", _table(*(f"{row}\r" for row in csv)), 4, "Checked 8"),
        kind("with other columns, in another order",
             _table("note,label,path", *(f"x,{r.split(',')[1]},{r.split(',')[0]}" for r in rows)),
             3, "Validating on 5 of 8", fraction=0.5),
        kind("with absolute paths",
             lambda root: _table(csv[0], *(f"{root}/{row}" for row in rows))(root), 4, "Checked 8"),
        kind("with odd names", both(files, _table(*csv, *named)), 10, "Checked 20"),
        kind("of the split test", _table(*(row.replace(",valid", ",test") for row in csv)), 4,
             "Validating on the rows of the split 'test'"),
        kind("without splits", _table(*(row.rsplit(",", 1)[0] for row in csv)), None,
             "no column split; --valid-fraction 0.2"),
        kind("with splits, and a fraction", _table(*csv), None, "leave the flag out", fraction=0.5),
        kind("of nothing", _table(""), None, "has no rows"),
        kind("of a header", _table(csv[0]), None, "has no rows"),
        kind("without a header", _table(*rows), None, "expected the columns path, label"),
        kind("that is not there", lambda root: None, None, "cannot read it: No such file"),
        kind("that is a pipe", lambda root: os.mkfifo(root / "table.csv"), None,
             "cannot read it: not a regular file"),
        kind("in another encoding", _table(*csv, "a.png,\xc9lan,train", encoding="latin-1"), None,
             "line 10 is not UTF-8"),
        kind("with a quote that does not end", _table(*csv, 'a.png,"Car,train'), None,
             "line 10: not CSV"),
        kind("of one class", _table(*(row for row in csv if "Truck" not in row)), None,
             "one class only (Car)"),
        kind("of training only", _table(*csv[:5]), None, "no rows of the split valid or"),
        kind("of classes that differ", _table(*csv[:-2], "valid/Truck/1.png,Bus,valid"), None,
             "Car, Truck against Bus, Car; give both the same labels"),
        kind("of bad rows", _table(
                 *csv, "none.png,Car,train", "train/Car/1.png,Car,valid", "a.png,,train",
                 ",Car,train", "a.png,Car,dev", "a.png,Car,", "a.png,Car",
                 "../elsewhere.png,Car,train"), None,
             "cannot use 8 of 16 rows", "line 10: none.png: no such file",
             "line 11: train/Car/1.png: the path of line 2 again", "line 12: it has no label",
             "line 13: it has no path", "line 14: unknown split dev; expected train or valid or",
             "line 15: it has no split", "line 16: it has 2 fields, not 3",
             "line 17: ../elsewhere.png: leads out of the table's folder; --follow-links"),
        kind("of bad objects", _table(
                 *objects, "[]", "{", '{"path": 3, "label": "Car"}', '{"path": "a\\u0000"}',
                 '{"path": "a", "label": null}', "[" * 10_000, name="a.jsonl"), None,
             "cannot use 6 of 14 rows", "line 9: not a JSON object", "line 10: not a JSON object",
             "line 11: its path is not text: 3", "line 12: its path is not text",
             "line 13: its label is not text: None", "line 14: not a JSON object",
             table="a.jsonl"),
        kind("of a file elsewhere, followed",
             both(lambda root: (root.parent / "b.png").write_bytes(picture(7)),
                   _table(*csv, "../b.png,Car,train")), 5, "Checked 9", follow=True),
        kind("of a link that leads elsewhere",
             both(link("b.png", "/b.png"), _table(*csv, "b.png,Car,train")), None,
             "line 10: b.png: leads out of the table's folder"),
        kind("of a bad image", both(lambda root: (root / "b.png").write_bytes(b""),
                                     _table(*csv, "b.png,Car,train")), None,
             "cannot use 1 of 9 images", "b.png (the file is empty)"),
        kind("of leaks", both(
                 lambda root: shutil.copy(root / "train/Car/1.png", root / "c.png"),
                 _table(*csv, "c.png,Truck,valid")), 4,
             "c.png = train/Car/1.png", "1 of them in two classes"),
    ]  # fmt: skip
