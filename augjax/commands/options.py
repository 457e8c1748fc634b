"""The options and arguments that a command takes, as its dataclass has them, by name."""

import dataclasses
import difflib
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import tyro

from augjax.errors import InputError
from augjax.printable import printable

_NUMBERS = {int: "a whole number", float: "a number"}


@dataclasses.dataclass(frozen=True)
class Option:
    """What a command takes, by name or, if it has none, by its place.

    Attributes:
      shown: how help calls it: --epochs, or DATA.
      names: --epochs, or -n and --processes; that of a yes/no flag has a --no- besides.
      kind: int, float, bool or another type of its values.
      choices: its only values, if there are such.
      many: whether it takes several values, or none.
      required: whether it must be given.
    """

    shown: str
    names: tuple[str, ...]
    kind: Any
    choices: tuple[str, ...]
    many: bool
    required: bool

    def check(self, value: str, name: str) -> None:
        """Raises InputError for a value that is none of its kind; `name` is as it was given.

        Nothing takes '', as of an unset variable of the shell; as a path it would be the folder
        that the command is started in.
        """
        given = f"{name} {shown(value)}".strip()
        if not value and not self.choices:
            raise InputError(f"{given}: expected a value")
        if self.choices and value not in self.choices:
            *most, last = self.choices
            raise InputError(f"{given}: expected {', '.join(most)} or {last}")
        if self.kind in _NUMBERS:
            try:
                self.kind(value)
            except ValueError:
                raise InputError(f"{given}: expected {_NUMBERS[self.kind]}") from None


def options_of(flags: Any) -> tuple[list[Option], dict[str, Option]]:
    """What goes by its place, in order, and what goes by a name, by each of its names."""
    places, named = [], {}
    hints = get_type_hints(flags, include_extras=True)
    for field in dataclasses.fields(flags):
        kind, about = _told_apart(hints[field.name])
        if tyro.conf.Suppress in about:
            continue
        if dataclasses.is_dataclass(kind):  # A group, whose names go without its own.
            named |= options_of(kind)[1]
            continue
        option = _option(field, kind, about)
        if not option.names:
            places.append(option)
        named |= dict.fromkeys(option.names, option)
    return places, named


def _option(field: dataclasses.Field[Any], kind: Any, about: Sequence[Any]) -> Option:
    config = [each for each in about if hasattr(each, "metavar")]
    many = get_origin(kind) is tuple
    if many:
        kind, *_ = get_args(kind)
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    required = field.default is field.default_factory is dataclasses.MISSING
    if tyro.conf.Positional in about:
        usual = "" if choices else field.name.upper()
        shown, names = next((each.metavar.strip("[]") for each in config), usual), ()
    else:
        name = field.name.replace("_", "-")
        short = [alias for each in config for alias in each.aliases or ()]
        shown = short[0] if short else f"--{name}"
        names = (*short, f"--{name}", *([f"--no-{name}"] if kind is bool else []))
    return Option(shown, names, kind, choices, many, required)


def _told_apart(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """A type, of an optional value that of the value, and what its annotation says besides."""
    if get_origin(hint) is Annotated:
        kind, about = _told_apart(hint.__origin__)
        return kind, (*about, *hint.__metadata__)
    if get_origin(hint) in (Union, types.UnionType):
        kind, *others = (one for one in get_args(hint) if one is not type(None))
        return (Any if others else kind), ()
    return hint, ()


def shown(value: str) -> str:
    """A value as it is printed, also if it is ''."""
    return printable(value) or "''"


def looks_like_option(token: str) -> bool:
    """Whether it is no value: a dash or more, and a letter; but -inf is a number."""
    if not (token.startswith("-") and token.lstrip("-")[:1].isalpha()):
        return False
    try:
        float(token)
    except ValueError:
        return True
    return False


def unknown(token: str, known: Sequence[str]) -> InputError:
    """The error for an option that a command has not, with the nearest of those it has."""
    name = token.partition("=")[0]
    if name.startswith("--no-"):  # The opposite of what was asked for is no remedy.
        known = [one for one in known if one.startswith("--no-")]
    bare = {one.lstrip("-"): one for one in known}
    close = difflib.get_close_matches(name.lstrip("-").replace("_", "-"), bare, n=1)
    remedy = f"; did you mean {bare[close[0]]}?" if close else ""
    if not close and Path(token).exists():
        remedy = f"; a file of that name is ./{printable(token)}"
    return InputError(f"unknown option {printable(name)}{remedy}")
