"""Single images of an evaluation: what was said of them, with pictures and heat maps."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from augjax.data import Split
from augjax.errors import InputError
from augjax.models.grad_cam import grad_cam
from augjax.report.pictures import SIDE, heat_picture, picture
from augjax.runs.evaluation import Evaluation
from augjax.runs.loaded import Run

MOST = 24
"""Images that are shown of a kind."""
_AT_ONCE = 8
"""Images whose heat maps are computed together."""


class Example(NamedTuple):
    """An image, its label, and a class that speaks against it.

    Attributes:
      source: as in `Evaluation.sources`.
      label: the name of its class.
      label_probability: of its class.
      other: the name of the other class.
      probability: of the other class.
      picture: a data URI; '' where the image cannot be decoded any more.
      heat: that of the heat map for the other class; '' where there is none.
    """

    source: str
    label: str
    label_probability: float
    other: str
    probability: float
    picture: str = ""
    heat: str = ""


def listed_examples(
    evaluation: Evaluation, indices: Int[np.ndarray, " n"], others: Int[np.ndarray, " n"]
) -> list[Example]:
    """The images at `indices`, each with one of `others` as the other class; without pictures."""
    names, rows = evaluation.class_names, evaluation.probabilities
    return [
        Example(
            evaluation.sources[i], names[label], float(rows[i, label]), names[o], float(rows[i, o])
        )
        for i, label, o in zip(
            indices.tolist(), evaluation.labels[indices].tolist(), others.tolist(), strict=True
        )
    ]


def with_pictures(run: Run, examples: Sequence[Example]) -> list[Example]:
    """Examples of the run's validation split, with pictures."""
    places = _places(run, examples)
    images = [_decoded(run.dataset.valid, place, at_least=SIDE) for place in places]
    return [
        example if image is None else example._replace(picture=picture(image))
        for example, image in zip(examples, images, strict=True)
    ]


def with_heat_maps(run: Run, examples: Sequence[Example]) -> list[Example]:
    """Examples of the run's validation split, with heat maps of what speaks for the other class.

    Raises:
      InputError: if the network has none.
    """
    split, places = run.dataset.valid, _places(run, examples)
    classes = [run.class_names.index(example.other) for example in examples]
    heats = _heat_maps(run, [_decoded(split, place, at_least=0) for place in places], classes)
    mapped = list(examples)
    for row, heat in heats.items():
        image = _decoded(split, places[row], at_least=SIDE)
        if image is not None:
            mapped[row] = mapped[row]._replace(heat=heat_picture(image, heat))
    return mapped


def _places(run: Run, examples: Sequence[Example]) -> list[int]:
    """Where the examples are in the validation split."""
    places = {source: place for place, source in enumerate(run.dataset.valid.sources)}
    return [places[example.source] for example in examples]


def _heat_maps(run: Run, images: Sequence[Any], classes: Sequence[int]) -> dict[int, Any]:
    """The heat maps of those images that there are, by their place in the row."""
    there = [place for place, image in enumerate(images) if image is not None]
    heats = {}
    for start in range(0, len(there), _AT_ONCE):
        some = there[start : start + _AT_ONCE]
        full = [*some, *[some[-1]] * (_AT_ONCE - len(some))]  # One shape, so compiled once.
        pixels = np.stack([images[place] for place in full])
        labels = np.array([classes[place] for place in full], np.int32)
        maps = np.asarray(grad_cam(run.model, run.variables, pixels, labels))
        heats |= dict(zip(some, maps, strict=False))
    return heats


def _decoded(split: Split, place: int, *, at_least: int) -> Any:
    try:
        return split.image(place, at_least=at_least)
    except InputError:
        return None
