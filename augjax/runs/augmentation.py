"""The augmentation that flags ask for: which pipeline, and how strong it is at each step."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from augjax.data import epoch_order
from augjax.errors import InputError
from augjax.files import read_json
from augjax.keys import key
from augjax.runs.folder import RUN_RECORD
from augjax.runs.settings import Settings, strength_parts
from augjax.training.schedule import Schedule, strength_ramp
from augjax.transforms import (
    CutMix,
    Mix,
    MixUp,
    RandomMixChoice,
    Sequential,
    Views,
    from_dict,
    preset,
)
from augjax.transforms.presets import PRESETS
from augjax.typing import Strength


def strength_schedule(text: str, images: int, batch_size: int) -> Schedule:
    """The strength that --augment-strength asks for at every step of training on `images`."""
    start, end, epochs = strength_parts(text)
    if start == end:
        return optax.constant_schedule(start)
    return strength_ramp(start, end, epochs * -(-images // batch_size))


def strength_then(settings: Settings, epoch: int, index: int, images: int) -> Strength:
    """The strength of the step in which a run of `images` came to the image at `index`."""
    schedule = strength_schedule(settings.augment_strength, images, settings.batch_size)
    steps = -(-images // settings.batch_size)
    (place,) = np.flatnonzero(epoch_order(images, seed=settings.seed, epoch=epoch) == index)
    return schedule((epoch - 1) * steps + int(place) // settings.batch_size)


def chosen_mix(name: str) -> Mix | None:
    """The mix that --mix names."""
    match name:
        case "mixup":
            return MixUp()
        case "cutmix":
            return CutMix()
        case "either":
            return RandomMixChoice([MixUp(), CutMix()])
    return None


def chosen_pipeline(name: str, image_size: int) -> Sequential:
    """The pipeline that --pipeline names: a preset, or what `to_dict` made, in a file of JSON.

    Raises:
      InputError: if there is none, or it does not keep images of `image_size` as the network is
        validated on them.
    """
    pipeline = any_pipeline(name, image_size)
    if name not in PRESETS:
        _check_fits(pipeline, image_size, f"--pipeline {name}")
    return pipeline


def any_pipeline(name: str, image_size: int) -> Sequential:
    """As `chosen_pipeline`, whatever it makes of images of `image_size`.

    Raises:
      InputError: if there is none, or it takes no such images.
    """
    if name in PRESETS:
        return preset(name, image_size=image_size)
    option = f"--pipeline {name}"
    pipeline = _built(_read(Path(name), option, PRESETS), option)
    try:
        shape_made(pipeline, image_size)
    except ValueError as error:
        raise InputError(f"{option}: {error}") from error
    return pipeline


def shape_made(pipeline: Sequential, image_size: int) -> tuple[int, ...]:
    """The shape that it gives to images of three colours and `image_size`.

    Raises:
      ValueError: if it takes no such images.
    """
    image = jax.ShapeDtypeStruct((image_size, image_size, 3), jnp.uint8)
    return jax.eval_shape(pipeline, key(0), image).shape


def recorded_pipeline(run_dir: Path, option: str) -> Sequential:
    """The pipeline of the run in `run_dir`, which messages call `option`.

    Raises:
      InputError: if its run.json does not hold one.
    """
    try:
        record = read_json(run_dir / RUN_RECORD)
    except (OSError, ValueError) as error:
        raise InputError(f"{option}: cannot read its {RUN_RECORD}") from error
    data = record.get("pipeline") if isinstance(record, dict) else None
    return _built(data, f"{option}: the pipeline in its {RUN_RECORD}")


def _read(path: Path, option: str, presets: tuple[str, ...]) -> Any:
    """What a file of JSON holds."""
    try:
        return read_json(path)
    except FileNotFoundError as error:
        raise InputError(
            f"{option}: no such file, nor a preset; the presets are {', '.join(presets)}"
        ) from error
    except OSError as error:
        raise InputError(f"{option}: cannot read it ({error.strerror})") from error
    except ValueError as error:
        raise InputError(
            f"{option}: not JSON ({error}); json.dumps(augjax.to_dict(pipeline)) writes a pipeline"
        ) from error


def _built(data: Any, option: str) -> Sequential:
    if not isinstance(data, dict):
        raise InputError(
            f"{option}: expected what augjax.to_dict makes of one, but got {data!r:.40}"
        )
    try:
        transform = from_dict(data)
    except ValueError as error:
        raise InputError(f"{option}: {error}") from error
    if isinstance(transform, Mix):
        kind = type(transform).__name__
        raise InputError(f"{option}: {kind} mixes batches; --mix of a run says how they are mixed")
    if isinstance(transform, Views):
        raise InputError(f"{option}: Views makes several images of one, and a run trains on one")
    return transform if isinstance(transform, Sequential) else Sequential([transform])


def _check_fits(pipeline: Sequential, size: int, option: str) -> None:
    height, width, channels = shape_made(pipeline, size)
    if (height, width, channels) != (size, size, 3):
        raise InputError(
            f"{option} makes images of {height}x{width} pixels, but the network is validated on "
            f"those of {size}x{size}; put Resize({size}, {size}) at its end"
        )
    outside = [s.operation.label for s in pipeline.steps(None) if not s.operation.keeps_range]
    if pipeline.value_range != (0.0, 1.0):
        outside.append(f"value_range={pipeline.value_range}")
    if outside:
        raise InputError(
            f"{option}: {outside[0]} leaves [0, 1], in which the network is validated; leave it out"
        )
