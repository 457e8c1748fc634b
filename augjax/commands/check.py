"""`augjax check`: what is in a folder or a table, whether a run can train on it, and its sheets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from augjax.commands.command_line import unwritable
from augjax.commands.console import print_json
from augjax.commands.flags import Check
from augjax.commands.place import check_place
from augjax.commands.progress import counting, working
from augjax.commands.train_flags import Train
from augjax.data import inspect
from augjax.data.contact_sheet import SIDE, planned_sheets, write_sheets
from augjax.data.data_report import IMAGE_SUFFIXES, LISTED
from augjax.data.folder.inspect import VALID_FRACTION, Inspection
from augjax.data.folder.summary import FEW, summary
from augjax.data.tfds_builder import PREFIX
from augjax.errors import InputError
from augjax.printable import argument, counted, printable, some
from augjax.runs.settings import LEAST_SIDE, check_settings

SOME_BAD, UNUSABLE = 3, 2
"""Exit codes: some images cannot be used; a run cannot train on the data at all."""

_CLASSES, _LETTERS = 50, 60
"""So many classes are listed on the screen, and so many letters of each name; --json has all."""
_EQUAL = 6
"""So many files of the same bytes are named in a line."""


def main(flags: Check) -> int:
    """Inspects the data, draws the sheets, and prints what was found."""
    check_settings({"max_pixels": flags.max_pixels, "data": flags.data})
    if flags.data.startswith(PREFIX):
        raise InputError(f"augjax check {flags.data}: only folders and tables are checked")
    if flags.sheets:
        check_place(flags.out, flags.out, flags.data, follow_links=flags.follow_links)
    with working(f"Checking the images of {printable(flags.data)} ..."):
        found = inspect(
            flags.data, image_size=SIDE,
            max_pixels=flags.max_pixels, follow_links=flags.follow_links,
        )  # fmt: skip
    sheets = list(_drawn(found, flags)) if flags.sheets else []
    facts = {"data": flags.data, **summary(found), "sheets": sheets}
    code, verdict = _verdict(facts, flags)
    facts |= {"verdict": verdict, "exit_code": code}
    if flags.json:
        print_json(facts)
    else:
        for line in _lines(facts):
            print(line)
    return code


def _drawn(found: Inspection, flags: Check) -> Iterator[dict[str, Any]]:
    sheets = planned_sheets(found)
    try:
        flags.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(flags.out, error.strerror or str(error)) from error
    written = write_sheets(sheets, flags.out, max_pixels=flags.max_pixels)
    for sheet in counting(written, f"of {len(sheets):,} contact sheets"):
        yield {
            "split": sheet.split,
            "class": sheet.class_name,
            "count": sheet.total,
            "shown": len(sheet.paths),
            "file": str(flags.out / sheet.file),
        }


def _verdict(facts: Mapping[str, Any], flags: Check) -> tuple[int, str]:
    """The exit code, and the last line."""
    command = f"augjax train {argument(flags.data)}"
    unsplit = all(split["name"] == "" for split in facts["splits"])
    if unsplit:
        command += f" --valid-fraction {VALID_FRACTION}"
    if (side := _side_of_all(facts["splits"])) and LEAST_SIDE <= side < Train.image_size:
        command += f" --image-size {side}"
    if flags.follow_links:
        command += " --follow-links"
    if flags.max_pixels != Check.max_pixels:
        command += f" --max-pixels {flags.max_pixels}"
    bad = counted(len(facts["bad"]), "bad image")
    if facts["obstacle"]:
        also = f"; {bad}" if facts["bad"] else ""
        return UNUSABLE, f"Cannot be trained on: {facts['obstacle']}{also}"
    doubts, is_are = [], ("is", "are")
    if torn := len(facts["duplicates_of_two_classes"]):
        doubts.append(f"{counted(torn, 'picture')} {is_are[torn > 1]} in several classes")
    if shared := facts["images_in_both_splits"]:
        verb = "would be" if unsplit else is_are[shared > 1]
        doubts.append(f"{counted(shared, 'validation image')} {verb} trained on too")
    but = f", but {' and '.join(doubts)} (named above)" if doubts else ""
    if facts["bad"]:
        it = "it" if len(facts["bad"]) == 1 else "them"
        return SOME_BAD, (
            f"{bad}: repair or remove {it}, or leave {it} out{but}: {command} --on-bad-image skip"
        )
    if doubts:
        return 0, f"Can be trained on{but}: {command}"
    return 0, f"Ready to train: {command}"


def _side_of_all(splits: Sequence[Mapping[str, Any]]) -> int | None:
    """The side that all images have, if they are squares of one size."""
    sizes = [split["sizes"] for split in splits if split["sizes"]]
    sides = {side for size in sizes for kind in ("smallest", "greatest") for side in size[kind]}
    return sides.pop() if len(sides) == 1 and not any(s["not_square"] for s in sizes) else None


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """All that the screen shows."""
    yield from _class_table(facts["splits"])
    yield ""
    yield from _size_table(facts["splits"])
    yield ""
    yield _balance_line(facts["balance"])
    yield from _problem_lines(facts)
    yield from map(printable, facts["findings"])
    if facts["sheets"]:
        folder = Path(facts["sheets"][0]["file"]).parent
        count = counted(len(facts["sheets"]), "contact sheet")
        yield f"Wrote {count} to {printable(str(folder))}"
    yield printable(facts["verdict"])


def _class_table(splits: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    names = sorted({name for split in splits for name in split["classes"]})
    rows = [["class", *(split["name"] or "images" for split in splits)]]
    for name in names[:_CLASSES]:
        counts = [split["classes"].get(name) for split in splits]
        rows.append([_short(name), *("-" if c is None else f"{c:,}" for c in counts)])
    if len(names) > _CLASSES:
        rows.append([f"... and {len(names) - _CLASSES:,} more", *[""] * len(splits)])
    total = [f"{split['images']:,}" for split in splits]
    yield from _table([*rows, [counted(len(names), "class", "classes"), *total]])


def _size_table(splits: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    kinds = {
        "smallest": "smallest (by area)", "median": "median width x height",
        "greatest": "largest (by area)",
    }  # fmt: skip
    rows = [["width x height", *kinds.values(), "not square"]]
    for split in splits:
        sizes = split["sizes"]
        if sizes:
            shown = [f"{width} x {height}" for width, height in (sizes[kind] for kind in kinds)]
            rows.append([split["name"] or "images", *shown, f"{sizes['not_square']:,}"])
    yield from _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, the others to the right."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        first, *others = ((cell, " " * (width - cell_len(cell))) for cell, width in cells)
        yield "  ".join(["".join(first), *(space + cell for cell, space in others)]).rstrip()


def _balance_line(balance: Mapping[str, Any]) -> str:
    most, least = _short(balance["greatest"]), _short(balance["smallest"])
    if balance["ratio"] is None:
        line = f"{least} has no image."
    elif balance["ratio"] == 1:
        line = "all classes have the same number of images."
    else:
        line = f"{most} has {balance['ratio']:g} times the images of {least}."
    if balance["few"]:
        few = [f"{_short(name)} {count}" for name, count in balance["few"].items()]
        line += f" Fewer than {FEW} images: {some(few, 20)}."
    return f"Balance{f' of {split}' if (split := balance['split']) else ''}: {line}"


def _problem_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with files, the worst first; of each kind the first few, --json has all."""
    problems: dict[str, Mapping[Any, str]] = {
        f"Bad images, of {facts['files_judged']:,} files": {
            one["path"]: f"{printable(one['path'])} ({printable(one['reason'])})"
            for one in facts["bad"]
        },
        "Leaks, trained on byte for byte": _equal(pair.values() for pair in facts["leaks"]),
        "The same bytes in two classes": _equal(facts["duplicates_of_two_classes"]),
        "Duplicates, groups of the same bytes": _equal(facts["duplicates"]),
        "Doubtful, as decoders complained": _by_path(facts["doubtful"]),
        "Nearly black, as 16-bit PNGs of fewer bits are": _by_path(facts["dark"]),
    }
    groups: set[Any] = set()
    for what, lines in problems.items():
        if not lines:
            continue
        new = {key: line for key, line in lines.items() if key not in groups}
        above = f", {len(lines) - len(new):,} of them named above" if len(new) < len(lines) else ""
        yield f"{what}: {len(lines):,}{above if new else ', named above'}"
        yield from (f"  {line}" for line in list(new.values())[:LISTED])
        if len(new) > LISTED:
            yield f"  ... and {len(new) - LISTED:,} more; --json lists them"
        groups.update(key for key in list(new)[:LISTED] if isinstance(key, frozenset))
    if skipped := [f"{printable(kind)} {count}" for kind, count in facts["skipped"].items()]:
        yield f"Skipped: {some(skipped, 10)}; only {' '.join(IMAGE_SUFFIXES)} are read."


def _by_path(paths: Iterable[str]) -> dict[str, str]:
    return {path: printable(path) for path in paths}


def _equal(groups: Iterable[Iterable[str]]) -> dict[frozenset[str], str]:
    """By the files of a group, its line, which names the first few of many."""
    lines = {}
    for names in map(list, groups):
        more = f" = {len(names) - _EQUAL:,} more" if len(names) > _EQUAL else ""
        lines[frozenset(names)] = " = ".join(map(printable, names[:_EQUAL])) + more
    return lines


def _short(name: str) -> str:
    shown = printable(name)
    return shown if len(shown) <= _LETTERS else f"{shown[: _LETTERS - 3]}..."
