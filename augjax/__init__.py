"""augjax: image augmentation for JAX, and a training run to trust built on it.

Importing this package runs no JAX operation and loads only what is used (PEP 562): here are the
names of `augjax.keys`, `augjax.transforms.show`, all of `augjax.transforms`, and `load_run`, which
needs the extra 'train'.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augjax.keys import *  # noqa: F403
    from augjax.runs.loaded import load_run as load_run
    from augjax.transforms import *  # noqa: F403
    from augjax.transforms.show import show as show

__version__ = "0.1.0"

_ELSEWHERE = {
    **dict.fromkeys(("image_ids", "image_key", "key", "stream"), "augjax.keys"),
    "show": "augjax.transforms.show",
}
_OF_TRAIN = {"load_run": "augjax.runs.loaded"}
"""What `from augjax import *` leaves out, as it would fail without the extra."""


def __getattr__(name: str) -> Any:
    elsewhere = _ELSEWHERE | _OF_TRAIN
    home = importlib.import_module(elsewhere.get(name, "augjax.transforms"))
    if name == "__all__":
        return [*_ELSEWHERE, *home.__all__]
    if name not in elsewhere and name not in home.__all__:
        known = () if name.startswith("_") else (*elsewhere, *home.__all__)
        from augjax.transforms.aliases import hint

        raise AttributeError(f"module 'augjax' has no attribute {name!r}{hint(name, known)}")
    value = globals()[name] = getattr(home, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__"), *_OF_TRAIN})
