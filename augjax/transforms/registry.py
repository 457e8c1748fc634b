"""The transforms that data can name: augjax's own, and those of users that are registered."""

import inspect
import reprlib
from functools import cache
from typing import TypeVar, get_type_hints

from augjax.transforms.aliases import ALIASES
from augjax.transforms.catalog import catalog, mixes
from augjax.transforms.core.configured import Configured
from augjax.transforms.core.transform import Transform
from augjax.transforms.mixing.mix import Mix
from augjax.transforms.views import Views

Kind = TypeVar("Kind", bound=type)

_registered: dict[str, type[Configured]] = {}


def register(kind: Kind) -> Kind:
    """Lets `to_dict` write a transform of one's own, and `from_dict` read it, by its class's name.

        @aj.register
        @dataclasses.dataclass(frozen=True)
        class RandomTint(Transform, Pointwise): ...

    Whatever reads a pipeline as data then knows the class: `from_dict`, `--pipeline`, a run's
    record. Reading imports nothing, so the module of the class has to be imported before.

    A class of the same module and name takes the place of the one before, as a notebook's cell that
    is run again needs it.

    Args:
      kind: a class that derives from `Transform` or `Mix`, a frozen dataclass itself.

    Returns:
      The class.

    Raises:
      TypeError: if it is no such class, is abstract, or has annotations that cannot be read.
      ValueError: if augjax, another registered class, or another library that augjax has a hint
        for has a transform of this name.
    """
    _check_kind(kind)
    name = kind.__name__
    known = _registered.get(name)
    if name in _own():
        raise ValueError(f"register({name}): augjax has a transform of this name; rename the class")
    if name in ALIASES:
        raise ValueError(
            f"register({name}): other libraries call {ALIASES[name]} so; rename the class"
        )
    if known is not None and place(known) != place(kind):
        raise ValueError(
            f"register({name}): {place(known)} is registered under this name; rename the class"
        )
    _registered[name] = kind
    return kind


def kinds() -> dict[str, type[Configured]]:
    """Every class that data can name, by its name."""
    return _own() | _registered


@cache
def _own() -> dict[str, type[Configured]]:
    return {**catalog(), **mixes(), Views.__name__: Views}


def place(kind: type) -> str:
    """Where a class is defined: its module and its name there."""
    return f"{kind.__module__}.{kind.__qualname__}"


def _check_kind(kind: object) -> None:
    """Raises TypeError unless a class can be made again from its arguments."""
    if not inspect.isclass(kind) or not issubclass(kind, Transform | Mix):
        raise TypeError(
            f"register takes a class that derives from augjax.Transform or augjax.Mix, but got "
            f"{reprlib.repr(kind)}"
        )
    title = f"register({kind.__name__})"
    how = vars(kind).get("__dataclass_params__")
    if how is None or not how.frozen or not how.eq:
        raise TypeError(
            f"{title}: expected a frozen dataclass; put @dataclasses.dataclass(frozen=True) below "
            "@register"
        )
    if missing := sorted(getattr(kind, "__abstractmethods__", ())):
        raise TypeError(f"{title}: the class does not define {', '.join(missing)}")
    try:
        get_type_hints(kind)
    except NameError as error:
        raise TypeError(
            f"{title}: an annotation of the class cannot be read ({error}); import what it names "
            "at the top of the module"
        ) from error
