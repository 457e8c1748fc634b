"""What a pipeline makes of images, epoch after epoch, and an animation of it."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from augjax.files import write_atomically
from augjax.runs.picture_rows import drawn_rows
from augjax.transforms import Sequential, replay
from augjax.transforms.show import shown
from augjax.typing import Strength

Picture = UInt8[np.ndarray, "_ _ _"]

FRAME_SECONDS = 0.6


def epochs_of(
    pipeline: Sequential,
    image: Picture,
    id: str,
    *,
    seed: int,
    epochs: int,
    strength: Strength = 1.0,
) -> list[Picture]:
    """An image as it is, and then as a run would see it in the epochs from 1 on.

    The draws are those of a run with this pipeline, seed and a constant strength, in which the
    image has this id (`augjax.replay`): exactly what it would see, for any number of images and
    batches. In a run's folder of data, the id is the path relative to the split. Images for
    validation are seen as they are. Mixes come after this.
    """
    after = (
        replay(pipeline, image=image, id=id, seed=seed, epoch=epoch, strength=strength)
        for epoch in range(1, epochs + 1)
    )
    return [image, *(_eight_bits(shown(np.asarray(one), pipeline)) for one in after)]


def save_animation(rows: Mapping[str, Sequence[Picture]], title: str, path: Path) -> None:
    """Writes a GIF: the first picture of each row stands still beside each of the others in turn.

    It is repeated without end.
    """
    epochs = len(next(iter(rows.values()))) - 1
    frames = [
        drawn_rows(
            {name: [row[0], row[epoch]] for name, row in rows.items()},
            f"{title}\nLeft: as they are. Right: epoch {epoch} of {epochs}",
        ).convert("P", palette=Image.Palette.ADAPTIVE)
        for epoch in range(1, epochs + 1)
    ]
    gif = io.BytesIO()
    frames[0].save(
        gif, "GIF", save_all=True, append_images=frames[1:], loop=0,
        duration=round(1000 * FRAME_SECONDS),
    )  # fmt: skip
    write_atomically(path, gif.getvalue())


def _eight_bits(image: Picture | Float[np.ndarray, "_ _ _"]) -> Picture:
    return image if image.dtype == np.uint8 else np.round(255 * image).astype(np.uint8)
