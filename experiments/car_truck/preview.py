"""The picture of a run's augmentation: the notebook's grid, or what this run trains on."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import augjax as aj
from augjax.data import Dataset, Split
from augjax.runs.picture_rows import save_rows
from augjax.runs.preview import LARGEST, draw_training
from augjax.runs.settings import Settings, strength_parts
from augjax.training.loop import Augmentation

PREVIEW_SIZE = 128
"""Pixels a side, so that the preview pleases even where training images are small."""
NOTEBOOK_TITLE = (
    "Transforms one by one, as strong as the notebook draws them;\n"
    "what this run saw of an image is drawn by experiments.replay"
)


def draw_preview(
    dataset: Dataset, augmentation: Augmentation, settings: Settings, path: Path
) -> None:
    """Draws what the run trains on, or the notebook's grid where it trains as the notebook does."""
    strengths = strength_parts(settings.augment_strength)[:2]
    as_drawn = augmentation.mix is None and strengths == (1.0, 1.0)
    if as_drawn and augmentation.pipeline == aj.preset("notebook"):
        rows = notebook_rows(dataset.train, settings.seed)
        save_rows(rows, NOTEBOOK_TITLE, path, largest=LARGEST)
    else:
        draw_training(dataset, augmentation, settings, path)


def preview_transforms() -> dict[str, aj.Transform]:
    """The five transforms whose effect the notebook shows, by the Python that builds them."""
    return {
        "RandomContrast(0.5)": aj.RandomContrast(0.5),
        'RandomFlip("horizontal_and_vertical")': aj.RandomFlip("horizontal_and_vertical"),
        "RandomWidth(0.15)": aj.RandomWidth(0.15),
        "RandomRotation(0.2)": aj.RandomRotation(0.2),
        "RandomTranslation(0.1, 0.1)": aj.RandomTranslation(0.1, 0.1),
    }


def notebook_rows(split: Split, seed: int) -> dict[str, list[Any]]:
    """The notebook's grid: five draws of each of five transforms on one training image."""
    image = jnp.asarray(split.example(at_least=PREVIEW_SIZE))
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
    return rows
