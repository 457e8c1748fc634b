"""What is freed is kept where images are small, so that pages are not cleared anew."""

import ctypes
import sys

import pytest

from tests.helpers import run_python

PROGRAM = """
import os, sys
from pathlib import Path
from augjax.training.memory import keep_freed_memory

keep_freed_memory(int(sys.argv[1]))

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

before = resident()
b"x" * (64 * 2**20 + len(sys.argv))
print((resident() - before) * os.sysconf("SC_PAGE_SIZE") / 2**20)
"""


def mib_still_held(image_size: str) -> float:
    done = run_python("-c", PROGRAM, image_size)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"),
    reason="the C library is not glibc",
)
def test_what_is_freed_is_kept_for_small_images():
    assert mib_still_held("128") < 8
    assert mib_still_held("32") > 56
