"""The processes of a run: what one finds out all know, and an error of one ends them all.

JAX carries what they say, as arrays over the devices of all processes, so all processes must say
something at the same places of the program. Nothing here waits for longer than it takes the
slowest of them; one that is gone is told of by JAX, as an error or by the end of the process.
"""

import contextlib
import dataclasses
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from augjax.errors import AugjaxError, InputError, Interrupted, RunError
from augjax.printable import counted


@runtime_checkable
class Stop(Protocol):
    """Requests to stop that this process has got."""

    @property
    def asked(self) -> int | None:
        """The signal's number, or None."""

    def interrupted(self, signum: int) -> Interrupted:
        """What ends the process after this signal, which another process may have got."""
        ...


@dataclasses.dataclass(frozen=True)
class Processes:
    """The processes of a run, as one of them sees them.

    Attributes:
      index: of this one, from 0.
      count: of all.
      stop: requests to stop; None if signals are nothing to it.
    """

    index: int = 0
    count: int = 1
    stop: Stop | None = None

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes files and speaks to the user."""
        return self.index == 0

    def part(self, n: int) -> slice:
        """The part of `n` things that is this process's: every thing is in that of one."""
        return slice(n * self.index // self.count, n * (self.index + 1) // self.count)

    @property
    def in_training(self) -> "Processes":
        """The same processes, of which none is stopped here: they vote on that between steps."""
        return dataclasses.replace(self, stop=None)

    def gather(self, find: Callable[[], Any]) -> list[Any]:
        """What `find` gives each process, in their order: things that JSON can hold.

        All processes must call this. If `find` raises an error of augjax's in any of them, or any
        was asked to stop, it is raised in all.

        Raises:
          AugjaxError: the first one's, which says whose it is if it is not that of process 0.
          Interrupted: if any process was asked to stop.
        """
        if self.count == 1:
            return [find()]
        found, own = None, None
        try:
            found = find()
        except (AugjaxError, OSError, MemoryError) as error:
            own = error
        asked = None if self.stop is None else self.stop.asked
        said = {"found": found, "asked": asked, "error": own and _as_json(own)}
        everyone = [json.loads(text) for text in self._exchange(json.dumps(said).encode())]
        for index, one in enumerate(everyone):
            if one["error"] is not None and index == self.index and isinstance(own, AugjaxError):
                raise own
            if one["error"] is not None:
                raise _error(one["error"], index) from own
        signals = [one["asked"] for one in everyone if one["asked"] is not None]
        if signals and self.stop is not None:
            raise self.stop.interrupted(max(signals))
        return [one["found"] for one in everyone]

    def from_first(self, find: Callable[[], Any]) -> Any:
        """What `find` gives process 0, in all of them; it is called there only. As `gather`."""
        return self.gather(lambda: find() if self.is_first else None)[0]

    @contextlib.contextmanager
    def agreeing(self) -> Iterator[None]:
        """A block that ends without an error in all processes, or with one in all.

        The processes must not gather anything in it.

        Raises:
          AugjaxError: as `gather`.
          Interrupted: as `gather`.
        """
        failure: list[BaseException] = []
        try:
            yield
        except (AugjaxError, OSError, MemoryError) as error:
            failure.append(error)

        def outcome() -> None:
            for error in failure:
                raise error

        self.gather(outcome)

    def arrays_from_first(self, tree: Any) -> Any:
        """A pytree of host arrays as process 0 has it, in all; their shapes and types are alike."""
        if self.count == 1:
            return tree
        import jax
        import numpy as np
        from jax.experimental import multihost_utils

        leaves, structure = jax.tree.flatten(tree)
        arrays = [np.asarray(leaf) for leaf in leaves]
        # As bytes: JAX adds zeros of the others, and -0.0 + 0.0 is 0.0.
        flat = np.concatenate([array.ravel().view(np.uint8) for array in arrays])
        flat = np.asarray(multihost_utils.broadcast_one_to_all(flat))
        ends = np.cumsum([array.nbytes for array in arrays])
        parts = np.split(flat, ends[:-1])
        return jax.tree.unflatten(
            structure,
            [p.view(a.dtype).reshape(a.shape) for p, a in zip(parts, arrays, strict=True)],
        )

    def part_ways(self) -> None:
        """Waits until all processes are here; from now on each goes on alone."""
        if self.count > 1:
            import jax

            jax.distributed.shutdown()

    def _exchange(self, text: bytes) -> list[bytes]:
        """What each process says, in their order."""
        import numpy as np
        from jax.experimental import multihost_utils

        size = np.array(len(text), np.int32)
        sizes = multihost_utils.process_allgather(size).reshape(-1).tolist()
        padded = np.zeros(max(sizes), np.uint8)
        padded[: len(text)] = np.frombuffer(text, np.uint8)
        rows = np.asarray(multihost_utils.process_allgather(padded)).reshape(self.count, -1)
        return [row[:size].tobytes() for row, size in zip(rows, sizes, strict=True)]


ALONE = Processes()
"""The only process of a run."""


def all_processes() -> Processes:
    """The processes that `jax.distributed` has joined; starts JAX's devices.

    Raises:
      InputError: in all, if they have not as many devices each.
    """
    import jax

    processes = Processes(jax.process_index(), jax.process_count())
    check_devices([device.process_index for device in jax.devices()])
    with _no_output():
        _meet(processes)
    return processes


def check_devices(owners: Sequence[int]) -> None:
    """Raises InputError unless each process, by its number, owns as many devices as process 0."""
    counts = Counter(owners)
    for index in sorted(counts):
        if counts[index] != counts[0]:
            raise InputError(
                f"process {index} has {counted(counts[index], 'device')}, but process 0 has "
                f"{counts[0]}; give all as many"
            )


def _meet(processes: Processes) -> None:
    """Has all devices exchange something once, of which JAX's Gloo tells on stdout."""
    import jax
    import numpy as np
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    processes.gather(lambda: None)
    processes.arrays_from_first([np.zeros(1, np.uint8)])
    mesh = Mesh(np.array(jax.devices()), ("data",))
    split, everywhere = (NamedSharding(mesh, PartitionSpec(*axes)) for axes in (["data"], []))
    ones = np.ones(jax.local_device_count(), np.int32)
    ones = jax.make_array_from_process_local_data(split, ones)
    jax.jit(lambda x: x.sum(), out_shardings=everywhere)(ones).block_until_ready()


@contextlib.contextmanager
def _no_output() -> Iterator[None]:
    """Keeps what is written to file descriptor 1, by C++, from being seen."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _as_json(error: Exception) -> dict[str, Any]:
    if isinstance(error, AugjaxError):
        message, details = error.in_commands, list(error.details)
    else:
        message, details = str(error) or "out of memory", []
    return {"message": message, "details": details, "is_input": isinstance(error, InputError)}


def _error(told: dict[str, Any], index: int) -> AugjaxError:
    kind = InputError if told["is_input"] else RunError
    whose = f"process {index}: " if index else ""
    return kind(f"{whose}{told['message']}", told["details"])
