"""Names of types that many modules use."""

from typing import Any, TypeAlias

import jax
import numpy as np
from jaxtyping import Array, Float

AnyArray: TypeAlias = jax.Array | np.ndarray
"""On a device or on the host; shapes and dtypes are added as in Float[AnyArray, "h w 3"]."""
AxisSize: TypeAlias = Any
"""The length of an axis: a number, or what stands for one while `jax.export` traces a program."""
Strength: TypeAlias = float | Float[Array, ""]
"""What scales the range of draws towards no change: a number, which may be traced."""
