"""The API page of the transforms, augjax/transforms/README.md: a line and a picture for each.

    python -m experiments.api_page

Writes the page and, to experiments/results/transforms/, a strip for every public transform: a drawn
car as it is, and as five draws of `example()` make it, those of a batch of it and a truck.
"""

import dataclasses
import inspect
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from augjax.errors import told_in_one_line

if TYPE_CHECKING:
    import jax
    import numpy as np
    from PIL import Image

    from augjax.transforms import Mix, Transform
    from experiments.car_truck.drawn.vehicles import Kind

PAGE = Path(__file__).parents[1] / "augjax" / "transforms" / "README.md"
PICTURES = Path(__file__).parent / "results" / "transforms"
SIDE, DRAWS = 96, 5

FAMILIES = {
    "geometry": (
        "Geometry",
        "Pixels are moved, and with them masks, boxes and keypoints. Neighbours of one fill and "
        "one interpolation are resampled once, up to a crop, an antialiased resize or an elastic "
        "transform, which are passes of their own.",
    ),
    "color": ("Colour", "Results are clipped to the value range, but for Normalize."),
    "filter": ("Filters, noise, erasing", "Masks, boxes and keypoints stay as they are."),
    "policy": (
        "Policies",
        "Operations are drawn for each image, from those listed in `help(augjax.transforms.policy."
        "operations)`, and give what Pillow gives, to the bit.",
    ),
    "composition": (
        "Composition",
        "Containers hold transforms, and containers. Geometry inside them still shares a resample.",
    ),
    "mixing": (
        "Mixing",
        "Transforms of a batch, after all others: `images, labels = mix.batch(key, images, labels, "
        "ids, epoch=epoch)`. Draws are an image's own, its partner is drawn from the whole batch, "
        "and labels become probabilities: `help(aj.Mix)`.",
    ),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Writes the API page of the transforms and its pictures."""

    debug: bool = False
    """Show the traceback of an error."""


def main() -> None:
    """Parses the command line, and writes the page and its pictures."""
    with told_in_one_line(debug="--debug" in sys.argv):
        tyro.cli(Config, prog="python -m experiments.api_page")
        from augjax.files import write_atomically
        from augjax.transforms.catalog import catalog, mixes

        PICTURES.mkdir(parents=True, exist_ok=True)
        cells = {name: draws(transform.example()) for name, transform in catalog().items()}
        cells |= {name: mixed(mix.example()) for name, mix in mixes().items()}
        for name, pictures in cells.items():
            jpeg = io.BytesIO()
            strip(pictures).save(jpeg, "JPEG", quality=85)
            write_atomically(PICTURES / f"{name}.jpg", jpeg.getvalue())
        write_atomically(PAGE, page().encode())
        print(f"{len(cells)} transforms are on {PAGE}")


def page() -> str:
    """The text of the page."""
    from augjax.transforms.catalog import catalog, mixes
    from augjax.transforms.names_elsewhere import TABLE

    lines = [
        "# Transforms",
        "",
        "Made by `python -m experiments.api_page`. Of each: what it does, and five draws of the "
        "example below its picture. `help(aj.RandomRotation)` tells formula, draws, units, ranges "
        "and references.",
    ]
    for family, (title, about) in FAMILIES.items():
        lines += ["", f"## {title}", "", about, "", "| | |", "|---|---|"]
        for name, transform in {**catalog(), **mixes()}.items():
            if transform.__module__.split(".")[2] == family:
                path = f"../../experiments/results/transforms/{name}.jpg"
                does = (inspect.getdoc(transform) or "").split("\n")[0]
                code = repr(transform.example()).replace("|", "\\|")
                lines.append(f"| **{name}**<br>{does} | ![{name}]({path})<br>`{code}` |")
    lines += ["", "## Coming from Keras, torchvision or albumentations", "", TABLE.strip(), ""]
    return "\n".join(lines)


def draws(transform: "Transform") -> "list[np.ndarray]":
    """A drawn car as it is, and as some draws of `transform` make it."""
    import jax.numpy as jnp

    import augjax as aj

    picture = drawn("Car")
    key = aj.stream(aj.key(0), "augment")
    cells = [picture]
    for draw in range(DRAWS):
        params = transform.sample(aj.image_key(key, draw, jnp.uint32(0)), picture.shape)
        cells.append(as_uint8(transform.apply(params, picture)))
    return cells


def mixed(mix: "Mix") -> "list[np.ndarray]":
    """A drawn car as it is, and as some draws of `mix` make it in a batch with a truck."""
    import numpy as np

    import augjax as aj

    batch = np.stack([drawn("Car"), drawn("Truck")])
    key = aj.stream(aj.key(0), "augment")
    cells = [batch[0]]
    for draw in range(DRAWS):
        images, _ = mix.batch(key, batch, np.array([0, 1], np.float32), epoch=draw)
        cells.append(as_uint8(images[0]))
    return cells


def as_uint8(picture: "jax.Array") -> "np.ndarray":
    """A picture in [0, 1] as one of 0 to 255."""
    import numpy as np

    return np.rint(np.clip(np.asarray(picture), 0, 1) * 255).astype(np.uint8)


def strip(cells: "list[np.ndarray]") -> "Image.Image":
    """Pictures side by side, on white."""
    from PIL import Image

    height = max(cell.shape[0] for cell in cells)
    width = max(cell.shape[1] for cell in cells)
    sheet = Image.new("RGB", (len(cells) * (width + 4) - 4, height), "white")
    for place, cell in enumerate(cells):
        left = place * (width + 4) + (width - cell.shape[1]) // 2
        sheet.paste(Image.fromarray(cell), (left, (height - cell.shape[0]) // 2))
    return sheet


def drawn(kind: "Kind") -> "np.ndarray":
    """A picture of a Car or a Truck for the strips, uint8."""
    import numpy as np
    from PIL import Image

    from experiments.car_truck.drawn.dataset import draw_picture

    return np.asarray(draw_picture("train", kind, 1).resize((SIDE, SIDE), Image.Resampling.BOX))


if __name__ == "__main__":
    main()
