"""What is freed is kept, so that pages are not cleared anew."""

import ctypes
import sys

import pytest

from tests.helpers import run_python

PROGRAM = """
import resource, sys
from augjax.training.memory import keep_freed_memory

if "keep" in sys.argv:
    keep_freed_memory()

def use_64_mib():
    b"x" * (64 * 2**20 + len(sys.argv))
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

first, second = use_64_mib(), use_64_mib()
print(second - first)
"""


def faults(*arguments: str) -> int:
    done = run_python("-c", PROGRAM, *arguments)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"),
    reason="the C library is not glibc",
)
def test_what_is_freed_is_used_again():
    pages = 64 * 2**20 // 4096
    assert faults() > 0.9 * pages > 100 > faults("keep")
