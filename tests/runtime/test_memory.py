"""What is freed is kept where images are small; what the compiler leaves is given back."""

import ctypes
import sys

import pytest

from tests.helpers import run_python

PROGRAM = """
import os, sys
from pathlib import Path
from augjax.runtime.memory import keep_freed_memory

keep_freed_memory(int(sys.argv[1]))

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

before = resident()
b"x" * (64 * 2**20 + len(sys.argv))
print((resident() - before) * os.sysconf("SC_PAGE_SIZE") / 2**20)
"""

# The piece at the end keeps the C library from giving the others back by itself.
COMPILER = """
import os, sys
from pathlib import Path
import jax
from augjax.runtime.memory import COMPILED, give_back_the_compilers_memory

heard = set()
jax.monitoring.register_event_duration_secs_listener(lambda event, *_, **__: heard.add(event))
jax.jit(lambda: 0)()
assert COMPILED in heard  # JAX does tell of it, by this name.

give_back_the_compilers_memory()

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

before = resident()
pieces = [bytearray(2**14) for _ in range(2**12)]
del pieces[:-1]
jax.monitoring.record_event_duration_secs(COMPILED, float(sys.argv[1]))
print((resident() - before) * os.sysconf("SC_PAGE_SIZE") / 2**20)
"""

needs_glibc = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"),
    reason="the C library is not glibc",
)


def mib_still_held(image_size: str) -> float:
    done = run_python("-c", PROGRAM, image_size)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def mib_left_of_a_compilation(seconds: float) -> float:
    done = run_python("-c", COMPILER, str(seconds))
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@needs_glibc
def test_what_is_freed_is_kept_for_small_images():
    assert mib_still_held("128") < 8
    assert mib_still_held("32") > 56


@needs_glibc
def test_what_a_long_compilation_leaves_is_given_back():
    assert mib_left_of_a_compilation(1.0) < 16
    assert mib_left_of_a_compilation(0.1) > 48
