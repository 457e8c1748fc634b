"""Memory that one step frees is there for the next.

XLA allocates a step's temporary arrays anew each time, a gigabyte at 128 pixels. The C library of
Linux gives that back to the system when it is freed, and every page of it has to be cleared again
when it is next touched: a tenth of a step on a CPU.
"""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -4, -8
"""Parameters of glibc's `mallopt`, as <malloc.h> numbers them."""


def keep_freed_memory() -> None:
    """Has this process keep what it frees, so that its memory stays at its peak.

    To be called before threads are started. Does nothing where the C library is another than glibc.
    """
    try:
        libc = ctypes.CDLL(None)
        _ = libc.gnu_get_libc_version
        mallopt = libc.mallopt
    except (AttributeError, OSError, TypeError):
        return
    # Large blocks are not mapped one by one, all threads share one heap, and it never shrinks.
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_ARENA_MAX, 1)
    mallopt(_M_TRIM_THRESHOLD, -1)
