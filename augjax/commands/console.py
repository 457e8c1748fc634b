"""The screen of a command, and progress of what takes longer than two seconds."""

import contextlib
import math
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console

AFTER, BETWEEN_LINES, BETWEEN_FRAMES = 2.0, 10.0, 0.25
"""Seconds before anything is said; then between two lines, or two changes of a terminal's line."""
WIDE = 1000
"""Columns of a table that goes to a file or a pipe, where nothing need be cut."""

_T = TypeVar("_T")


def screen(*, stderr: bool = False) -> Console:
    """A console that prints names as they are, and cuts no table that is not on a terminal."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False,
        width=None if stream.isatty() else WIDE,
    )  # fmt: skip


@contextlib.contextmanager
def working(what: str) -> Iterator[None]:
    """Says what is done while it is: a spinner on a terminal, else a line at its start."""
    console = screen(stderr=True)
    if console.is_terminal:
        with console.status(what):
            yield
    else:
        console.print(what)
        yield


def counted(things: Iterable[_T], what: str) -> Iterator[_T]:
    """Passes things on, and says how many there were and how fast they come.

    On a terminal, if standard output is none, in a line that changes; else in a line now and then.
    """
    console = screen(stderr=True)
    on_screen = console.is_terminal and screen().is_terminal
    start = last = math.inf  # The first thing may have to wait for a compiler.
    status = None
    with contextlib.ExitStack() as stack:
        for count, thing in enumerate(things):
            yield thing
            now = time.monotonic()
            start, last = min(start, now), min(last, now)
            between = BETWEEN_FRAMES if console.is_terminal else BETWEEN_LINES
            if on_screen or now - start < AFTER or now - last < between:
                continue
            last = now
            line = f"{count:,} {what}, {count / (now - start):.0f} a second"
            if not console.is_terminal:
                console.print(line)
            elif status is None:
                status = stack.enter_context(console.status(line))
            else:
                status.update(line)
