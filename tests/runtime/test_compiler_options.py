"""Programs for a CPU hold no more than they must, and give the same."""

import jax
import jax.numpy as jnp
import numpy as np

from augjax.runtime.compiler_options import least_memory
from augjax.training.mesh import data_mesh


def branches(x: jax.Array) -> jax.Array:
    """Eight long branches from one array to a number each, which could all run at once."""
    totals = []
    for shift in range(8):
        y = jnp.tanh(x @ jnp.roll(x, shift, axis=1))
        totals.append(jnp.sum(y @ y.T))
    return jnp.stack(totals)


def test_branches_run_one_after_the_other():
    mesh = data_mesh(jax.local_devices()[:1])
    x = jnp.asarray(np.random.default_rng(0).standard_normal((128, 128), np.float32))
    eager_to_run, sparing = (
        jax.jit(branches, compiler_options=options).lower(x).compile()
        for options in ({}, least_memory(mesh))
    )
    assert _temporary_bytes(sparing) < _temporary_bytes(eager_to_run) / 2
    np.testing.assert_array_equal(sparing(x), eager_to_run(x))


def _temporary_bytes(program: jax.stages.Compiled) -> int:
    analysis = program.memory_analysis()
    assert analysis is not None
    return analysis.temp_size_in_bytes
