"""The errors a user meets as one line, each with the exit code of its kind."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from augjax.printable import printable
from augjax.screen import keep_printing


class AugjaxError(Exception):
    """An error shown as one line: what, which path or option, what to do.

    Attributes:
      details: what the line is about where it is many things, one a line; in tracebacks too.
      in_commands: the message where a flag is given, and no argument in Python.
    """

    exit_code: int

    def __init__(self, message: str, details: Sequence[str] = (), *, in_commands: str = "") -> None:
        super().__init__(message)
        self.in_commands = in_commands or message
        self.details = tuple(details)
        for detail in details:
            self.add_note(detail)


class InputError(AugjaxError):
    """What the user gave cannot be used."""

    exit_code = 2


class RunError(AugjaxError):
    """The run itself failed."""

    exit_code = 1


class OwnError(RunError):
    """One process of several has failed, and no other can tell of it."""


class Interrupted(KeyboardInterrupt):
    """The run was asked to stop, and did; the exit code is 128 and the signal's number."""

    def __init__(self, signum: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = 128 + signum


@contextmanager
def errors_in_one_line(*, debug: bool) -> Iterator[None]:
    """Ends the program with one line on stderr and the error's exit code; `debug` lets it rise.

    An error's details follow, a line each. What becomes of the screen ends nothing (`screen`).
    """
    keep_printing()
    try:
        yield
    except KeyboardInterrupt as interruption:
        if debug:
            raise
        exit_code = interruption.exit_code if isinstance(interruption, Interrupted) else 130
        _leave(str(interruption) or "interrupted", exit_code)
    except AugjaxError as error:
        if debug:
            raise
        _leave(f"error: {error.in_commands}", error.exit_code, error.details)
    except (OSError, MemoryError) as error:
        if debug:
            raise
        _leave(f"error: {str(error) or 'out of memory'}", RunError.exit_code)


def _leave(line: str, exit_code: int, details: Sequence[str] = ()) -> None:
    for text in (line, *details):
        print(printable(" ".join(text.splitlines())), file=sys.stderr)
    sys.exit(exit_code)
