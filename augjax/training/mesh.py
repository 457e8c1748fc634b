"""One mesh for one device or many: the batch is split along it, the state is on every device.

The devices may be those of several processes. Each then holds, and is given, the rows of a batch
that its own devices work on.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec


def data_mesh(devices: Sequence[Any] | None = None) -> Mesh:
    """A mesh of the devices of all processes (or those given) along the axis 'data'.

    Those of a process stand together, in the order of the processes, so that each has consecutive
    rows of a batch; `jax.make_mesh` would order the devices of TPUs by their places.
    """
    ordered = sorted(devices or jax.devices(), key=lambda d: (d.process_index, d.id))
    return Mesh(np.array(ordered), ("data",), axis_types=(AxisType.Auto,))


def replicated(mesh: Mesh) -> NamedSharding:
    """Everything on every device."""
    return NamedSharding(mesh, PartitionSpec())


def split_batch(mesh: Mesh) -> NamedSharding:
    """The leading axis split over the devices."""
    return NamedSharding(mesh, PartitionSpec("data"))


def own_rows(mesh: Mesh, batch_size: int) -> slice:
    """The rows of a batch that the devices of this process hold."""
    parts = split_batch(mesh).addressable_devices_indices_map((batch_size,)).values()
    bounds = [part[0].indices(batch_size) for part in parts if part is not None]
    return slice(min(start for start, _, _ in bounds), max(stop for _, stop, _ in bounds))


def on_every_device(tree: Any, mesh: Mesh) -> Any:
    """Puts host arrays, which all processes have alike, on every device of the mesh."""
    if _is_local(mesh):
        return jax.device_put(tree, replicated(mesh))
    put = jax.make_array_from_process_local_data
    return jax.tree.map(lambda x: put(replicated(mesh), np.asarray(x)), tree)


def on_device(batches: Iterable[Any], mesh: Mesh) -> Iterator[Any]:
    """Moves batches, or this process's rows of them, to the mesh, one ahead of their step."""
    waiting: deque[Any] = deque()
    for batch in batches:
        waiting.append(_split(batch, mesh))
        if len(waiting) > 1:
            yield waiting.popleft()
    yield from waiting


def _split(batch: Any, mesh: Mesh) -> Any:
    if _is_local(mesh):
        return jax.device_put(batch, split_batch(mesh))
    put = jax.make_array_from_process_local_data
    return jax.tree.map(lambda rows: put(split_batch(mesh), np.asarray(rows)), batch)


def _is_local(mesh: Mesh) -> bool:
    return not mesh.is_multi_process
