"""Pipelines as data: dicts of numbers, texts and lists, as JSON has them."""

import inspect
import math
import reprlib
import types
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from augjax.transforms.aliases import hint
from augjax.transforms.catalog import catalog, mixes
from augjax.transforms.core.configured import Configured, arguments, check_arguments

_KIND = "transform"
_DEEPEST = 10
"""Levels of transforms inside transforms."""


def to_dict(transform: Configured) -> dict[str, Any]:
    """A transform as a dict that `json.dumps` can write and `from_dict` can read.

    `{"transform": "RandomRotation", "factor": 0.1}`: the name of the class and the arguments that
    differ from their defaults, transforms inside as dicts of their own.

    >>> import augjax as aj
    >>> aj.to_dict(aj.RandomApply(aj.RandomRotation(0.1), p=0.3))["p"]
    0.3

    Raises:
      TypeError: for a transform that is not augjax's own.
      ValueError: if transforms are nested more than ten deep.
    """
    return _written(transform, "", 1)


def from_dict(data: dict[str, Any]) -> Any:
    """The transform that `to_dict` made `data` of: `from_dict(to_dict(t)) == t`.

    Only augjax's own transforms are made, so data from elsewhere are safe to read.

    >>> import augjax as aj
    >>> aj.from_dict({"transform": "RandomRotation", "factor": 0.1})
    RandomRotation(0.1)

    Raises:
      ValueError: if `data` are wrong, in a sentence that says where, such as
        transforms[2].factor.
    """
    return _made(data, "", 1)


@cache
def _kinds() -> dict[str, type[Configured]]:
    return {**catalog(), **mixes()}


def _written(value: Any, path: str, depth: int) -> Any:
    if isinstance(value, Configured):
        kind = type(value).__name__
        if _kinds().get(kind) is not type(value):
            raise TypeError(_at(path, f"{kind} is not a transform of augjax's own"))
        _check_depth(path, depth)
        given = arguments(value).items()
        return {_KIND: kind} | {
            name: _written(argument, f"{path}.{name}", depth + 1) for name, argument in given
        }
    if isinstance(value, tuple | list):
        return [_written(item, f"{path}[{i}]", depth) for i, item in enumerate(value)]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(_at(path, f"{reprlib.repr(value)} cannot be written as JSON"))


def _made(data: Any, path: str, depth: int) -> Configured:
    if not isinstance(data, dict) or _KIND not in data:
        raise ValueError(
            _at(path, f"expected a dict with {_KIND!r} and arguments, but got {reprlib.repr(data)}")
        )
    _check_depth(path, depth)
    name = data[_KIND]
    kind = _kinds().get(name) if isinstance(name, str) else None
    if kind is None:
        near = hint(name, _kinds()) if isinstance(name, str) else ""
        message = f"augjax has no transform {reprlib.repr(name)}{near}"
        raise ValueError(_at(f"{path}.{_KIND}", message))
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
    for option in _options(hint):
        if not _fits(option, value):
            continue
        if _is_transform(option):
            return _made(value, path, depth)
        if isinstance(value, list):
            inner = _inner(option, len(value))
            return tuple(
                _argument(item_hint, item, f"{path}[{i}]", depth)
                for i, (item_hint, item) in enumerate(zip(inner, value, strict=True))
            )
        return value
    expected = " or ".join(map(_described, _options(hint)))
    raise ValueError(_at(path, f"expected {expected}, but got {reprlib.repr(value)}"))


def _options(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _inner(hint: Any, length: int) -> tuple[Any, ...]:
    """The types of the items of a list of `length`."""
    inner = get_args(hint)
    same = get_origin(hint) is not tuple or inner[1:] == (...,)
    return inner[:1] * length if same else inner


def _fits(hint: Any, value: Any) -> bool:
    """Whether `value` may be meant for `hint`; what is wrong inside a transform comes later."""
    if _is_transform(hint):
        return isinstance(value, dict)
    if get_origin(hint) is Literal:
        return isinstance(value, str) and value in get_args(hint)
    if get_origin(hint) in (tuple, Sequence):
        if not isinstance(value, list):
            return False
        inner = _inner(hint, len(value))
        return len(inner) == len(value) and all(
            _is_transform(item_hint) or any(_fits(option, item) for option in _options(item_hint))
            for item_hint, item in zip(inner, value, strict=True)
        )
    if hint is bool or isinstance(value, bool):
        return hint is bool and isinstance(value, bool)
    if hint is float:
        return isinstance(value, int | float) and _is_finite(value)
    if hint is int:
        return isinstance(value, int) and _is_finite(value)
    return not inspect.isclass(hint) or isinstance(value, hint)


def _is_transform(hint: Any) -> bool:
    return inspect.isclass(hint) and issubclass(hint, Configured)


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def _described(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(map(repr, get_args(hint)))
    if get_origin(hint) in (tuple, Sequence):
        inner = get_args(hint)
        words = {_WORDS.get(option, "transform") for option in _options(inner[0])}
        some = f"{len(inner)} " if get_origin(hint) is tuple and inner[1:] != (...,) else ""
        return f"a list of {some}{' or '.join(sorted(words))}s"
    if _is_transform(hint) or hint in _WORDS:
        return f"a {_WORDS.get(hint, 'transform')}"
    return "None" if hint is type(None) else str(hint)


_WORDS = {float: "number", int: "whole number", bool: "truth value", str: "text"}


def _check_depth(path: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(_at(path, f"transforms are nested more than {_DEEPEST} deep"))


def _at(path: str, message: str) -> str:
    return f"{path.removeprefix('.')}: {message}" if path else message
