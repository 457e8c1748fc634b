"""Steps over the devices of several processes, as XLA compiles them, and the batches of each."""

import json

import pytest

from tests import loopback
from tests.helpers import gathered

pytestmark = pytest.mark.long

PROGRAM = """
import json
import jax
import os

from augjax.runtime.cluster import find_place, joined

place = find_place(None, None, None, os.environ)
together = joined(place, start_timeout=60, peer_timeout=60)
together.__enter__()
import numpy as np
import optax
import augjax as aj
from augjax.data import Batch
from augjax.training.mesh import data_mesh, on_device, on_every_device, own_rows
from augjax.training.metrics import Metrics
from augjax.training.objective import Objective
from augjax.training.state import TrainState
from augjax.training.step import jit_eval_step, jit_train_step
from tests.runs.small_network import SmallCNN

SIZE, BATCH = 16, 16
mesh, model, optimizer = data_mesh(), SmallCNN(), optax.adam(1e-3)
pipeline = aj.Sequential([aj.RandomFlip(), aj.RandomTranslation(0.1, 0.1)])
rng = np.random.default_rng(0)
whole = Batch(
    rng.integers(0, 256, (BATCH, SIZE, SIZE, 3), np.uint8),
    np.arange(BATCH, dtype=np.int32) % 2,
    aj.image_ids([f"{i}.png" for i in range(BATCH)]),
    np.arange(BATCH) < 14,
)
rows = own_rows(mesh, BATCH)
[batch] = on_device([Batch(*(field[rows] for field in whole))], mesh)
found = {"devices": mesh.size, "programs": {}}
for name, mix in {"none": None, "mixup": aj.MixUp(), "cutmix": aj.CutMix()}.items():
    state = TrainState.create(model, optimizer, aj.key(0), (SIZE, SIZE, 3))
    state, metrics = on_every_device(jax.device_get((state, Metrics.zero())), mesh)
    step = jit_train_step(
        mesh, model=model, optimizer=optimizer, augment=pipeline, mix=mix,
        objective=Objective(num_classes=2),
    )
    compiled = step.lower(state, metrics, batch, aj.key(1), np.int32(1)).compile()
    _, metrics = compiled(state, metrics, batch, aj.key(1), np.int32(1))
    found["programs"][name] = compiled.as_text()
    found[name] = float(metrics.loss)
print("FOUND", json.dumps(found))
jax.distributed.shutdown()
"""


def of(count, devices):
    processes = loopback.run(count, "-c", PROGRAM, devices=devices)
    assert all(process.code == 0 for process in processes), processes[-1].err
    lines = [line for p in processes for line in p.out.splitlines() if line.startswith("FOUND ")]
    return [json.loads(line.removeprefix("FOUND ")) for line in lines]


@pytest.fixture(scope="module")
def two_of_four():
    return of(2, 4)


def test_a_step_exchanges_nothing_but_sums(two_of_four):
    """And with a mix, images for their partners, which go around."""
    for found in two_of_four:
        assert found["devices"] == 8 and "all-reduce" in found["programs"]["none"]
        for exchange in ("all-gather", "all-to-all", "collective-permute"):
            assert exchange not in found["programs"]["none"]
        for name in ("mixup", "cutmix"):
            assert not gathered(found["programs"][name])
            assert "collective-permute" in found["programs"][name]


def test_partners_and_losses_are_those_of_one_process(two_of_four):
    [one] = of(1, 1)
    for found in two_of_four:
        for name in ("none", "mixup", "cutmix"):
            assert abs(found[name] - one[name]) <= 1e-5 * 14
