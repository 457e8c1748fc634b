"""Batches on a mesh with explicit axes, which `jax.make_mesh` makes by default."""

from collections.abc import Callable
from typing import Any

import jax
from jax.sharding import NamedSharding, PartitionSpec, auto_axes, use_abstract_mesh


def explicit_sharding(array: Any) -> NamedSharding | None:
    """How an array is split, if along explicit axes."""
    sharding = jax.typeof(array).sharding if isinstance(array, jax.Array) else None
    return sharding if sharding is not None and sharding.mesh.explicit_axes else None


def in_auto_axes(function: Callable[..., Any], *arguments: Any, axis: int = 0) -> Any:
    """`function(*arguments)`, sharded by the compiler also where a mesh has explicit axes.

    There JAX asks of some operations how their results are sharded, which only their caller knows.
    The results are sharded along one axis, as the first of the arguments that is along its first.
    """
    shardings = map(explicit_sharding, jax.tree.leaves(arguments))
    explicit = [sharding for sharding in shardings if sharding is not None]
    if not explicit:
        return function(*arguments)
    along = next((s.spec[0] for s in explicit if s.spec and s.spec[0] is not None), None)
    mesh = explicit[0].mesh.abstract_mesh
    split = PartitionSpec(*[None] * axis, along)
    sharded = auto_axes(function, axes=mesh.explicit_axes, out_sharding=split)
    with use_abstract_mesh(mesh):
        return sharded(*arguments)
