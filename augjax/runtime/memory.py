"""What becomes of memory that is freed: kept for the next step, or given back before the first.

XLA allocates a step's temporary arrays anew each time. The C library of Linux gives them back to
the system when they are freed, and every page has to be cleared again when it is next touched: on a
CPU a sixth of the work of an epoch over small images. Over large ones it is a tenth, but there a
run would hold a gigabyte more: for an aligned array glibc (2.36) looks for a place some bytes
larger, and so not where the last one was, once anything lies behind that.

What the compiler frees, in pieces, is the other way about: the C library keeps all of it, a third
of a gigabyte of no more use, and the step's arrays come on top.
"""

import ctypes
import functools
import gc
from typing import Any

SMALL = 64
"""Pixels a side."""

COMPILED = "/jax/core/compile/backend_compile_duration"
"""What JAX calls the time that a compilation took."""

LONG_COMPILATION = 0.5
"""Seconds, beyond which it leaves enough to be worth giving back."""

_M_TRIM_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -4, -8
"""Parameters of glibc's `mallopt`, as <malloc.h> numbers them."""


def keep_freed_memory(image_size: int) -> None:
    """Has this process keep what it frees, if it is to train on small images.

    To be called before threads are started. Does nothing where the C library is another than glibc.
    """
    glibc = _glibc()
    if image_size > SMALL or glibc is None:
        return
    # Large blocks are not mapped one by one, all threads share one heap, and it never shrinks.
    glibc.mallopt(_M_MMAP_MAX, 0)
    glibc.mallopt(_M_ARENA_MAX, 1)
    glibc.mallopt(_M_TRIM_THRESHOLD, -1)


@functools.cache
def give_back_the_compilers_memory() -> None:
    """Has this process give back what lies freed whenever a long compilation has ended.

    Does nothing where the C library is another than glibc.
    """
    import jax.monitoring

    glibc = _glibc()
    if glibc is None:
        return

    def trim(event: str, duration_secs: float, **_: Any) -> None:
        if event == COMPILED and duration_secs > LONG_COMPILATION:
            gc.collect()
            glibc.malloc_trim(0)

    jax.monitoring.register_event_duration_secs_listener(trim)


def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
        _ = library.gnu_get_libc_version, library.mallopt, library.malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    return library
