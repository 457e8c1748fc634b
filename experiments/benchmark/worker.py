"""A contender's process: builds pieces of work of one library, and times them when told to.

It reads commands and writes replies, a line of JSON each. Libraries that print cannot disturb it:
what goes to their stdout ends up on stderr.

    {"do": "build", "id": ..., "work": {...}, "seconds": ...}    -> {"calls": ...}
    {"do": "go", "id": ...}                                      -> {"ms": ..., "value": ...}
    {"do": "check", "id": ...}    -> {"shape": ..., "dtype": ..., "changes": ..., "fresh": ..., ...}
    {"do": "memory", "id": ...}                                  -> {"bytes": ..., "new": ...}
    {"do": "drop"}                                               -> {}
"""

import importlib
import json
import math
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from experiments.benchmark.processes import cleared_bytes_here
from experiments.benchmark.works import Work


def main(module: str, setting: str) -> None:
    """Serves until stdin ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    server = Server(module, setting)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            reply = getattr(server, command.pop("do"))(**command)
        except Exception as error:  # Whatever a library raises is a row that says so.
            reply = {"failed": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


class Server:
    """The commands, for the library in `module`, used in the way that `setting` names."""

    def __init__(self, module: str, setting: str) -> None:
        self._module = module
        self._setting = setting
        self._built: dict[str, tuple[Work, Callable[[], Any], int]] = {}

    def build(self, id: str, work: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Makes the call, warms it up, and finds out how often it goes into `seconds`."""
        what = Work(**work)
        call = importlib.import_module(self._module).CALLS[what.kind](what, self._setting)
        call()
        call()
        once = _seconds(call, 1)
        calls = max(1, min(10_000, math.ceil(seconds / max(once, 1e-6))))
        self._built[id] = (what, call, calls)
        return {"calls": calls}

    def go(self, id: str) -> dict[str, Any]:
        """Milliseconds a call, and what a call gave if that is a number."""
        _, call, calls = self._built[id]
        call()  # Threads that went to sleep wake up.
        values: list[Any] = []
        seconds = (
            _seconds(lambda: values.append(call()), 1) if calls == 1 else _seconds(call, calls)
        )
        value = values[0] if values and isinstance(values[0], float) else None
        return {"ms": 1e3 * seconds / calls, "value": value}

    def check(self, id: str) -> dict[str, Any]:
        """What a call gives: its shape as NHWC, how far each image is from what was put in, whether
        the next call gives something else, and what the work says about itself.
        """
        import numpy as np

        work, call, _ = self._built[id]
        module = importlib.import_module(self._module)
        result, again = (module.as_numpy(call()).copy() for _ in range(2))
        images, changes = work.images(), None
        if result.shape == images.shape:
            scaled = result / 255 if result.dtype == np.uint8 else result
            changes = np.abs(scaled - images).max((1, 2, 3)).tolist()
        return {
            "shape": list(result.shape),
            "dtype": str(result.dtype),
            "changes": changes,
            "fresh": not np.array_equal(result, again),
            "about": getattr(call, "about", {}),
        }

    def memory(self, id: str) -> dict[str, Any]:
        """Bytes that a call needs, where the library can tell; and those of pages that the system
        had to clear for it, as memory that was given back is, a call in a burst.
        """
        _, call, calls = self._built[id]
        before = cleared_bytes_here()
        for _ in range(calls):
            call()
        cleared = (cleared_bytes_here() - before) / calls
        return {"bytes": call.memory(), "new": cleared}  # type: ignore[attr-defined]

    def drop(self) -> dict[str, Any]:
        """Forgets everything that was built."""
        self._built.clear()
        return {}


def _seconds(call: Callable[[], Any], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
