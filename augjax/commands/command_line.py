"""What is checked of a command line before it is parsed."""

from collections.abc import Sequence
from itertools import pairwise

from augjax.errors import InputError


def check_nothing_is_empty(arguments: Sequence[str]) -> None:
    """Raises InputError for a value that is '', as of an unset variable of the shell.

    No flag takes one, and as a path it would be the folder that the command is started in.
    """
    for before, argument in pairwise(["", *arguments]):
        flag, equals, value = argument.partition("=")
        if argument == "" or (flag.startswith("--") and equals and not value):
            raise InputError(f"{flag or before} '': expected a value".lstrip())
