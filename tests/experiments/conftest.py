"""Whole runs as processes of their own."""

import pytest


@pytest.fixture(scope="package", autouse=True)
def compiled_once(tmp_path_factory):
    """Half of the time of so short a run is spent compiling."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path_factory.mktemp("compiled")))
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        patch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")  # XLA has much to say about what it loads.
        yield
