"""What is freed is kept where images are small, so that pages are not cleared anew."""

import ctypes
import sys

import pytest

from tests.helpers import run_python

PROGRAM = """
import resource, sys
from augjax.training.memory import keep_freed_memory

keep_freed_memory(int(sys.argv[1]))

def use_64_mib():
    b"x" * (64 * 2**20 + len(sys.argv))
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

first, second = use_64_mib(), use_64_mib()
print(second - first)
"""


def faults(image_size: str) -> int:
    done = run_python("-c", PROGRAM, image_size)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"),
    reason="the C library is not glibc",
)
def test_what_is_freed_is_used_again_for_small_images():
    pages = 64 * 2**20 // 4096
    assert faults("128") > 0.9 * pages > 100 > faults("32")
