"""`augjax preview`: what a pipeline makes of the user's own images."""

import math
import sys
from pathlib import Path

from augjax.commands.flags import Preview
from augjax.commands.place import check_place
from augjax.commands.progress import working
from augjax.data import any_images
from augjax.data.tfds_builder import PREFIX
from augjax.errors import InputError
from augjax.printable import printable
from augjax.runs.augmentation import any_pipeline, shape_made
from augjax.runs.epochs import epochs_of, save_animation
from augjax.runs.picture_rows import captioned, save_rows
from augjax.runs.settings import check_settings, flag
from augjax.transforms import Sequential

IMAGES, EPOCHS, FRAMES = 20, 20, 100
"""Images and epochs in a picture at most, and epochs in an animation."""

LARGEST, LARGEST_MADE = 1024, 4096
"""Pixels a side at most, of the images and of what is made of them."""

_STRONGEST = 1000


def main(flags: Preview) -> int:
    """Writes the picture."""
    out = _out(flags)
    _check_numbers(flags, FRAMES if out.suffix.lower() == ".gif" else EPOCHS)
    if flags.data.startswith(PREFIX):
        raise InputError(f"augjax preview {flags.data}: only folders and tables are shown")
    check_place(out, out.parent, flags.data, follow_links=flags.follow_links)
    if not out.parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {out.parent}")
    if out.is_dir():
        raise InputError(f"--out {out}: a folder; expected a file")
    pipeline = any_pipeline(flags.pipeline, flags.image_size)
    height, width, _ = shape_made(pipeline, flags.image_size)
    if max(height, width) > LARGEST_MADE:
        raise InputError(
            f"--pipeline {flags.pipeline} makes images of {height}x{width} pixels; a preview shows "
            f"up to {LARGEST_MADE}x{LARGEST_MADE}"
        )
    with working(f"Drawing {printable(flags.pipeline)} on images of {printable(flags.data)} ..."):
        found = any_images(
            flags.data, flags.images, image_size=flags.image_size, method=flags.interpolation,
            follow_links=flags.follow_links,
        )  # fmt: skip
        rows = {
            captioned(id, class_name): epochs_of(
                pipeline, one.image, id,
                seed=flags.seed, epochs=flags.epochs, strength=flags.augment_strength,
            )
            for id, class_name, one in zip(found.ids, found.class_names, found.images, strict=True)
            if one.image is not None
        }  # fmt: skip
        title = _title(flags, pipeline)
        if out.suffix.lower() == ".gif":
            save_animation(rows, title, out)
        else:
            last = "epoch 1" if flags.epochs == 1 else f"epochs 1 to {flags.epochs}"
            save_rows(rows, f"{title}\nLeft: as they are. Then: {last}", out)
    for path, _, reason in found.bad:
        print(f"Skipped {printable(path)} ({printable(reason)})", file=sys.stderr)
    print(f"Wrote {printable(str(out))}")
    return 0


def _out(flags: Preview) -> Path:
    out = flags.out or Path("preview.gif" if flags.gif else "preview.png")
    suffixes = (".gif",) if flags.gif else (".png", ".gif")
    if out.suffix.lower() not in suffixes:
        raise InputError(
            f"{'--gif ' * flags.gif}--out {out}: expected a name that ends in "
            f"{' or '.join(suffixes)}"
        )
    return out


def _check_numbers(flags: Preview, epochs: int) -> None:
    check_settings({"image_size": flags.image_size, "seed": flags.seed, "data": flags.data,
                    "pipeline": flags.pipeline})  # fmt: skip
    for name, most in (("images", IMAGES), ("epochs", epochs), ("image_size", LARGEST)):
        value = getattr(flags, name)
        if not 1 <= value <= most:
            raise InputError(f"{flag(name)} {value}: expected 1 to {most}")
    strength = flags.augment_strength
    if not (math.isfinite(strength) and 0 <= strength <= _STRONGEST):
        raise InputError(f"--augment-strength {strength}: expected a number from 0 to {_STRONGEST}")


def _title(flags: Preview, pipeline: Sequential) -> str:
    chosen = f"--pipeline {printable(flags.pipeline)}"
    if flags.augment_strength != Preview.augment_strength:
        chosen += f" --augment-strength {flags.augment_strength:g}"
    if flags.seed != Preview.seed:
        chosen += f" --seed {flags.seed}"
    lines = [chosen, repr(pipeline)]
    if not all(step.operation.keeps_range for step in pipeline.steps(None)):
        lines.append("What leaves its range of values is shown from its darkest to its lightest.")
    return "\n".join(lines)
