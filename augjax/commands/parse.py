"""A command line parsed by tyro, whose mistakes are one line as all others are."""

import contextlib
import io
import re
from collections.abc import Sequence
from typing import Any

import tyro

from augjax.errors import InputError
from augjax.printable import printable

EXPECTED = {"INT": "a whole number", "N": "a whole number", "FLOAT": "a number"}
"""What tyro's names for values mean, and ours."""


def parse(flags: Any, *, prog: str, args: Sequence[str] | None = None, **options: Any) -> Any:
    """What `tyro.cli` makes of a command line, of this process's by default.

    Raises:
      InputError: where tyro would print several lines, in a frame, and exit.
      SystemExit: after `--help`.
    """
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told):
            return tyro.cli(flags, prog=prog, args=args, **options)
    except SystemExit as end:
        if not end.code:
            raise
        raise InputError(f"{_in_one_line(told.getvalue())}; see {prog} --help") from None


def _in_one_line(framed: str) -> str:
    """What tyro says of a mistake, without its frame, the flag's description and Python's words."""
    # A frame is of lines, or of '-' where the terminal has no others; the first line is a title.
    framed = re.sub(r"\x1b\[[0-9;]*m", "", framed)  # Its colours on a terminal.
    parts: list[list[str]] = [[]]
    for line in re.sub("^[│╰]|[│╯]$", " ", framed, flags=re.MULTILINE).splitlines()[1:]:
        if line.strip(" -─"):
            parts[-1].append(line)
        elif line.strip():
            parts.append([])
    parts = [part for part in parts if part] or [[framed]]
    said, about = (" ".join(" ".join(part).split()) for part in [*parts, []][:2])
    said = printable(said)
    if found := re.match(r"""Error parsing (\S+): .*(['"])(.*?)\2\W*$""", said):
        flag = found[1].partition("/")[0]  # Of those that have two names.
        kind = re.search(rf"{re.escape(flag)}\S* ([^\s|]+)", about)
        name = kind[1] if kind else "another value"
        return f"{found[1]} {found[3]}: expected {EXPECTED.get(name, name)}"
    if found := re.match(r"Unrecognized (?:or misplaced )?options: ([^, ]+)", said):
        close = re.search(r"Perhaps you meant: (--[^\s,]+)", about)
        what = "option" if found[1].startswith("-") else "argument"
        return f"unknown {what} {found[1]}" + (f"; did you mean {close[1]}?" if close else "")
    if found := re.match(r"invalid choice '(.*)' for argument '(.*)'\. .* \((.*)\)\.", said):
        *most, last = (choice.strip("' ") for choice in found[3].split(","))
        return f"{found[2]} {found[1]}: expected {', '.join(most)} or {last}"
    if found := re.match(r"Missing value for argument '(.*?)'", said):
        return f"{found[1]}: expected a value"
    if said.startswith("Missing from"):
        first, *rest = parts[0]
        at = len(first) - len(first.lstrip()) + 4
        names = [line.split()[0] for line in rest if re.match(rf" {{{at}}}\S", line)]
        return f"expected {' and '.join(names)}"
    return said.rstrip(".")
