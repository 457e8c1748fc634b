"""The screen of a command."""

import sys

from rich.console import Console

WIDE = 1000
"""Columns of a table that goes to a file or a pipe, where nothing need be cut."""


def screen() -> Console:
    """A console that prints names as they are, and cuts no table that is not on a terminal."""
    return Console(
        highlight=False, soft_wrap=True, markup=False, emoji=False,
        width=None if sys.stdout.isatty() else WIDE,
    )  # fmt: skip
