"""What all processes of a run are told at the same step, whichever of them it comes from."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from augjax.training.mesh import on_every_device, own_rows, replicated, split_batch

NOTHING = 0
"""Nobody has anything to say."""


class Votes:
    """The greatest number that any process has said, known to all at the same step.

    A vote is counted on the devices while the next step runs, so it takes part in no wait: what is
    read is the vote before. All processes vote at the same places of the program.

    Args:
      mesh: the devices of all processes.
    """

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self._here = own_rows(mesh, mesh.size)
        self._count = jax.jit(
            jnp.max, in_shardings=split_batch(mesh), out_shardings=replicated(mesh)
        )
        self._last: Any = on_every_device(np.int32(NOTHING), mesh)

    def cast(self, number: int) -> int:
        """Says a number of at least 0, and gives what the vote before came to."""
        before = self._last
        said = np.full(self._here.stop - self._here.start, number, np.int32)
        votes = jax.make_array_from_process_local_data(split_batch(self._mesh), said)
        self._last = self._count(votes)
        return int(before)

    def last(self) -> int:
        """What the latest vote came to, which waits for all processes."""
        return int(self._last)
