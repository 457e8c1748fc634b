"""The same bits from the same program, on a GPU too."""

import os

_FLAG = "--xla_gpu_deterministic_ops=true"

JAX_SETTINGS = (
    "jax_enable_x64",
    "jax_threefry_partitionable",
    "jax_default_prng_impl",
    "jax_default_matmul_precision",
)
"""Of JAX's settings, those that a run's numbers depend on."""


def use_deterministic_operations() -> None:
    """Has XLA use deterministic operations on a GPU; to be called before JAX starts its devices."""
    flags = os.environ.get("XLA_FLAGS", "")
    if _FLAG not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_FLAG}".strip()
