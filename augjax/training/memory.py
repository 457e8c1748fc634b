"""Memory that one step frees is there for the next.

XLA allocates a step's temporary arrays anew each time. The C library of Linux gives them back to
the system when they are freed, and every page has to be cleared again when it is next touched: on a
CPU a sixth of the work of an epoch over small images. Over large ones it is an eighth, but there
the arrays find no room in what was freed before they were first needed, and a run would hold a
gigabyte more.
"""

import ctypes

SMALL = 64
"""Pixels a side."""

_M_TRIM_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -4, -8
"""Parameters of glibc's `mallopt`, as <malloc.h> numbers them."""


def keep_freed_memory(image_size: int) -> None:
    """Has this process keep what it frees, if it is to train on small images.

    To be called before threads are started. Does nothing where the C library is another than glibc.
    """
    if image_size > SMALL:
        return
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
