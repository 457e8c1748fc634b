"""One mesh for one device or many: the batch is split along it, the state is on every device."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec


def data_mesh(devices: Sequence[Any] | None = None) -> Mesh:
    """A mesh of all local devices (or those given) along the axis 'data'."""
    devices = devices or jax.local_devices()
    return jax.make_mesh((len(devices),), ("data",), (AxisType.Auto,), devices=devices)


def replicated(mesh: Mesh) -> NamedSharding:
    """Everything on every device."""
    return NamedSharding(mesh, PartitionSpec())


def split_batch(mesh: Mesh) -> NamedSharding:
    """The leading axis split over the devices."""
    return NamedSharding(mesh, PartitionSpec("data"))


def on_device(batches: Iterable[Any], mesh: Mesh) -> Iterator[Any]:
    """Moves batches to the mesh, one ahead of the step that uses them."""
    waiting: deque[Any] = deque()
    for batch in batches:
        waiting.append(jax.device_put(batch, split_batch(mesh)))
        if len(waiting) > 1:
            yield waiting.popleft()
    yield from waiting
