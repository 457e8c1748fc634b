"""The picture of a run's augmentation: the notebook's grid, or what this run trains on."""

import contextlib
import itertools
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import augjax as aj
from augjax.data import Dataset, Split
from augjax.errors import InputError
from augjax.printable import printable
from augjax.runs.figures import picture_grid, save_png
from augjax.training.loop import Augmentation
from experiments.car_truck.augmentation import strength_then
from experiments.car_truck.config import Config, strength_parts

PREVIEW_SIZE = 128
"""Pixels a side, so that the preview pleases even where training images are small."""
NOTEBOOK_TITLE = (
    "Transforms one by one, as strong as the notebook draws them;\n"
    "what this run saw of an image is drawn by experiments.replay"
)
IMAGES, EPOCHS = 5, 5
"""How many training images are shown, in how many epochs."""
TITLE_LINES = 8
"""At most so many for the pipeline."""


def draw_preview(dataset: Dataset, augmentation: Augmentation, config: Config, path: Path) -> None:
    """Draws what the run trains on, or the notebook's grid where it trains as the notebook does."""
    strengths = strength_parts(config.augment_strength)[:2]
    as_drawn = augmentation.mix is None and strengths == (1.0, 1.0)
    if as_drawn and augmentation.pipeline == aj.preset("notebook"):
        rows, title = notebook_rows(dataset.train, config.seed), NOTEBOOK_TITLE
    else:
        rows = training_rows(dataset, augmentation, config)
        title = training_title(augmentation, config)
    save_png(picture_grid(rows, title), path)


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


def training_rows(
    dataset: Dataset, augmentation: Augmentation, config: Config
) -> dict[str, list[Any]]:
    """Some training images as they are, and as the network sees them in the first epochs.

    The draws are those of training. With a mix, the images are mixed with one another, as in a
    batch of their own.
    """
    split, names = dataset.train, dataset.class_names
    chosen = list(itertools.islice(_decodable(split), IMAGES)) or [(0, split.example())]
    indices, images = zip(*chosen, strict=True)
    captions = [printable(f"{split.sources[i]} ({names[split.labels[i]]})") for i in indices]
    if not augmentation.pipeline.children and augmentation.mix is None:
        return {"": list(images)}
    key = aj.stream(aj.key(config.seed), "augment")
    columns, shares = [list(images)], []
    for epoch in range(1, min(EPOCHS, config.epochs) + 1):
        strengths = [strength_then(config, epoch, i, len(split)) for i in indices]
        seen = [
            aj.replay(
                augmentation.pipeline, image=image, id=split.sources[i],
                seed=config.seed, epoch=epoch, strength=strength,
            )
            for i, image, strength in zip(indices, images, strengths, strict=True)
        ]  # fmt: skip
        if augmentation.mix is not None:
            labels = split.labels[list(indices)].astype(np.float32)
            ids = split.ids[list(indices)]
            seen, mixed = augmentation.mix.batch(
                key, jnp.stack(seen), labels, ids, epoch=epoch, strength=strengths[0]
            )
            shares.append([f"{share:.2f}" for share in mixed.tolist()])
        columns.append([np.asarray(image) for image in seen])
    for row, of_row in enumerate(zip(*shares, strict=True)):
        captions[row] += f"; share of {printable(names[1])}: {', '.join(of_row)}"
    return dict(zip(captions, map(list, zip(*columns, strict=True)), strict=True))


def training_title(augmentation: Augmentation, config: Config) -> str:
    """Which flags chose what is shown, the pipeline, and what the columns are."""
    pipeline, mix = augmentation.pipeline, augmentation.mix
    flags = f"--pipeline {printable(config.pipeline)}" if config.augment else "--no-augment"
    if config.augment:
        flags += f" --augment-strength {config.augment_strength}"
    if mix is not None:
        flags += f" --mix {config.mix}"
    if not pipeline.children and mix is None:
        return f"{flags}: training images as they are"
    stages = [repr(stage) for stage in (pipeline, mix) if stage is not None]
    wrapped = textwrap.wrap(", then ".join(stages), 120, max_lines=TITLE_LINES, placeholder=" ...")
    last = min(EPOCHS, config.epochs)
    columns = f"Left: as they are. Then: {'epoch 1' if last == 1 else f'epochs 1 to {last}'}"
    among = "; mixed with one another, in training with their batch" if mix is not None else ""
    return "\n".join([f"What this run trains on: {flags}", *wrapped, f"{columns}{among}"])


def _decodable(split: Split) -> Iterator[tuple[int, Any]]:
    """Images with their indices; those that come first are spread over the split."""
    spread = np.linspace(0, len(split) - 1, IMAGES).astype(int).tolist()
    for index in dict.fromkeys([*spread, *range(len(split))]):
        with contextlib.suppress(InputError):
            yield index, split.image(index)
