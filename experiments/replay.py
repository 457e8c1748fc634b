"""What the network saw of an image in an epoch of a car-or-truck run, as a picture.

    python -m experiments.replay RUN Car/0001.jpg --epoch 3 --out seen.png

The draws are printed as JSON. Of a run with --mix it is the image before it was mixed, which
depends on the whole batch. The run may be finished or not; nothing in its folder is changed.
"""

import dataclasses
import io
import json
import sys
import unicodedata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import tyro

from augjax.errors import InputError, told_in_one_line
from augjax.printable import printable
from augjax.runtime.compilation_cache import keep_compiled_programs
from experiments.car_truck.augmentation import recorded_pipeline, strength_schedule
from experiments.car_truck.config import Config as RunConfig
from experiments.car_truck.config import recorded_config

# JAX and TensorFlow are imported by the functions that need them, so that --help is instant.
if TYPE_CHECKING:
    from augjax.data import Dataset, Split
    from augjax.transforms.base import Strength

PROGRAM = "python -m experiments.replay"


@dataclasses.dataclass(frozen=True)
class Config:
    """Renders again what the network saw of a training image in an epoch of a run."""

    run: tyro.conf.Positional[Path]
    """The run's folder."""
    path: tyro.conf.Positional[str]
    """The image's path relative to the folder of the training split, as in Car/0001.jpg."""
    epoch: int = dataclasses.field(kw_only=True)
    """Counted from 1."""
    out: Path | None = dataclasses.field(default=None, kw_only=True)
    """The PNG to write; by default NAME-epochN.png in the folder where you are."""
    debug: bool = dataclasses.field(default=False, kw_only=True)
    """Show the traceback of an error."""


def main() -> None:
    """Parses the command line, writes the picture and prints the draws."""
    with told_in_one_line(debug="--debug" in sys.argv):
        config = tyro.cli(Config, prog=PROGRAM)
        keep_compiled_programs()
        draws, notes = run(config)
        sys.stdout.write(draws)
        for note in notes:
            print(note, file=sys.stderr)


def run(config: Config) -> tuple[str, list[str]]:
    """Writes the picture; returns the draws as JSON, and what there is to say besides."""
    from rich.console import Console

    import augjax as aj
    from augjax.files import json_text, write_atomically
    from augjax.transforms.replay import replay_key
    from experiments.car_truck.data import load_data

    settings = recorded_config(config.run, str(config.run))
    settings = dataclasses.replace(settings, run_dir=config.run)
    notes = check_epoch(config, settings.epochs)
    out = config.out or Path(f"{PurePosixPath(config.path).stem}-epoch{config.epoch}.png")
    check_out(out, settings.data)
    dataset = load_data(settings, Console(quiet=True))
    index = find(config, dataset.train)
    image = dataset.train.image(index)
    which = {
        "seed": settings.seed,
        "epoch": config.epoch,
        "id": dataset.train.sources[index],
    }
    pipeline = recorded_pipeline(config.run, str(config.run))
    strength = strength_then(settings, config.epoch, index, len(dataset.train))
    draws = pipeline.sample(replay_key(**which), image.shape, strength=strength)
    write_atomically(out, png(aj.replay(pipeline, **which, image=image, strength=strength)))
    if strength != 1.0:
        notes.append(f"The strength was {float(strength):.6g}")
    if settings.mix != "none":
        notes.append(
            f"Note: this is the image before --mix {settings.mix}, which depends on the whole batch"
        )
    notes += doubts(config.run, dataset)
    return json_text(plain(draws)), [*notes, f"Written to {printable(str(out))}"]


def check_epoch(config: Config, epochs: int) -> list[str]:
    """Notes whether the run may not have come so far.

    Raises:
      InputError: if it has not.
    """
    from augjax.runs.history import epochs_done

    done = epochs_done(config.run)
    ended = (config.run / "summary.json").exists()
    last = done if ended else min(done + 1, epochs)
    if not 1 <= config.epoch <= last:
        raise InputError(
            f"--epoch {config.epoch}: {config.run} has come to epoch {last}; "
            f"expected a number from 1 to {last}"
        )
    note = f"Note: the run has not finished epoch {last}; it may not have seen the image in it yet"
    return [note] if config.epoch > done else []


def check_out(out: Path, data: str | None) -> None:
    """Raises InputError unless a PNG may be written there."""
    if out.suffix.lower() != ".png":
        raise InputError(f"--out {out}: expected a name that ends in .png")
    if data and out.resolve().is_relative_to(Path(data).resolve()):
        raise InputError(f"--out {out} lies inside the data, where nothing is written")


def find(config: Config, split: "Split") -> int:
    """The index of the image in the training split.

    Raises:
      InputError: if it is not there.
    """
    wanted = PurePosixPath(config.path).as_posix()
    for form in (str, composed):
        for index, source in enumerate(split.sources):
            if form(source) == form(wanted):
                return index
    raise InputError(
        f"{printable(config.path)}: no training image of the run; expected a path relative to the "
        f"folder {printable(split.name)}, such as {printable(split.sources[0])}"
    )


def strength_then(settings: RunConfig, epoch: int, index: int, images: int) -> "Strength":
    """The strength of the step in which a run of `images` came to the image at `index`."""
    import numpy as np

    from augjax.data import epoch_order

    assert settings.batch_size
    schedule = strength_schedule(settings.augment_strength, images, settings.batch_size)
    steps = -(-images // settings.batch_size)
    (place,) = np.flatnonzero(epoch_order(images, seed=settings.seed, epoch=epoch) == index)
    return schedule((epoch - 1) * steps + int(place) // settings.batch_size)


def composed(name: str) -> str:
    """The form of a name in which file systems may not differ."""
    return unicodedata.normalize("NFC", name)


def doubts(run_dir: Path, dataset: "Dataset") -> list[str]:
    """What may have changed about the images since the run."""
    try:
        record = json.loads((run_dir / "run.json").read_bytes())
        same = record["dataset_fingerprint"] == dataset.fingerprint
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{run_dir}: cannot read its run.json") from error
    note = "Note: the data have changed since the run; it may have seen another image by this name"
    return [] if same else [note]


def png(image: Any) -> bytes:
    """An image in [0, 1] as a PNG."""
    import numpy as np
    from PIL import Image

    pixels = np.round(np.clip(np.asarray(image), 0, 1) * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def plain(draws: Any) -> Any:
    """Draws as JSON has them."""
    if isinstance(draws, dict):
        return {name: plain(draw) for name, draw in draws.items()}
    return draws.tolist()


if __name__ == "__main__":
    main()
