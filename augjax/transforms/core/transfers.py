"""What may go to a device without being asked for."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import numpy as np


def numbers_may_go(*arguments: Any) -> AbstractContextManager[Any]:
    """Lets numbers, such as the defaults, go to the device although `jax.transfer_guard` forbids.

    Where one of the arguments is an array of the host, the guard decides, as it does for `jax.jit`.
    """
    if any(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(arguments)):
        return nullcontext()
    return jax.transfer_guard_host_to_device("allow")
