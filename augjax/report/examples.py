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
    """An image, its label, and what was said of it.

    Attributes:
      source: as in `Evaluation.sources`.
      label: the name of its class.
      prediction: that of the most probable class.
      label_probability: of the label.
      probability: of the prediction.
      picture: a data URI; '' where the image cannot be decoded any more.
      heat: that of the heat map for the prediction; '' where there is none.
    """

    source: str
    label: str
    prediction: str
    label_probability: float
    probability: float
    picture: str = ""
    heat: str = ""


def shown_examples(
    run: Run, evaluation: Evaluation, indices: Int[np.ndarray, " n"], *, heat: bool
) -> list[Example]:
    """The first of the images at `indices`, with pictures.

    Args:
      run: whose validation split was evaluated.
      evaluation: of it.
      indices: of images in the evaluation.
      heat: whether heat maps are drawn.

    Raises:
      InputError: if the network has no heat maps.
    """
    chosen = indices[:MOST].tolist()
    split = run.dataset.valid
    places = {source: place for place, source in enumerate(split.sources)}
    originals = [places[evaluation.sources[i]] for i in chosen]
    seen = [_decoded(split, place, at_least=0) for place in originals]
    heats = _heat_maps(run, seen, evaluation.predicted[chosen].tolist()) if heat else {}
    examples = []
    for row, (i, place) in enumerate(zip(chosen, originals, strict=True)):
        example = described(evaluation, i)
        larger = _decoded(split, place, at_least=SIDE)
        if larger is not None:
            mapped = heat_picture(larger, heats[row]) if row in heats else ""
            example = example._replace(picture=picture(larger), heat=mapped)
        examples.append(example)
    return examples


def described(evaluation: Evaluation, index: int) -> Example:
    """An image without its pictures."""
    label, predicted = int(evaluation.labels[index]), int(evaluation.predicted[index])
    row, names = evaluation.probabilities[index], evaluation.class_names
    return Example(
        evaluation.sources[index],
        names[label],
        names[predicted],
        float(row[label]),
        float(row[predicted]),
    )


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
