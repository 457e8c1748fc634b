"""Values of arguments: as plain Python has them, and whether their types allow them."""

import math
import reprlib
import types
from collections.abc import Sequence
from typing import Any, Literal, Union, get_args, get_origin

import jax
import numpy as np
from jax.core import Tracer


def given(owner: object, argument: str, value: object) -> str:
    """An argument of `owner` as it was written, for messages of one line."""
    return f"{type(owner).__name__}({argument}={' '.join(reprlib.repr(value).split())})"


def plain(owner: object, argument: str, value: Any) -> Any:
    """Numbers and arrays of NumPy and JAX as Python's numbers and tuples; lists as tuples.

    Raises:
      TypeError: if JAX traces the value, since what a transform is made with is static.
    """
    if isinstance(value, Tracer):
        raise TypeError(
            f"{type(owner).__name__}({argument}=...): expected a value that is known when the "
            "transform is made, but got a traced one; what changes from call to call is `strength`"
        )
    if isinstance(value, np.generic | np.ndarray | jax.Array) and isinstance(value.dtype, np.dtype):
        if jax.numpy.issubdtype(value.dtype, np.floating):
            value = np.asarray(value, np.float64)  # Of bfloat16 NumPy makes no Python numbers.
        value = value.tolist()
    if isinstance(value, tuple | list):  # Lists have no hash.
        return tuple(plain(owner, argument, item) for item in value)
    return value


def options(hint: Any) -> tuple[Any, ...]:
    """The types of which `hint` is the union."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def fits(hint: Any, value: Any) -> bool:
    """Whether a plain value is of type `hint`; types that are no arguments of JSON take any."""
    hints = options(hint)
    if len(hints) > 1:
        return any(fits(option, value) for option in hints)
    if get_origin(hint) is Literal:
        return any(type(value) is type(one) and value == one for one in get_args(hint))
    if get_origin(hint) in (tuple, Sequence):
        if not isinstance(value, tuple | list):
            return False
        inner = get_args(hint)
        if get_origin(hint) is Sequence or inner[1:] == (...,):
            inner = inner[:1] * len(value)
        return len(inner) == len(value) and all(map(fits, inner, value))
    if isinstance(value, bool):
        return hint is bool or hint not in _WORDS
    if hint in (float, int):
        return isinstance(value, int | hint) and _is_finite(value)
    return hint not in _WORDS or isinstance(value, hint)


def described(hint: Any) -> str:
    """What is of type `hint`, for messages."""
    hints = options(hint)
    if len(hints) > 1:
        return " or ".join(map(described, hints))
    if get_origin(hint) is Literal:
        names = ", ".join(map(repr, get_args(hint)))
        return f"one of {names}" if len(get_args(hint)) > 1 else names
    if get_origin(hint) in (tuple, Sequence):
        inner = get_args(hint)
        some = f"{len(inner)} " if get_origin(hint) is tuple and inner[1:] != (...,) else ""
        of = "lists of " if get_args(inner[0]) else ""
        kind = get_args(inner[0])[0] if of else inner[0]
        return f"a list of {some}{of}{_WORDS.get(kind, 'transform')}s"
    return "None" if hint is types.NoneType else f"a {_WORDS.get(hint, 'transform')}"


_WORDS = {
    float: "finite number",
    int: "whole number",
    bool: "truth value",
    str: "text",
    types.NoneType: "None",
}


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:
        return False
