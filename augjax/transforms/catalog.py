"""The list of all transforms, from which every proof and picture of them is made."""

import importlib
import inspect

from augjax.transforms.base import Transform


def catalog() -> dict[str, type[Transform]]:
    """Every public transform by the name of its class."""
    transforms = importlib.import_module("augjax.transforms")
    public = {name: getattr(transforms, name) for name in transforms.__all__}
    return {
        name: found
        for name, found in public.items()
        if inspect.isclass(found) and issubclass(found, Transform) and not inspect.isabstract(found)
    }
