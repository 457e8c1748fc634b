"""How XLA:CPU compiles a program: the `compiler_options` of `jax.jit`.

There are none for accelerators, and none that this version of XLA does not know.
"""

import functools

import jax
from jax.sharding import Mesh


def least_memory(mesh: Mesh) -> dict[str, str | int]:
    """To run the operations in the order that needs least memory.

    By default it is the one that lets most of them run at the same time. Convolutions occupy all
    cores one by one, so a training step gains nothing by that; but while it waits for its turn,
    each holds its operands: a third more memory, for the notebook's network.
    """
    return _known(
        mesh.devices.flat[0].platform,
        xla_cpu_scheduler_type="CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED",
    )


def quick_to_compile() -> dict[str, str | int]:
    """To leave the code unoptimised, for a program that runs once.

    To optimise the program that draws the first weights takes far longer than to run it.
    """
    return _known(jax.default_backend(), xla_backend_optimization_level=0)


@functools.cache
def _known(platform: str, **options: str | int) -> dict[str, str | int]:
    """The options, if they are for the CPU and XLA still has them: an unknown one is an error."""
    if platform != "cpu":
        return {}
    try:
        jax.jit(lambda: 0, compiler_options=options).lower().compile()
    except jax.errors.JaxRuntimeError:
        return {}
    return options
