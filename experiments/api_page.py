"""The API page of the transforms, augjax/transforms/README.md: a line and a picture for each.

    python -m experiments.api_page

Writes the page and, to experiments/results/transforms/, a strip for every public transform: a drawn
car as it is, and as five draws of `example()` make it.
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
    import numpy as np
    from PIL import Image

    from augjax.transforms import Transform

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
        from augjax.transforms.catalog import catalog

        PICTURES.mkdir(parents=True, exist_ok=True)
        for name, transform in catalog().items():
            jpeg = io.BytesIO()
            strip(transform.example()).save(jpeg, "JPEG", quality=85)
            write_atomically(PICTURES / f"{name}.jpg", jpeg.getvalue())
        write_atomically(PAGE, page().encode())
        print(f"{len(catalog())} transforms are on {PAGE}")


def page() -> str:
    """The text of the page."""
    from augjax.transforms.catalog import catalog
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
        for name, transform in catalog().items():
            if transform.__module__.split(".")[2] == family:
                path = f"../../experiments/results/transforms/{name}.jpg"
                does = (inspect.getdoc(transform) or "").split("\n")[0]
                code = repr(transform.example()).replace("|", "\\|")
                lines.append(f"| **{name}**<br>{does} | ![{name}]({path})<br>`{code}` |")
    lines += ["", "## Coming from Keras, torchvision or albumentations", "", TABLE.strip(), ""]
    return "\n".join(lines)


def strip(transform: "Transform") -> "Image.Image":
    """A drawn car as it is, and as some draws of `transform` make it, side by side."""
    import jax.numpy as jnp
    import numpy as np
    from PIL import Image

    import augjax as aj

    picture = drawn_car()
    key = aj.stream(aj.key(0), "augment")
    cells = [picture]
    for draw in range(DRAWS):
        params = transform.sample(aj.image_key(key, draw, jnp.uint32(0)), picture.shape)
        cell = np.asarray(transform.apply(params, picture))
        cells.append(np.rint(np.clip(cell, 0, 1) * 255).astype(np.uint8))
    height = max(cell.shape[0] for cell in cells)
    width = max(cell.shape[1] for cell in cells)
    sheet = Image.new("RGB", (len(cells) * (width + 4) - 4, height), "white")
    for place, cell in enumerate(cells):
        left = place * (width + 4) + (width - cell.shape[1]) // 2
        sheet.paste(Image.fromarray(cell), (left, (height - cell.shape[0]) // 2))
    return sheet


def drawn_car() -> "np.ndarray":
    """A picture for the strips, uint8."""
    import numpy as np
    from PIL import Image

    from augjax.data.drawn import draw_picture

    return np.asarray(draw_picture("train", "Car", 1).resize((SIDE, SIDE), Image.Resampling.BOX))


if __name__ == "__main__":
    main()
