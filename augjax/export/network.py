"""The function that is exported: the probabilities that a run gives, of uint8 images."""

from typing import Any

import flax.linen as nn
from jaxtyping import Array, Float, UInt8

from augjax.models import infer
from augjax.training.objective import probabilities
from augjax.typing import AnyArray

INPUT, OUTPUT = "images", "probabilities"
"""What the one argument and the one result are called, where a format has names."""


def classify(
    model: nn.Module, variables: dict[str, Any], images: UInt8[AnyArray, "batch size size 3"]
) -> Float[Array, "batch classes"]:
    """The probability of each class, float32, as `Run.predict` has it of images of the run's size.

    Args:
      model: the network.
      variables: its `params` and `batch_stats`.
      images: RGB from 0 to 255; the batch may be symbolic.
    """
    return probabilities(infer(model, variables, images))
