"""The strictest JAX: eight CPU devices, no silent promotion of types or ranks."""

import itertools
import math
import os
import subprocess
import time
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import jax
import pytest

import tests.typechecker  # noqa: F401 (found by name when augjax is imported)
from augjax.runtime.compilation_cache import machine
from tests.oracles import MISSING

NO_TIME = "no time left"
START = time.monotonic()


def pytest_addoption(parser):
    parser.addoption(
        "--seconds",
        type=float,
        default=math.inf,
        help="skip the tests that have not begun after so many seconds; for machines that are slow",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if time.monotonic() - START > item.config.getoption("--seconds"):
        pytest.skip(NO_TIME)


jax.config.update("jax_num_cpu_devices", 8)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture
def adam_may_promote():
    """Optax's Adam raises a float to an int32 power, which strict promotion refuses."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture(scope="session", autouse=True)
def caches_of_the_tests_own(request, tmp_path_factory):
    """The user's cache folder is left alone; compiled programs are kept from one run to the next.

    They lie in pytest's cache folder, one for all workers and the processes they start, by machine
    and versions, or in a temporary folder where pytest runs without its cache plugin. JAX does not
    write them atomically: one that is half written, as another process writes it or was killed, is
    compiled anew, and JAX's warning of that is ignored in pyproject.toml.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("user_cache")))
        cache = getattr(request.config, "cache", None)
        name = f"jax-{jax.__version__}-{machine()}"
        compiled = cache.mkdir(name) if cache else tmp_path_factory.mktemp("compiled")
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(compiled))
        jax.config.update("jax_compilation_cache_dir", str(compiled))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        yield


@pytest.fixture
def removed_by_rm(tmp_path):
    """Folders nested beyond Python's recursion, which neither Python nor pytest can remove."""
    yield
    subprocess.run(["rm", "-rf", str(tmp_path)], check=True)


_finished_tests = itertools.count(1)


@pytest.fixture(autouse=True)
def compiled_programs_are_dropped():
    """Each maps memory, of which Linux grants a process 65,530 pieces: too few for the suite."""
    yield
    if next(_finished_tests) % 10 == 0 and _memory_mappings() > 30_000:
        jax.clear_caches()


def pytest_terminal_summary(terminalreporter):
    """How many tests were skipped, and why."""
    reports = terminalreporter.stats
    skipped = [str(report.longrepr) for report in reports.get("skipped", [])]
    total = len(skipped) + len(reports.get("passed", [])) + len(reports.get("failed", []))
    for reason, what in ((MISSING, "need an absent library"), (NO_TIME, "had no time left")):
        if count := sum(reason in text for text in skipped):
            terminalreporter.write_line(f"{count} of {total} tests {what}")


def _memory_mappings() -> int:
    listed = Path("/proc/self/maps")
    return listed.read_bytes().count(b"\n") if listed.exists() else 0
