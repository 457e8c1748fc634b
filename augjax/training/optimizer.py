"""The optimizer of a run as plain numbers, which a command line gives and a file records."""

import dataclasses
import math
from typing import Any, Literal

import jax
import optax

from augjax.errors import InputError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Optimizer:
    """Adam, AdamW or SGD, with a schedule of the learning rate and clipped gradients if asked.

    Attributes:
      name: 'adam'; 'adamw', whose weights decay, but not biases and BatchNorm's scales; or 'sgd',
        with momentum, not Nesterov's, as by default in Keras and PyTorch.
      learning_rate: the greatest of the schedule.
      weight_decay: of 'adamw'; each step takes learning rate * weight_decay * weight off a weight.
      momentum: of 'sgd', from 0 to below 1.
      schedule: 'constant'; or 'cosine', which falls along half a cosine to 0 at the last step of
        the last epoch.
      warmup_epochs: epochs at the start in which the rate rises linearly from 0, a part of the
        schedule; may be a fraction.
      clip_norm: gradients whose global norm is greater are scaled to it; None clips none.

    Raises:
      InputError: for other numbers.

    References: `optax.adam`, `optax.adamw`, `optax.sgd`, `optax.warmup_cosine_decay_schedule`,
    `optax.clip_by_global_norm`.
    """

    name: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    momentum: float = 0.9
    schedule: Literal["constant", "cosine"] = "constant"
    warmup_epochs: float = 0.0
    clip_norm: float | None = None

    def __post_init__(self) -> None:
        clip = 1.0 if self.clip_norm is None else self.clip_norm
        for option, valid, expected in (
            ("learning_rate", 0 < self.learning_rate < math.inf, "a number above 0"),
            ("weight_decay", 0 <= self.weight_decay < math.inf, "a number of at least 0"),
            ("momentum", 0 <= self.momentum < 1, "at least 0 and below 1"),
            ("warmup_epochs", 0 <= self.warmup_epochs < math.inf, "a number of at least 0"),
            ("clip_norm", 0 < clip < math.inf, "a number above 0"),
        ):
            if not valid:
                flag = option.replace("_", "-")
                raise InputError(f"--{flag} {getattr(self, option)}: expected {expected}")

    def build(self, *, epochs: int, steps_per_epoch: int) -> optax.GradientTransformation:
        """The transformation of gradients, for a run of at most so many epochs.

        Of these numbers a schedule depends on both, so a run that is resumed with other `epochs`
        is not the run it would have been.

        Raises:
          InputError: if a warm-up leaves nothing of the epochs.
        """
        if self.warmup_epochs and self.warmup_epochs >= epochs:
            raise InputError(
                f"--warmup-epochs {self.warmup_epochs:g}: expected fewer than the {epochs} epochs"
            )
        rate = self._rate(epochs * steps_per_epoch, round(self.warmup_epochs * steps_per_epoch))
        match self.name:
            case "adam":
                optimizer = optax.adam(rate)
            case "adamw":
                optimizer = optax.adamw(rate, weight_decay=self.weight_decay, mask=_decaying)
            case "sgd":
                optimizer = optax.sgd(rate, momentum=self.momentum)
        if self.clip_norm is None:
            return optimizer
        return optax.chain(optax.clip_by_global_norm(self.clip_norm), optimizer)

    def _rate(self, steps: int, warmup: int) -> float | optax.Schedule:
        if self.schedule == "cosine":
            return optax.warmup_cosine_decay_schedule(0.0, self.learning_rate, warmup, steps)
        if warmup:
            return optax.warmup_constant_schedule(0.0, self.learning_rate, warmup)
        return self.learning_rate


def _decaying(params: Any) -> Any:
    """Whether a parameter is a kernel: biases and scales have one axis."""
    return jax.tree.map(lambda parameter: parameter.ndim > 1, params)
