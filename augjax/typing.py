"""Names of types that many modules use."""

from typing import TypeAlias

import jax
import numpy as np
from jaxtyping import Array, Float

AnyArray: TypeAlias = jax.Array | np.ndarray
"""On a device or on the host; shapes and dtypes are added as in Float[AnyArray, "h w 3"]."""
Strength: TypeAlias = float | Float[Array, ""]
"""What scales the range of draws towards no change: a number, which may be traced."""
