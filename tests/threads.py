"""Processes as threads of one, so that what they say to each other needs no network."""

import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from augjax.runtime.processes import Processes

SECONDS = 60
"""After which a thread that waits for others in vain is an error."""


@dataclasses.dataclass(frozen=True)
class Threads(Processes):
    """One of several threads, which exchange what processes would."""

    said: list[bytes] = dataclasses.field(default_factory=list)
    barrier: threading.Barrier = dataclasses.field(default_factory=lambda: threading.Barrier(1))

    def _exchange(self, text: bytes) -> list[bytes]:
        self.said[self.index] = text
        self.barrier.wait(SECONDS)
        everyone = list(self.said)
        self.barrier.wait(SECONDS)
        return everyone


def in_threads(count: int, program: Callable[[Processes], Any], **of_each: Any) -> list[Any]:
    """What `program` gives each of `count` processes, or the exception that it raises.

    Args:
      count: of the processes.
      program: is called with each.
      of_each: attributes of the processes, as functions of their index.
    """
    said, barrier = [b""] * count, threading.Barrier(count)

    def one(index: int) -> Any:
        own = {name: value(index) for name, value in of_each.items()}
        try:
            return program(Threads(index, count, said=said, barrier=barrier, **own))
        except BaseException as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
