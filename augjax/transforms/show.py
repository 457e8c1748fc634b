"""Pictures of what a pipeline does."""

import textwrap
from collections.abc import Iterator
from numbers import Integral
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PRNGKeyArray, UInt8

from augjax.extras import require
from augjax.keys import check_epoch, image_key, stream
from augjax.keys import key as root_key
from augjax.transforms.composition.sequential import Sequential
from augjax.transforms.core.arguments import plain
from augjax.transforms.core.scene import open_example
from augjax.transforms.core.transform import Transform
from augjax.transforms.mixing.checks import KEYS
from augjax.transforms.mixing.mix import Mix

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

_CELL, _LETTERS = 1.8, 21
"""A picture's width in inches, and the letters of the title that fit above it."""
_MOST = 100
_DRAWN = ("image", "mask", "boxes", "boxes_valid")
_BOX, _POINT, _MASK = "#ffd23f", "#ee4266", "#0ead69"


def show(
    pipeline: Transform | Mix,
    images: Any,
    *,
    key: PRNGKeyArray | None = None,
    draws: int = 5,
    epoch: int = 0,
) -> "matplotlib.figure.Figure":
    """Draws a grid: a row for each image, first as it is and then as `draws` draws make it.

    Args:
      pipeline: any transform; or a mix, of images of one size in [0, 1], by place in the batch,
        with their masks, and their boxes if it has `boxes=`.
      images: an image, an example (whose mask, boxes and keypoints are drawn over it), a batch of
        either, or a list of either.
      key: as for `Transform.batch`; by default that of a run with seed 0.
      draws: how many, 1 to 100, of the epochs from `epoch` on.
      epoch: of the first draw.

    Returns:
      A matplotlib figure: shown by a notebook, and saved by `figure.savefig("grid.png")`.
    """
    if not isinstance(pipeline, Transform | Mix):
        raise TypeError(
            f"expected show(pipeline, images), but got a {type(pipeline).__name__} first"
        )
    key = stream(root_key(0), "augment") if key is None else key
    check_epoch(epoch)
    rows, draws = list(_examples(images)), plain(pipeline, "draws", draws)
    if isinstance(draws, bool) or not isinstance(draws, Integral) or not 1 <= draws <= _MOST:
        raise ValueError(f"show(draws={draws!r}): expected a whole number from 1 to {_MOST}")
    if not rows:
        raise ValueError("show(images=...): expected at least one image, but got none")
    for row in rows:
        if "image" not in row:
            raise ValueError(f"show(images=...): expected an image in each, but got {sorted(row)}")
    if isinstance(pipeline, Mix):
        cells, drawer = (
            _mixed(pipeline, key, rows, epoch, draws),
            Sequential([], boxes=pipeline.boxes),
        )
    else:
        cells = [[row, *_drawn(pipeline, key, row, i, epoch, draws)] for i, row in enumerate(rows)]
        drawer = pipeline
    require("aj.show", "matplotlib")
    from matplotlib.figure import Figure

    title = textwrap.fill(repr(pipeline), _LETTERS * (draws + 1))
    heights = [row["image"].shape[0] / row["image"].shape[1] for row in rows]
    inches = _CELL * (sum(heights) + 0.1 * len(rows)) + 0.15 * (title.count("\n") + 2)
    figure = Figure(figsize=(_CELL * (draws + 1), inches), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=9, fontfamily="monospace", parse_math=False)
    grid = figure.subplots(len(rows), draws + 1, squeeze=False, height_ratios=heights)
    for place, row in zip(grid, cells, strict=True):
        for axes, cell in zip(place, row, strict=True):
            _draw(axes, cell, drawer)
    return figure


def shown(
    image: UInt8[np.ndarray, "h w c"] | Float[np.ndarray, "h w c"], pipeline: Transform
) -> UInt8[np.ndarray, "h w k"] | Float[np.ndarray, "h w k"]:
    """An image that a pipeline was given or made, of 3 or 4 channels: uint8, or from 0 to 1.

    Where the pipeline leaves its range of values, as `Normalize` does, from its own darkest to its
    own lightest value. Of images of other channels, the first is grey.
    """
    if image.dtype != np.uint8:
        lowest, highest = pipeline.facts.value_range
        image = (image.astype(np.float32) - lowest) / (highest - lowest)
        keeps_range = all(step.operation.keeps_range for step in pipeline.steps(None))
        if not keeps_range and (image.min() < 0 or image.max() > 1):
            # It may be all one value.
            image = (image - image.min()) / max(np.ptp(image), 1e-9)
        image = np.clip(image, 0, 1)
    return image if image.shape[2] in (3, 4) else image[..., :1].repeat(3, axis=2)


def _examples(images: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(images, dict | list | tuple | np.ndarray | jax.Array):
        raise TypeError(
            f"show takes images as an array, an example or a list, but got a "
            f"{type(images).__name__}"
        )
    if isinstance(images, dict) and np.ndim(images.get("image", 0)) == 4:
        for i in range(len(images["image"])):
            yield {name: part[i] if np.ndim(part) else part for name, part in images.items()}
    elif isinstance(images, dict):
        yield images
    elif isinstance(images, list | tuple) or images.ndim == 4:
        for image in images:
            yield image if isinstance(image, dict) else {"image": image}
    else:
        yield {"image": images}


def _drawn(
    pipeline: Transform, key: PRNGKeyArray, row: dict[str, Any], i: int, epoch: int, draws: int
) -> Iterator[dict[str, Any]]:
    for draw in range(draws):
        own_key = image_key(key, epoch + draw, jnp.uint32(i))
        yield jax.tree.map(np.asarray, pipeline(own_key, row))


def _mixed(
    mix: Mix, key: PRNGKeyArray, rows: list[dict[str, Any]], epoch: int, draws: int
) -> list[list[dict[str, Any]]]:
    """Rows of cells, from the mixes of all of them in a batch."""
    images = [np.asarray(row["image"]) for row in rows]
    if len(images) < 2 or len({image.shape for image in images}) > 1:
        raise ValueError(
            f"{mix.title} mixes images with one another: show it two or more of a size"
        )
    names = [name for name in KEYS if all(name in row for row in rows)]
    if mix.boxes is None:
        names = [name for name in names if not name.startswith("boxes")]
    if not mix.reads_masks or mix.instance_masks:
        names = [name for name in names if name != "label"]
    batch = {name: np.stack([np.asarray(row[name]) for row in rows]) for name in names}
    mixed = [mix.batch(key, batch, epoch=epoch + draw) for draw in range(draws)]
    return [
        [{name: np.asarray(part[i]) for name, part in each.items() if name in _DRAWN}
         for each in (batch, *mixed)]
        for i in range(len(rows))
    ]  # fmt: skip


def _draw(axes: "matplotlib.axes.Axes", example: dict[str, Any], pipeline: Transform) -> None:
    from matplotlib.patches import Polygon

    axes.axis("off")
    axes.imshow(shown(np.asarray(example["image"]), pipeline))
    if "mask" in example:
        mask = np.asarray(example["mask"])
        mask = mask if mask.ndim == 2 else mask[..., 0]
        if min(mask.shape) > 1:
            axes.contour(mask != 0, levels=[0.5], colors=[_MASK], linewidths=1)
    scene = open_example(pipeline, example)
    if scene.boxes is not None:
        outlines = np.asarray(scene.boxes.outlines()) - 0.5
        for outline in outlines[np.asarray(scene.boxes.is_on())]:
            axes.add_patch(Polygon(outline, fill=False, edgecolor=_BOX))
    if scene.keypoints is not None:
        seen = np.asarray(scene.keypoints.in_frame)
        axes.scatter(*np.asarray(scene.keypoints.points)[seen].T, s=12, color=_POINT)
