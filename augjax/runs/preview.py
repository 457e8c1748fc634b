"""The picture of what a run trains on."""

import contextlib
import itertools
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from augjax.data import Dataset, Split
from augjax.data.turns import spread_by_turns
from augjax.errors import InputError
from augjax.keys import key, stream
from augjax.printable import printable
from augjax.runs.augmentation import strength_then
from augjax.runs.picture_rows import captioned, save_rows
from augjax.runs.settings import Settings
from augjax.training.loop import Augmentation
from augjax.training.objective import Objective
from augjax.transforms import replay

IMAGES, EPOCHS = 5, 5
"""How many training images are shown, in how many epochs."""
LARGEST = 256
"""Pixels a side of each picture at most."""


def draw_training(
    dataset: Dataset, augmentation: Augmentation, settings: Settings, path: Path
) -> None:
    """Draws some training images as they are, and as the run trains on them."""
    rows = training_rows(dataset, augmentation, settings)
    save_rows(rows, training_title(augmentation, settings), path, largest=LARGEST)


def training_rows(
    dataset: Dataset, augmentation: Augmentation, settings: Settings
) -> dict[str, list[Any]]:
    """Some training images as they are, and as the network sees them in the first epochs.

    The draws are those of training. With a mix, the images are mixed with one another, as in a
    batch of their own.
    """
    split, names = dataset.train, dataset.class_names
    chosen = sorted(itertools.islice(_decodable(split), IMAGES), key=itemgetter(0)) or [
        (0, split.example())
    ]
    indices, images = zip(*chosen, strict=True)
    captions = [printable(captioned(split.sources[i], names[split.labels[i]])) for i in indices]
    if not augmentation.pipeline.children and augmentation.mix is None:
        return {caption: [image] for caption, image in zip(captions, images, strict=True)}
    augment_key = stream(key(settings.seed), "augment")
    objective, shown = Objective(num_classes=len(names)), split.labels[list(indices)].tolist()
    columns, shares = [list(images)], []
    for epoch in range(1, min(EPOCHS, settings.epochs) + 1):
        strengths = [strength_then(settings, epoch, i, len(split)) for i in indices]
        seen = [
            replay(
                augmentation.pipeline, image=image, id=split.sources[i],
                seed=settings.seed, epoch=epoch, strength=strength,
            )
            for i, image, strength in zip(indices, images, strengths, strict=True)
        ]  # fmt: skip
        if augmentation.mix is not None:
            labels = objective.encoded(np.array(shown))
            ids = split.ids[list(indices)]
            seen, mixed = augmentation.mix.batch(
                augment_key, jnp.stack(seen), labels, ids, epoch=epoch, strength=strengths[0]
            )
            mixed = np.asarray(mixed)
            shares.append(mixed if mixed.ndim == 1 else mixed[range(len(shown)), shown])
        columns.append([np.asarray(image) for image in seen])
    for row, of_row in enumerate(np.transpose(shares)):
        whose = names[1 if len(names) == 2 else shown[row]]
        listed = ", ".join(f"{share:.2f}" for share in of_row)
        captions[row] += f"; share of {printable(whose)}: {listed}"
    return dict(zip(captions, map(list, zip(*columns, strict=True)), strict=True))


def training_title(augmentation: Augmentation, settings: Settings) -> str:
    """Which flags chose what is shown, the pipeline, and what the columns are."""
    pipeline, mix = augmentation.pipeline, augmentation.mix
    flags = f"--pipeline {printable(settings.pipeline)}" if settings.augment else "--no-augment"
    if settings.augment:
        flags += f" --augment-strength {settings.augment_strength}"
    if mix is not None:
        flags += f" --mix {settings.mix}"
    if not pipeline.children and mix is None:
        return f"{flags}: training images as they are"
    stages = [repr(stage) for stage in (pipeline, mix) if stage is not None]
    last = min(EPOCHS, settings.epochs)
    columns = f"Left: as they are. Then: {'epoch 1' if last == 1 else f'epochs 1 to {last}'}"
    among = "; mixed with one another, in training with their batch" if mix is not None else ""
    return "\n".join(
        [f"What this run trains on: {flags}", ", then ".join(stages), f"{columns}{among}"]
    )


def _decodable(split: Split) -> Iterator[tuple[int, Any]]:
    """Images with their indices; classes take turns."""
    for index in spread_by_turns(split.labels, IMAGES).tolist():
        with contextlib.suppress(InputError):
            yield index, split.image(index)
