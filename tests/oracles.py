"""Libraries to compare with. Where one is not installed, the tests that use it are skipped."""

import importlib
from typing import Any

import pytest

MISSING = "is not installed, and this test needs it"


class Oracle:
    """A module that is imported when it is first used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith(("_", "pytest")):  # Asked of everything that is collected.
            raise AttributeError(attribute)
        if self._name in ("tensorflow", "keras"):
            pytest.importorskip("tensorflow", reason=f"tensorflow {MISSING}")
            importlib.import_module("augjax.data.tf").import_tensorflow()
        module = pytest.importorskip(self._name, reason=f"{self._name} {MISSING}")
        return getattr(module, attribute)


Image: Any = Oracle("PIL.Image")
ImageEnhance: Any = Oracle("PIL.ImageEnhance")
ImageFilter: Any = Oracle("PIL.ImageFilter")
ImageOps: Any = Oracle("PIL.ImageOps")
keras: Any = Oracle("keras")
linen: Any = Oracle("flax.linen")
optax: Any = Oracle("optax")
sklearn_calibration: Any = Oracle("sklearn.calibration")
sklearn_metrics: Any = Oracle("sklearn.metrics")
tf: Any = Oracle("tensorflow")
