"""Batches on a mesh with explicit axes, which `jax.make_mesh` makes by default."""

from collections.abc import Callable
from typing import Any

import jax
from jax.sharding import PartitionSpec, auto_axes, use_abstract_mesh


def in_auto_axes(function: Callable[..., Any], *arguments: Any) -> Any:
    """`function(*arguments)`, sharded by the compiler also where a mesh has explicit axes.

    There JAX asks of some operations how their results are sharded, which only their caller knows.
    The results are sharded along their first axis, as the first of the arguments that is.
    """
    shardings = [
        jax.typeof(leaf).sharding
        for leaf in jax.tree.leaves(arguments)
        if isinstance(leaf, jax.Array)
    ]
    explicit = [sharding for sharding in shardings if sharding.mesh.explicit_axes]
    if not explicit:
        return function(*arguments)
    along = next((s.spec[0] for s in explicit if s.spec and s.spec[0] is not None), None)
    mesh = explicit[0].mesh
    sharded = auto_axes(function, axes=mesh.explicit_axes, out_sharding=PartitionSpec(along))
    with use_abstract_mesh(mesh):
        return sharded(*arguments)
