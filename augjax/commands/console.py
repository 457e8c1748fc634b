"""What a command prints: tables for people, JSON for programs."""

import json
import sys
from typing import Any

from rich.console import Console

from augjax.errors import RunError
from augjax.files import number_rows
from augjax.screen import unprinted

WIDE = 1000
"""Columns of a table that goes to a file or a pipe, where nothing need be cut."""


def screen() -> Console:
    """A console that prints names as they are, and cuts no table that is not on a terminal."""
    return Console(
        highlight=False, soft_wrap=True, markup=False, emoji=False,
        width=None if sys.stdout.isatty() else WIDE,
    )  # fmt: skip


def print_json(value: Any) -> None:
    """Prints a value as indented JSON, in ASCII, as a terminal's encoding may be narrow.

    What is no number is null.

    Raises:
      RunError: if it cannot be written, as to a full disk.
    """
    finite = json.loads(json.dumps(value), parse_constant=lambda name: None)
    print(number_rows(json.dumps(finite, indent=2)))
    check_printed()


def check_printed() -> None:
    """Raises RunError if something that was printed is not on its disk."""
    if why := unprinted():
        raise RunError(f"cannot write to standard output: {why}")
