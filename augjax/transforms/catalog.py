"""The lists of all transforms, from which every proof and picture of them is made."""

import importlib
import inspect
from typing import TypeVar

from augjax.transforms.arguments import Configured
from augjax.transforms.base import Transform
from augjax.transforms.mixing.mix import Mix

Kind = TypeVar("Kind", bound=Configured)


def catalog() -> dict[str, type[Transform]]:
    """Every public transform of an image by the name of its class."""
    return _public(Transform)


def mixes() -> dict[str, type[Mix]]:
    """Every public transform of a batch by the name of its class."""
    return _public(Mix)


def _public(kind: type[Kind]) -> dict[str, type[Kind]]:
    transforms = importlib.import_module("augjax.transforms")
    public = {name: getattr(transforms, name) for name in transforms.__all__}
    return {
        name: found
        for name, found in public.items()
        if inspect.isclass(found) and issubclass(found, kind) and not inspect.isabstract(found)
    }
