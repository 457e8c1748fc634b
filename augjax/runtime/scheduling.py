"""The order in which XLA:CPU runs the operations of a program.

By default it is the one that lets most of them run at the same time. Convolutions occupy all cores
one by one, so a training step gains nothing by that; but while it waits for its turn, each holds
its operands: a third more memory, for the notebook's network.
"""

import functools

import jax
from jax.sharding import Mesh

_LEAST_MEMORY = {"xla_cpu_scheduler_type": "CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED"}


def least_memory(mesh: Mesh) -> dict[str, str]:
    """The `compiler_options` of `jax.jit` for the order that needs least memory.

    There are none for accelerators, which choose it themselves.
    """
    on_cpu = mesh.devices.flat[0].platform == "cpu"
    return _LEAST_MEMORY if on_cpu and _is_known() else {}


@functools.cache
def _is_known() -> bool:
    """Whether this version of XLA still has the option; an unknown one is an error."""
    try:
        jax.jit(lambda: 0, compiler_options=_LEAST_MEMORY).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True
