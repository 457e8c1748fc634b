"""Arrays inside `jax.shard_map`, which keeps count of the mesh's axes over which each varies."""

from typing import Any

import jax
from jax import lax


def varying_with(array: Any, *others: Any) -> Any:
    """The same array, varying over every axis over which it or one of the others does.

    JAX makes operands alike by itself, but not what a loop begins with, the results of branches and
    the gradients of a custom function. Outside of `jax.shard_map` nothing is done.
    """
    own, *theirs = map(_axes, (array, *others))
    missing = frozenset().union(*theirs) - own
    return lax.pcast(array, tuple(sorted(missing)), to="varying") if missing else array


def _axes(value: Any) -> frozenset[str]:
    is_array = isinstance(value, jax.Array)
    return jax.typeof(value).manual_axis_type.varying if is_array else frozenset()
