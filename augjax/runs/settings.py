"""The settings of a training run, by the names that its flags and `config.json` give them."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from augjax.errors import InputError
from augjax.files import is_path
from augjax.printable import printable
from augjax.runs.history import epochs_done

LEAST_SIDE = 16
"""Pixels; of the least image that the notebook's network takes."""
LARGEST_SIDE = 8000
"""Pixels; a square of it is as many as --max-pixels allows a stored image by default."""
MOST = 1e38
"""Of what becomes a float32."""

_RULES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("image_size", lambda v: v >= LEAST_SIDE, f"at least {LEAST_SIDE}"),
    ("image_size", lambda v: v <= LARGEST_SIDE, f"at most {LARGEST_SIDE}"),
    ("batch_size", lambda v: v >= 1, "at least 1"),
    ("epochs", lambda v: v >= 1, "at least 1"),
    ("learning_rate", lambda v: v > 0, "above 0"),
    ("learning_rate", lambda v: v <= MOST, f"at most {MOST:g}"),
    ("patience", lambda v: v >= 0, "at least 0"),
    ("min_delta", lambda v: v >= 0, "at least 0"),
    ("min_delta", lambda v: v <= MOST, f"at most {MOST:g}"),
    ("checkpoint_minutes", lambda v: v > 0, "above 0"),
    ("max_pixels", lambda v: v >= 1, "at least 1"),
    ("seed", lambda v: 0 <= v < 2**32, "from 0 to 4294967295"),
    ("valid_fraction", lambda v: 0 < v < 1, "above 0 and below 1, as in 0.2"),
    ("split_seed", lambda v: 0 <= v < 2**32, "from 0 to 4294967295"),
    ("warmup_epochs", lambda v: 0 <= v <= 10**6, "from 0 to 1000000"),
    ("weight_decay", lambda v: 0 <= v <= MOST, f"from 0 to {MOST:g}"),
    ("momentum", lambda v: 0 <= v < 1, "at least 0 and below 1"),
    ("clip_norm", lambda v: 0 < v <= MOST, f"above 0, at most {MOST:g}"),
    ("ema", lambda v: 0 < v < 1, "above 0 and below 1, as in 0.999"),
    ("label_smoothing", lambda v: 0 <= v < 1, "at least 0 and below 1"),
)
MAY_CHANGE = ("epochs", "patience", "checkpoint_minutes")
"""What a resumed run may be given anew."""
_PATHS = ("data", "run_dir", "resume", "pipeline", "init")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """All that makes a training run what it is. The flags of these names say what each means.

    Those with a default are beyond what the notebook has.
    """

    data: str | None
    run_dir: Path
    image_size: int
    interpolation: Literal["nearest", "bilinear"]
    batch_size: int
    epochs: int
    learning_rate: float
    patience: int
    min_delta: float
    seed: int
    augment: bool
    pipeline: str
    augment_strength: str
    mix: Literal["none", "mixup", "cutmix", "either"]
    checkpoint_minutes: float
    on_bad_image: Literal["fail", "skip"]
    max_pixels: int
    verify: Literal["auto", "full"]
    follow_links: bool
    valid_fraction: float | None = None
    split_seed: int = 0
    model: str = "notebook"
    init: Path | None = None
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    schedule: Literal["constant", "cosine"] = "constant"
    warmup_epochs: float = 0.0
    weight_decay: float = 0.01
    momentum: float = 0.9
    clip_norm: float | None = None
    ema: float | None = None
    label_smoothing: float = 0.0
    class_weights: Literal["none", "balanced"] = "none"
    precision: Literal["float32", "bf16"] = "float32"


def flag(name: str) -> str:
    """The flag of a setting."""
    return f"--{name.replace('_', '-')}"


def check_settings(given: Mapping[str, Any]) -> None:
    """Checks settings by name, as far as they are given and not None.

    Raises:
      InputError: naming a flag and what it takes.
    """
    known = {name: value for name, value in given.items() if value is not None}
    if "augment_strength" in known:
        strength_parts(known["augment_strength"])
    for name, allows, expected in _RULES:
        if name in known and not allows(known[name]):
            raise InputError(f"{flag(name)} {known[name]}: expected {expected}")
    if known.get("data") == "":
        raise InputError("--data '': expected a folder, or tfds:NAME")
    for name in _PATHS:
        value = str(known.get(name, ""))
        if not is_path(value):
            raise InputError(f"{flag(name)} {printable(value)}: no file has such a name")


def strength_parts(text: str) -> tuple[float, float, int]:
    """Start, end and epochs of the ramp that --augment-strength asks for.

    Raises:
      InputError: if it asks for none.
    """
    try:
        start, end, epochs = text.split(":") if ":" in text else (text, text, "1")
        parts = float(start), float(end), int(epochs)
    except ValueError:
        parts = (-1.0, -1.0, 0)
    strongest, longest = 1000, 10**6
    if not all(0 <= s <= strongest for s in parts[:2]) or not 1 <= parts[2] <= longest:
        raise InputError(
            f"--augment-strength {printable(text):.60}: expected a number from 0 to {strongest}, "
            "as in 0.5, or START:END:EPOCHS, as in 0:1:10 for a rise from 0 to 1 over the first "
            f"10 epochs (at most {longest})"
        )
    return parts


def check_resumed(run_dir: Path, was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Checks that a run is gone on with as it was begun.

    Args:
      run_dir: the run's folder.
      was: its flags by name, as they were recorded.
      now: the flags it is to go on with.

    Raises:
      InputError: if one differs that would make it another run, or there are too few epochs.
    """
    if now["epochs"] < (done := epochs_done(run_dir)):
        raise InputError(
            f"{run_dir}: --epochs {now['epochs']}, but {done} are done; expected no fewer"
        )
    for name, value in now.items():
        if name not in MAY_CHANGE and value != was[name]:
            raise InputError(
                f"{run_dir}: the run has {flag(name)} {was[name]}, not {value}; "
                "leave the flag out, or start a new run"
            )
