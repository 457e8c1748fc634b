"""The same bits from the same program, on a GPU too."""

import os

_FLAG = "--xla_gpu_deterministic_ops=true"


def use_deterministic_operations() -> None:
    """Has XLA use deterministic operations on a GPU; to be called before JAX starts its devices."""
    flags = os.environ.get("XLA_FLAGS", "")
    if _FLAG not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_FLAG}".strip()
