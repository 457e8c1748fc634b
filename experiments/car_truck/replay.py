"""What the network saw of an image in an epoch of a run, drawn again."""

import dataclasses
import io
import unicodedata
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console

import augjax as aj
from augjax.commands.train_flags import recorded_settings
from augjax.data import Dataset, Split
from augjax.data.folder.table import is_table
from augjax.data.tf import DECODER
from augjax.errors import InputError
from augjax.files import json_text, lies_in, read_json, write_atomically
from augjax.printable import argument, printable, some
from augjax.runs.augmentation import recorded_pipeline, strength_then
from augjax.runs.contents import read_settings
from augjax.runs.data import check_not_linked, read_data
from augjax.runs.environment import environment
from augjax.runs.folder import RUN_RECORD
from augjax.runs.history import epochs_done
from augjax.runs.record import changed_images
from augjax.runs.settings import Settings
from augjax.transforms.replay import replay_key
from experiments.car_truck.config import RECORDED, recorded_config, settings_of
from experiments.car_truck.data import load_data
from experiments.car_truck.drawn.dataset import drawn_car_truck

PICTURES = {"augmentations.png", "loss.png", "accuracy.png"}
"""What a run draws in its folder."""

OLD_DECODER = "TensorFlow, JPEGs by the fast inverse DCT"
"""Of runs whose record does not say."""


def replay_image(
    run_dir: Path, path: str, *, epoch: int, out: Path | None = None
) -> tuple[str, list[str]]:
    """Writes the picture; returns the draws as JSON, and what there is to say besides.

    Args:
      run_dir: the run's folder; nothing in it is changed.
      path: of the image, relative to the folder of the training split; of data that augjax split,
        relative to their folder.
      epoch: counted from 1.
      out: the PNG to write; by default NAME-epochN.png in the folder where you are.

    Raises:
      InputError: if there is no such run, epoch or image, or nothing may be written to `out`.
    """
    settings, read = settings_and_reader(run_dir)
    pipeline = recorded_pipeline(run_dir, str(run_dir))
    notes = check_epoch(run_dir, epoch, settings.epochs)
    out = out or Path(f"{PurePosixPath(path).stem}-epoch{epoch}.png")
    check_out(out, settings)
    dataset = read(settings, Console(quiet=True))
    index = find(path, dataset, settings.data)
    image = dataset.train.image(index)
    which = {
        "seed": settings.seed,
        "epoch": epoch,
        "id": dataset.train.sources[index],
    }
    strength = strength_then(settings, epoch, index, len(dataset.train))
    draws = pipeline.sample(replay_key(**which), image.shape, strength=strength)
    doubtful = doubts(run_dir, dataset)
    write_atomically(out, png(aj.replay(pipeline, **which, image=image, strength=strength)))
    if strength != 1.0:
        notes.append(f"The strength was {float(strength):.6g}")
    if settings.mix != "none":
        notes.append(
            f"Note: this is the image before --mix {settings.mix}, which depends on the whole batch"
        )
    notes += doubtful
    return json_text(plain(draws)), [*notes, f"Written to {printable(str(out))}"]


def settings_and_reader(run_dir: Path) -> tuple[Settings, Callable[[Settings, Console], Dataset]]:
    """What a run of either program was told, and what reads its images."""
    if read_settings(run_dir).keys() <= set(RECORDED):
        settings, read = settings_of(recorded_config(run_dir, str(run_dir))), load_data
    else:
        settings, read = recorded_settings(run_dir, str(run_dir)), read_data
    return dataclasses.replace(settings, run_dir=run_dir), read


def check_epoch(run_dir: Path, epoch: int, epochs: int) -> list[str]:
    """Notes whether the run may not have come so far.

    Raises:
      InputError: if it has not.
    """
    done = epochs_done(run_dir)
    ended = (run_dir / "summary.json").exists()
    last = done if ended else min(done + 1, epochs)
    if not 1 <= epoch <= last:
        raise InputError(
            f"--epoch {epoch}: {run_dir} has come to epoch {last}; "
            f"expected a number from 1 to {last}"
        )
    note = f"Note: the run has not finished epoch {last}; it may not have seen the image in it yet"
    return [note] if epoch > done else []


def check_out(out: Path, settings: Settings) -> None:
    """Raises InputError unless a PNG may be written there."""
    if out.suffix.lower() != ".png":
        raise InputError(f"--out {out}: expected a name that ends in .png")
    if out.is_symlink():
        raise InputError(f"--out {out} is a link, which is not replaced; choose another name")
    if lies_in(out, settings.data or drawn_car_truck()):
        raise InputError(f"--out {out} lies inside the data, where nothing is written")
    run_dir = settings.run_dir
    is_picture = out.name.lower() in PICTURES and lies_in(out, run_dir)
    if is_picture or lies_in(out, run_dir / "checkpoints"):
        raise InputError(f"--out {out} is one of the run's own files; choose another name")
    check_not_linked(out, "--out", settings)


def find(path: str, dataset: Dataset, data: str | None) -> int:
    """The index of the image in the training split.

    Args:
      path: of the image.
      dataset: the run's.
      data: where it comes from; None of drawn pictures.

    Raises:
      InputError: if it is not there.
    """
    train, valid = dataset.train, dataset.valid
    wanted = PurePosixPath(path).as_posix()
    for form in (str, composed):
        for index, source in enumerate(train.sources):
            if form(source) == form(wanted):
                return index
    example = argument(train.sources[0])
    name = composed(wanted)
    if any(name in (composed(s), composed(valid.key(s))) for s in valid.sources):
        raise InputError(
            f"{printable(path)}: a validation image of the run, and those are never augmented; "
            f"expected a training image, such as {example}"
        )
    raise InputError(
        f"{printable(path)}: no training image of the run; expected {kind_of_path(train, data)}, "
        f"such as {example}"
    )


def kind_of_path(split: Split, data: str | None) -> str:
    """What images are called in a split, in words."""
    shown = printable(str(data))
    if split.below is None:
        return f"an id of {shown}"
    if split.below:
        return f"a path relative to the folder {printable(split.below)}"
    if data is not None and is_table(Path(data)):
        return f"a path relative to the folder of the table {shown}"
    return f"a path relative to the folder {shown}"


def composed(name: str) -> str:
    """The form of a name in which file systems may not differ."""
    return unicodedata.normalize("NFC", name)


def doubts(run_dir: Path, dataset: Dataset) -> list[str]:
    """What may have changed since the run about the images, or about what reads and draws them."""
    changed = changed_images(run_dir, dataset, str(run_dir))
    note = "Note: the data have changed since the run; it may have seen another image by this name"
    notes = [f"{note}: {some(changed)}"] if changed else []
    if others := other_versions(read_json(run_dir / RUN_RECORD)):
        notes.append(f"Note: it may have seen other pixels, made by other versions: {some(others)}")
    return notes


def other_versions(record: dict[str, Any]) -> list[str]:
    """Decoder and packages that a run, or a part of it, had in other versions."""
    now = {**environment()["versions"], "decoder": DECODER}
    found = {}
    for then in (record, *record.get("resumed", [])):
        versions = then.get("versions")
        before = dict(versions) if isinstance(versions, dict) else {}
        before["decoder"] = then.get("decoder", OLD_DECODER)
        for name, version in now.items():
            if before.get(name, version) != version:
                found[name] = f"{name} {before[name]!a} -> {version!a}"
    return [found[name] for name in sorted(found)]


def png(image: Any) -> bytes:
    """An image in [0, 1] as a PNG."""
    pixels = np.round(np.clip(np.asarray(image), 0, 1) * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def plain(draws: Any) -> Any:
    """Draws as JSON has them."""
    if isinstance(draws, dict):
        return {name: plain(draw) for name, draw in draws.items()}
    return draws.tolist()
