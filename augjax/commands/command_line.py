"""What is checked of a command line before its command is imported."""

from collections.abc import Sequence
from pathlib import Path

from augjax.errors import InputError
from augjax.files import is_path, why_unwritable
from augjax.printable import printable


def divided(arguments: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """The arguments of augjax, and the command that `augjax launch` is given after them.

    Raises:
      InputError: if that is missing, and no help is asked for.
    """
    if arguments[:1] != ["launch"]:
        return arguments, ()
    end = arguments.index("--") if "--" in arguments else len(arguments)
    own, command = arguments[:end], tuple(arguments[end + 1 :])
    if not command and not {"-h", "--help"}.intersection(own):
        raise InputError(
            "expected -- and a command, as in augjax launch -n 2 -- python train.py; see augjax "
            "launch --help"
        )
    return own, command


def check_out(out: Path) -> None:
    """Raises InputError if nothing can be written to --out, as far as is known without trying."""
    if not is_path(str(out)):
        raise InputError(f"--out {printable(str(out))}: no file has such a name")
    if reason := why_unwritable(out):
        raise unwritable(out, reason)


def unwritable(out: Path, reason: str) -> InputError:
    """The error for an --out that cannot be written to."""
    shown = printable(str(out))
    return InputError(f"--out {shown}: cannot be written to ({reason}); choose another folder")
