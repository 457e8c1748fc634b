"""The command line of `augjax`: parsed, before the command that it asks for is imported.

augjax check DATA        augjax train DATA        augjax evaluate RUN [DATA]
augjax preview DATA      augjax resume RUN        augjax predict RUN PATH ...
augjax report RUN        augjax compare RUN RUN   augjax export RUN --to stablehlo
augjax launch -n N -- COMMAND ...
"""

import dataclasses
import difflib
import gc
import importlib
import sys
from functools import reduce
from operator import or_
from typing import Annotated, Any

import tyro

from augjax.commands.command_line import check_out, divided
from augjax.commands.flags import (
    Check,
    Compare,
    Evaluate,
    Export,
    Launch,
    Predict,
    Preview,
    Report,
)
from augjax.commands.options import options_of
from augjax.commands.parse import parse
from augjax.commands.process import while_importing
from augjax.commands.train_flags import Resume, Train
from augjax.errors import InputError
from augjax.printable import printable
from augjax.runtime.compilation_cache import keep_compiled_programs

COMMANDS = (Check, Preview, Train, Resume, Evaluate, Predict, Report, Compare, Export, Launch)


def run(arguments: list[str]) -> int:
    """Parses a command line and runs the command; its exit code."""
    gc.disable()  # While modules are imported there is nothing to collect, but much to search.
    sys.path.append("")  # The folder where the user is, who may have a --model there.
    flags = parsed(arguments)
    if (out := getattr(flags, "out", None)) is not None:
        check_out(out)
    if not isinstance(flags, Launch):  # Whose processes may be of any program.
        keep_compiled_programs()
    with while_importing():
        command = importlib.import_module(f"augjax.commands.{name_of(type(flags))}")
    return command.main(flags)


def parsed(arguments: list[str]) -> Any:
    """The flags of the command that a command line asks for; exits with 2 if it asks for none.

    Raises:
      InputError: if there is no such command.
    """
    known = {name_of(command): command for command in COMMANDS}
    name = arguments[0] if arguments else ""
    if name in known:  # By itself, so that what is said of a mistake is about this command only.
        own, command = divided(arguments)
        flags = parse(known[name], args=own[1:], prog=f"augjax {name}")
        return dataclasses.replace(flags, command=command) if command else flags
    if not name:
        raise InputError(f"expected a command: {', '.join(known)}; see augjax --help")
    if name in ("-h", "--help"):
        commands: Any = reduce(
            or_, [Annotated[c, tyro.conf.subcommand(n)] for n, c in known.items()]
        )
        about = (
            "From a folder of images to a classifier, its measures and its answers. "
            "augjax --version says which version this is."
        )
        return tyro.cli(commands, args=["--help"], prog="augjax", description=about)
    if name.startswith("-"):
        command = next((known[each] for each in arguments if each in known), None)
        raise _ahead_of_command(name, command)
    close = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {close[0]}?" if close else f"expected {', '.join(known)}"
    raise InputError(f"unknown command {printable(name)}; {remedy}")


def _ahead_of_command(token: str, command: type | None) -> InputError:
    """The error for an option ahead of the command, if that comes at all."""
    option = token.partition("=")[0]
    if command and option in options_of(command)[1]:
        name = name_of(command)
        return InputError(
            f"{option}: expected after the command, as in augjax {name} {option}; see augjax "
            f"{name} --help"
        )
    return InputError(f"unknown option {printable(option)}; see augjax --help")


def name_of(command: type) -> str:
    """What a command is called on the command line; the module that runs it has this name too."""
    return command.__name__.lower()
