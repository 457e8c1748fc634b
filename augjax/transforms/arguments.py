"""The arguments that a transform was made with, and the Python that makes it again."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np


def arguments(transform: Any) -> dict[str, Any]:
    """The arguments that differ from their defaults, in the order of the signature."""
    return {field.name: value for field, value in _fields(transform) if _differs(field, value)}


def python_text(transform: Any) -> str:
    """The Python that makes a transform."""
    texts, in_place = [], True
    for field, value in _fields(transform):
        if _differs(field, value):
            in_place = in_place and not field.kw_only
            texts.append(f"{'' if in_place else field.name + '='}{_text(value)}")
        else:
            in_place = False
    return f"{type(transform).__name__}({', '.join(texts)})"


def _text(value: Any) -> str:
    if isinstance(value, tuple) and value and not dataclasses.is_dataclass(value[0]):
        return f"({', '.join(map(_text, value))}{',' * (len(value) == 1)})"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_text, value))}]"
    return repr(value.item() if isinstance(value, np.generic) else value)


def _fields(transform: Any) -> Iterator[tuple[dataclasses.Field[Any], Any]]:
    """The arguments in the order of the signature, but for the name, which comes last."""
    fields = [field for field in dataclasses.fields(transform) if field.init]
    for field in sorted(fields, key=lambda field: (field.kw_only, field.name == "name")):
        yield field, getattr(transform, field.name)


def _differs(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return value != field.default_factory()
    return field.default is dataclasses.MISSING or value != field.default
