"""Programs such as others write, in which a function of a small batch is called for several.

Each is given a function and its arguments, with a first axis for the small batches, one a device.
"""

import jax
from jax import lax
from jax.sharding import PartitionSpec

from tests.helpers import cpu_mesh

DEVICES = 8
SPLIT, SHARED = PartitionSpec("data"), PartitionSpec()


def mapped(function, in_specs, out_specs=SPLIT):
    """`jax.shard_map`, which checks over which axes of the mesh arrays vary."""
    mesh = cpu_mesh(DEVICES)
    return jax.shard_map(
        function, mesh=mesh, in_specs=in_specs, out_specs=out_specs, check_vma=True
    )


def in_shard_map(function, *parts):
    def of_one(*part):
        return jax.tree.map(lambda x: x[None], function(*(x[0] for x in part)))

    return mapped(of_one, SPLIT)(*parts)


def in_pmap(function, *parts):
    return jax.pmap(function)(*parts)


def in_vmap_of_vmap(function, *parts):
    nested = jax.vmap(jax.vmap(function))(*(x.reshape(2, -1, *x.shape[1:]) for x in parts))
    return jax.tree.map(lambda x: x.reshape(DEVICES, *x.shape[2:]), nested)


def in_scan(function, *parts):
    return lax.scan(lambda carry, part: (carry, function(*part)), None, parts)[1]
