"""Classes: how many there may be, and the labels they get."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from augjax.errors import InputError
from augjax.printable import printable, some

MAX_CLASSES = 1000
"""A data set has at least two classes, and at most so many."""

_NAMED = 20


def check_class_count(class_names: Sequence[str], where: str) -> None:
    """Raises InputError for one class, or too many; `where` is the printable name of the data."""
    if len(class_names) == 1:
        raise InputError(
            f"{where} has one class only ({printable(class_names[0])}); "
            "a classifier needs two or more"
        )
    if len(class_names) > MAX_CLASSES:
        raise InputError(
            f"{where} has {len(class_names):,} classes; at most {MAX_CLASSES:,} are told apart"
        )


def labels_in(
    class_names: Sequence[str], found: Sequence[str], where: str
) -> Int[np.ndarray, " found"]:
    """The label of each of the classes found, whose names are to be among `class_names`.

    Raises:
      InputError: if there are others; it names these, and those there may be.
    """
    labels = {name: label for label, name in enumerate(class_names)}
    if others := [name for name in found if name not in labels]:
        raise InputError(
            f"{where} has other classes: {listed(others)}; expected some of {listed(class_names)}"
        )
    return np.array([labels[name] for name in found], np.int32)


def listed(class_names: Sequence[str]) -> str:
    """The first names, to be read."""
    return some([printable(name) for name in class_names], _NAMED)
