"""The errors a user meets as one line, each with the exit code of its kind."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class AugjaxError(Exception):
    """An error told in one line: what, which path or option, what to do."""

    exit_code: int


class InputError(AugjaxError):
    """What the user gave cannot be used."""

    exit_code = 2


class RunError(AugjaxError):
    """The run itself failed."""

    exit_code = 1


@contextmanager
def told_in_one_line(*, debug: bool) -> Iterator[None]:
    """Ends the program with one line on stderr and the error's exit code; `debug` lets it rise."""
    try:
        yield
    except KeyboardInterrupt:
        if debug:
            raise
        _leave("interrupted", 130)
    except AugjaxError as error:
        if debug:
            raise
        _leave(f"error: {error}", error.exit_code)
    except OSError as error:
        if debug:
            raise
        _leave(f"error: {error}", RunError.exit_code)


def _leave(line: str, exit_code: int) -> None:
    print(" ".join(line.splitlines()), file=sys.stderr)
    sys.exit(exit_code)
