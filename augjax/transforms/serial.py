"""Pipelines as data: dicts of numbers, texts and lists, as JSON has them."""

import inspect
import reprlib
from typing import Any, get_args, get_type_hints

from augjax.transforms.aliases import hint
from augjax.transforms.core.arguments import described, fits, options
from augjax.transforms.core.configured import Configured, arguments, check_arguments
from augjax.transforms.registry import kinds, place

_KIND = "transform"
_DEEPEST = 10
"""Levels of transforms inside transforms."""
_READABLE = "; only augjax's own transforms and registered ones can be read"


def to_dict(transform: Configured) -> dict[str, Any]:
    """A transform as a dict that `json.dumps` can write and `from_dict` can read.

    `{"transform": "RandomRotation", "factor": 0.1}`: the name of the class and the arguments that
    differ from their defaults, transforms inside as dicts of their own.

    >>> import augjax as aj
    >>> aj.to_dict(aj.RandomApply(aj.RandomRotation(0.1), p=0.3))["p"]
    0.3

    Raises:
      TypeError: for a transform that is neither augjax's own nor registered (`register`).
      ValueError: if transforms are nested more than ten deep.
    """
    if not isinstance(transform, Configured):
        raise TypeError(f"to_dict takes a transform, but got {reprlib.repr(transform)}")
    return _written(transform, "", 1)


def from_dict(data: dict[str, Any]) -> Any:
    """The transform that `to_dict` made `data` of: `from_dict(to_dict(t)) == t`.

    Only augjax's own transforms and registered ones are made, and nothing is imported, so data from
    elsewhere are safe to read.

    >>> import augjax as aj
    >>> aj.from_dict({"transform": "RandomRotation", "factor": 0.1})
    RandomRotation(0.1)

    Raises:
      ValueError: if `data` are wrong, in a sentence that says where, such as
        transforms[2].factor.
    """
    return _made(data, "", 1)


def _written(value: Any, path: str, depth: int) -> Any:
    if isinstance(value, Configured):
        kind = type(value).__name__
        if (known := kinds().get(kind)) is not type(value):
            raise TypeError(_at(path, _unknown(type(value), known)))
        _check_depth(path, depth)
        given = arguments(value).items()
        return {_KIND: kind} | {
            name: _written(argument, f"{path}.{name}", depth + 1) for name, argument in given
        }
    if isinstance(value, tuple | list):
        return [_written(item, f"{path}[{i}]", depth) for i, item in enumerate(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(_at(path, f"{reprlib.repr(value)} cannot be written as JSON"))


def _unknown(kind: type, known: type | None) -> str:
    """Why a transform of a class that is not `known` by its name cannot be written."""
    name = kind.__name__
    if known is None:
        return f"{name} is neither augjax's own nor registered; put @augjax.register on its class"
    if place(known) == place(kind):
        return f"this {name} is of a class that was defined anew since; make it again"
    return f"this {name} is {place(kind)}, not {place(known)}; rename its class and register it"


def _made(data: Any, path: str, depth: int) -> Configured:
    if not isinstance(data, dict) or _KIND not in data:
        raise ValueError(
            _at(path, f"expected a dict with {_KIND!r} and arguments, but got {reprlib.repr(data)}")
        )
    _check_depth(path, depth)
    name = data[_KIND]
    kind = kinds().get(name) if isinstance(name, str) else None
    if kind is None:
        near = hint(name, kinds()) if isinstance(name, str) else ""
        message = f"augjax has no transform {reprlib.repr(name)}, nor is one registered"
        raise ValueError(_at(f"{path}.{_KIND}", message + (near or _READABLE)))
    try:
        check_arguments(kind, (), [argument for argument in data if argument != _KIND])
    except TypeError as error:
        raise ValueError(_at(path, str(error))) from None
    hints = get_type_hints(kind)
    given = {
        argument: _argument(hints[argument], value, f"{path}.{argument}", depth + 1)
        for argument, value in data.items()
        if argument != _KIND
    }
    try:
        return kind(**given)
    except (TypeError, ValueError) as error:
        raise ValueError(_at(path, str(error))) from error


def _argument(hint: Any, value: Any, path: str, depth: int) -> Any:
    """The argument of type `hint` that was written as `value`."""
    for option in options(hint):
        if _is_transform(option):
            if isinstance(value, dict):
                return _made(value, path, depth)
        elif isinstance(value, list) and _is_transform(*get_args(option)[:1]):
            (inner,) = get_args(option)
            return tuple(_argument(inner, v, f"{path}[{i}]", depth) for i, v in enumerate(value))
        elif fits(option, value):
            return tuple(value) if isinstance(value, list) else value
    raise ValueError(_at(path, f"expected {described(hint)}, but got {reprlib.repr(value)}"))


def _is_transform(hint: Any = None) -> bool:
    return inspect.isclass(hint) and issubclass(hint, Configured)


def _check_depth(path: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(_at(path, f"transforms are nested more than {_DEEPEST} deep"))


def _at(path: str, message: str) -> str:
    return f"{path.removeprefix('.')}: {message}" if path else message
