"""The notebook's picture of its augmentations."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import augjax as aj
from augjax.data import Dataset
from augjax.runs.figures import picture_grid, save_png

PREVIEW_SIZE = 128
"""Pixels a side, so that the preview pleases even where training images are small."""
PREVIEW_TITLE = (
    "Transforms one by one, as strong as the notebook draws them;\n"
    "what this run saw of an image is drawn by experiments.replay"
)


def preview_transforms() -> dict[str, aj.Transform]:
    """The five transforms whose effect the notebook shows, by the Python that builds them."""
    return {
        "RandomContrast(0.5)": aj.RandomContrast(0.5),
        'RandomFlip("horizontal_and_vertical")': aj.RandomFlip("horizontal_and_vertical"),
        "RandomWidth(0.15)": aj.RandomWidth(0.15),
        "RandomRotation(0.2)": aj.RandomRotation(0.2),
        "RandomTranslation(0.1, 0.1)": aj.RandomTranslation(0.1, 0.1),
    }


def draw_preview(dataset: Dataset, seed: int, path: Path) -> None:
    """Draws the notebook's grid: five draws of each of five transforms on one training image."""
    image = jnp.asarray(dataset.train.example(at_least=PREVIEW_SIZE))
    key = aj.stream(aj.key(seed), "augmentations")
    transforms = preview_transforms()

    @jax.jit
    def drawn(number: Any) -> dict[str, Any]:
        image_key = aj.image_key(key, number, jnp.uint32(0))
        draws = {title: t.sample(image_key, image.shape) for title, t in transforms.items()}
        return {
            title: (draws[title], t.apply(draws[title], image)) for title, t in transforms.items()
        }

    rows: dict[str, list[Any]] = {title: [] for title in transforms}
    for number in range(5):
        for title, (params, picture) in jax.tree.map(np.asarray, drawn(number)).items():
            # RandomWidth leaves its canvas blank beyond the width it drew.
            rows[title].append(picture[:, : int(params["width"])] if "width" in params else picture)
    save_png(picture_grid(rows, PREVIEW_TITLE), path)
