"""Progress of what takes longer than two seconds, on standard error."""

import contextlib
import math
import threading
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.text import Text

from augjax.screen import beside_stderr

AFTER, BETWEEN_LINES, BETWEEN_FRAMES = 2.0, 10.0, 0.25
"""Seconds before anything is said; then between two lines, or two changes of a terminal's line."""

_T = TypeVar("_T")


@contextlib.contextmanager
def working(what: str) -> Iterator[None]:
    """Says what is done while it is: a spinner on a terminal, else a line, once it takes long.

    What fails at once is one line in a file or a pipe: that of its error.
    """
    with _console() as console:
        if console.is_terminal:
            with console.status(Text(what)):
                yield
        else:
            line = threading.Timer(AFTER, console.print, [what])
            line.start()
            try:
                yield
            finally:
                line.cancel()
                line.join()


def counting(things: Iterable[_T], what: str) -> Iterator[_T]:
    """Passes things on, and says how many there were and how fast they come.

    On a terminal, if standard output is none, in a line that changes; else in a line now and then.
    """
    start = last = math.inf  # The first thing may have to wait for a compiler.
    status = None
    with _console() as console, contextlib.ExitStack() as stack:
        on_screen = console.is_terminal and Console().is_terminal
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
                status = stack.enter_context(console.status(Text(line)))
            else:
                status.update(Text(line))


@contextlib.contextmanager
def _console() -> Iterator[Console]:
    """Apart from the descriptor on which decoders are heard to complain."""
    with beside_stderr() as stream:
        yield Console(file=stream, highlight=False, markup=False, soft_wrap=True)
