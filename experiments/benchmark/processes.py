"""Whole processes: how long they take to say something, and how much memory they come to use."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

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


class Start(NamedTuple):
    """What a process took to come to a point: seconds until each of its lines, and CPU seconds."""

    until: dict[str, float]
    cpu: float


def start(lines: Sequence[str], command: Sequence[str], environment: Mapping[str, str]) -> Start:
    """Runs a Python process that prints `lines`, and ends with the last of them.

    Raises:
      Failed: if it ends without.
    """
    until: dict[str, float] = {}
    with tempfile.TemporaryFile() as errors:
        before, begin = _cpu_of_children(), time.perf_counter()
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
                    if said.strip() in lines:
                        until[said.strip()] = time.perf_counter() - begin
            except KeyboardInterrupt:
                process.kill()
                raise
        if set(until) == set(lines):
            return Start(until, _cpu_of_children() - before)
        errors.seek(0)
        raise Failed(_last(errors.read(), process.returncode))


def _cpu_of_children() -> float:
    """Seconds of CPU time of all processes that this one started and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


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


def said(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """What a Python process prints, with such variables added to its environment.

    Raises:
      Failed: if it fails.
    """
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        env={**os.environ, **ON_THE_CPU, **(environment or {})},
        cwd=CHECKOUT,
    )
    if done.returncode:
        raise Failed(_last(done.stderr, done.returncode))
    return done.stdout.decode()


def _last(errors: bytes, code: int) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return in_short(lines[-1] if lines else f"exit code {code}")
