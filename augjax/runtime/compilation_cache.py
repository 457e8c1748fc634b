"""Compiled programs, kept for the next start by JAX's persistent compilation cache."""

import hashlib
import os
import platform
import warnings
from pathlib import Path

from augjax.files import is_file, is_folder, user_cache

LIMIT_BYTES = 2**30
"""Of all compiled programs together; beyond it, the oldest are removed."""


def keep_compiled_programs() -> None:
    """Has JAX keep what it compiles in the user's cache folder; to be called before it is imported.

    Where that cannot be written, nothing is kept. A kept program that cannot be read costs its
    compilation. JAX_COMPILATION_CACHE_DIR puts them elsewhere, and
    JAX_ENABLE_COMPILATION_CACHE=false keeps none.
    """
    try:
        folder = user_cache() / "compiled" / machine()
        folder.mkdir(parents=True, exist_ok=True)
        _remove_oldest(folder.parent)
    except (OSError, RuntimeError):  # There may be no home.
        return
    if not os.access(folder, os.W_OK):
        return
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder))
    # A run makes some 250 small programs, which take longer together than the large ones.
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    # XLA:CPU takes two of its own preferences for features that the processor lacks.
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation")


def machine() -> str:
    """Of the processor: XLA compiles for the one it runs on, and homes are shared."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        what = sorted({line for line in lines if line.startswith(("model name", "flags"))})
    except OSError:
        what = [platform.processor()]
    return hashlib.blake2b("\n".join(what).encode(), digest_size=8).hexdigest()


def _remove_oldest(folder: Path) -> None:
    programs = (path for path in folder.glob("*/*-cache") if is_folder(path.parent))
    found = [(path.lstat(), path) for path in programs if is_file(path)]
    excess = sum(status.st_size for status, _ in found) - LIMIT_BYTES
    for status, path in sorted(found, key=lambda one: one[0].st_mtime):
        if excess <= 0:
            break
        path.unlink(missing_ok=True)
        excess -= status.st_size
