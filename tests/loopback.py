"""Programs of several processes, which find each other on this machine."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from augjax.runtime.cluster import free_address

CHECKOUT = Path(__file__).parents[1]


class Ended(NamedTuple):
    """How a process ended, and what it printed."""

    code: int
    out: str
    err: str


def start(
    count: int,
    *arguments: str,
    devices: int = 2,
    of_each: Sequence[Sequence[str]] = (),
    wrapper: Sequence[str] = (),
) -> list[subprocess.Popen]:
    """Starts `python ARGUMENTS` in so many processes, each with its own further arguments.

    Process 0 is started under `wrapper`, and each leads a process group.
    """
    together = {
        "JAX_PLATFORMS": "cpu",
        "JAX_NUM_CPU_DEVICES": str(devices),
        "JAX_COORDINATOR_ADDRESS": free_address(),
        "JAX_NUM_PROCESSES": str(count),
    }
    return [
        subprocess.Popen(
            [
                *(() if index else wrapper),
                sys.executable,
                *arguments,
                *(of_each[index] if of_each else ()),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=CHECKOUT,
            env={**os.environ, **together, "JAX_PROCESS_ID": str(index)},
            start_new_session=True,
        )
        for index in range(count)
    ]


def ended(processes: Sequence[subprocess.Popen], *, seconds: float = 240) -> list[Ended]:
    """Waits for all; one that does not end in time is killed, which its code tells."""

    def end(process: subprocess.Popen) -> Ended:
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
        return Ended(process.returncode, out, err)

    with ThreadPoolExecutor(len(processes)) as pool:  # Else a full pipe would hold one up.
        return list(pool.map(end, processes))


def run(count: int, *arguments: str, seconds: float = 240, **options) -> list[Ended]:
    """Starts them, and waits for all."""
    return ended(start(count, *arguments, **options), seconds=seconds)
