"""Whole processes: how long they take to say something, and how much memory they come to use."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.benchmark.timing import CHECKOUT, ON_THE_CPU, Failed, in_short

PATIENCE_SECONDS = 1800.0

# In a small process of its own: what a child is said to have used includes what its parent had.
_PEAK = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(peak * (1 if sys.platform == "darwin" else 1024))
sys.exit(code)
"""


def seconds_until(line: str, command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds from the start of a Python process until it prints `line`, upon which it is to end.

    Raises:
      Failed: if it ends without.
    """
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, *command],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **ON_THE_CPU, **environment},
            cwd=CHECKOUT,
        ) as process:
            assert process.stdout
            try:
                for said in process.stdout:
                    if said.strip() == line:
                        return time.perf_counter() - start
            except KeyboardInterrupt:
                process.kill()
                raise
            process.wait()
        errors.seek(0)
        raise Failed(_last(errors.read(), process.returncode))


def peak_bytes(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """The largest memory that a Python process had resident.

    Raises:
      Failed: if it fails, or the system cannot tell.
    """
    if os.name != "posix":
        raise Failed("this system does not tell a process's peak memory")
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, sys.executable, *command],
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        env={**os.environ, **ON_THE_CPU, **environment},
        cwd=CHECKOUT,
    )
    if done.returncode:
        raise Failed(_last(done.stderr, done.returncode))
    return float(done.stdout)


def peak_bytes_here() -> int:
    """The same of this process so far; `getrusage` may include what its parent had."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        peak = next(line for line in lines if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024
    except (OSError, StopIteration):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak * (1 if sys.platform == "darwin" else 1024)


def cleared_bytes_here() -> int:
    """Of the pages that the system has cleared and given to this process so far."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt * resource.getpagesize()


def said(command: Sequence[str]) -> str:
    """What a Python process prints.

    Raises:
      Failed: if it fails.
    """
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        env={**os.environ, **ON_THE_CPU},
        cwd=CHECKOUT,
    )
    if done.returncode:
        raise Failed(_last(done.stderr, done.returncode))
    return done.stdout.decode()


def _last(errors: bytes, code: int) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return in_short(lines[-1] if lines else f"exit code {code}")
