"""A command line: its mistakes found, each told in one line; then parsed by tyro.

What tyro says of a mistake is a frame of many lines, wrapped at the width of the terminal, so that
nothing can be read out of it. All that it might say is therefore found before: an option that there
is not, first of all and wherever it stands, then whatever is wrong from left to right.
"""

import contextlib
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tyro

from augjax.commands.options import Option, looks_like_option, options_of, shown, unknown
from augjax.errors import InputError

_YES_OR_NO = ("true", "false", "yes", "no", "on", "off")


def parse(flags: type, *, prog: str, args: Sequence[str] | None = None, **options: Any) -> Any:
    """The dataclass that a command line, by default this process's, amounts to.

    Arguments may stand on both sides of options; all after -- are arguments.

    Raises:
      InputError: for one that it does not.
      SystemExit: after `--help`.
    """
    arguments = list(sys.argv[1:] if args is None else args)
    own, _ = _at_dashes(arguments)
    if {"-h", "--help"}.intersection(own):
        arguments = ["--help"]
    else:
        try:
            arguments = checked(arguments, flags, all_given="default" in options)
        except InputError as error:
            raise InputError(f"{error}; see {prog} --help") from None
    config = (tyro.conf.DisallowNone,)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            return tyro.cli(flags, prog=prog, args=arguments, config=config, **options)
    except SystemExit as end:
        if not end.code:
            raise
        raise InputError(f"these arguments do not fit together; see {prog} --help") from None


def checked(arguments: Sequence[str], flags: type, *, all_given: bool = False) -> list[str]:
    """The same command line with its options first, each with its value, then --, and the rest.

    Args:
      arguments: the command line.
      flags: the dataclass that it is for.
      all_given: whether what is missing has values already.

    Raises:
      InputError: if something in it is unknown, missing or too much, or a value is none.
    """
    places, named = options_of(flags)
    own, rest = _at_dashes(arguments)
    for token in filter(looks_like_option, own):
        if _named(token, named)[2] is None:
            raise unknown(token, list(named))
    options, values, given = [], [], set()
    left = list(own)
    while left:
        token = left.pop(0)
        name, value, option = _named(token, named)
        if option is None:
            values.append(token)
            continue
        given.add(option)
        if option.kind is bool:
            _check_no_value(name, value, left)
            options.append(name)
            continue
        lacking = len([place for place in places[len(values) :] if not place.many])
        found = _values(option, value, left, kept=0 if rest else lacking)
        if not found and not option.many:
            raise InputError(f"{name}: expected a value")
        for one in found:
            option.check(one, name)
        options += [name, *found] if option.many else [f"{name}={found[0]}"]
    values += rest
    _check_places(values, places, options_among=filter(looks_like_option, rest))
    if not all_given:
        given.update(places[: len(values)])
        needed = dict.fromkeys([*places, *named.values()])
        missing = [one.shown for one in needed if one.required and one not in given]
        if missing:
            raise InputError(f"expected {' and '.join(missing)}")
    return [*options, *(["--", *values] if values else [])]


def _at_dashes(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """What stands before --, and what after it."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:end], arguments[end + 1 :]


def _named(token: str, named: Mapping[str, Option]) -> tuple[str, str | None, Option | None]:
    """The name in --name=value, -n2 or --its_name, its value if it has one, and its option."""
    name, equals, value = token.partition("=")
    if name.startswith("--"):
        name = name.replace("_", "-")
    elif name[:2] in named and name[2:]:
        return name[:2], token[2:].removeprefix("="), named[name[:2]]
    return name, value if equals else None, named.get(name)


def _values(option: Option, value: str | None, left: list[str], *, kept: int) -> list[str]:
    """The values of an option, taken from the front of what is left; so many are kept there."""
    found = [] if value is None else [value]
    while left and (option.many or not found) and not looks_like_option(left[0]):
        if option.many and len(left) <= kept:
            break
        found.append(left.pop(0))
    return found


def _check_no_value(name: str, value: str | None, left: Sequence[str]) -> None:
    if value is None and left and left[0].lower() in _YES_OR_NO:
        value = left[0]
    if value is not None:
        off = name if name.startswith("--no-") else name.replace("--", "--no-", 1)
        raise InputError(f"{name} {shown(value)}: takes no value; {off} turns it off")


def _check_places(
    values: Sequence[str], places: Sequence[Option], options_among: Iterator[str]
) -> None:
    dashed = set(options_among)
    for at, value in enumerate(values):
        if at < len(places) or (places and places[-1].many):
            place = places[min(at, len(places) - 1)]
            place.check(value, place.shown.partition(" ")[0])
        else:
            why = "; after -- nothing is an option" if value in dashed else ""
            raise InputError(f"unknown argument {shown(value)}{why}")
