"""augjax: image augmentation for JAX, and a training run to trust built on it.

Importing this package runs no JAX operation and loads only what is used (PEP 562): the names of
`augjax.keys`, and all of `augjax.transforms`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augjax.keys import *  # noqa: F403
    from augjax.transforms import *  # noqa: F403

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    homes = [importlib.import_module(f"augjax.{home}") for home in ("keys", "transforms")]
    if name == "__all__":
        return [public for home in homes for public in home.__all__]
    for home in homes:
        if name in home.__all__:
            value = globals()[name] = getattr(home, name)
            return value
    raise AttributeError(f"module 'augjax' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")})
