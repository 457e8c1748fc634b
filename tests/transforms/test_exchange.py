"""Rows of a batch that other devices hold: the ones asked for, and no device holds all."""

import jax
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec

import augjax as aj
from augjax.transforms.mixing.exchange import rows_at
from tests.helpers import cpu_mesh, gathered, noise
from tests.transforms.examples import KEY, long_but

IMAGES, LABELS = noise(16, 12, 10, 3), np.linspace(0, 1, 16, dtype=np.float32)
IDS = aj.image_ids([f"{i}.png" for i in range(16)])

pytestmark = pytest.mark.skipif(jax.device_count() < 8, reason="needs 8 devices")


def shardings():
    auto = (AxisType.Auto,) * 2
    two = jax.make_mesh((2, 4), ("host", "device"), auto, devices=jax.devices("cpu")[:8])
    return {
        "one axis": NamedSharding(cpu_mesh(8), PartitionSpec("data")),
        "two axes": NamedSharding(two, PartitionSpec(("host", "device"))),
        "two axes, the second first": NamedSharding(two, PartitionSpec(("device", "host"))),
        "one, and another for the height": NamedSharding(two, PartitionSpec("device", "host")),
        "nothing": NamedSharding(two, PartitionSpec()),
    }


@pytest.mark.parametrize(
    "how", long_but(["one axis", "two axes, the second first"], [*shardings()])
)
def test_images_go_around(how):
    sharding = shardings()[how]
    mix = aj.MixUp()
    rows = NamedSharding(sharding.mesh, PartitionSpec(*sharding.spec[:1]))
    images, labels, ids = jax.device_put((IMAGES, LABELS, IDS), (sharding, rows, rows))
    program = jax.jit(
        lambda *batch: mix.batch(KEY, *batch, epoch=1, sharding=sharding),
        in_shardings=(sharding, rows, rows),
    )
    compiled = program.lower(images, labels, ids).compile()
    assert not gathered(compiled.as_text())
    expected = mix.batch(KEY, IMAGES, LABELS, IDS, epoch=1)
    for ours, theirs in zip(compiled(images, labels, ids), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_explicit_axes_say_it_themselves():
    mix = aj.RandomMixChoice([aj.MixUp(), aj.CutMix()])
    mesh = jax.make_mesh((8,), ("data",), devices=jax.devices("cpu")[:8])
    batch = jax.device_put((IMAGES, LABELS, IDS), NamedSharding(mesh, PartitionSpec("data")))
    with jax.set_mesh(mesh):
        compiled = jax.jit(lambda *batch: mix.batch(KEY, *batch)).lower(*batch).compile()
        assert not gathered(compiled.as_text())
        mixed = compiled(*batch)
    for ours, theirs in zip(mixed, mix.batch(KEY, IMAGES, LABELS, IDS), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_without_a_word_the_compiler_gathers_all():
    """So the check for it can fail."""
    batch = jax.device_put((IMAGES, LABELS, IDS), NamedSharding(cpu_mesh(8), PartitionSpec("data")))
    compiled = jax.jit(lambda *batch: aj.MixUp().batch(KEY, *batch)).lower(*batch).compile()
    assert gathered(compiled.as_text())


def test_any_rows_may_be_asked_for():
    sharding = shardings()["two axes"]
    ask = jax.jit(lambda places: rows_at(LABELS, places, sharding))
    rng = np.random.default_rng(0)
    for places in [np.zeros(16, np.int32), *rng.integers(0, 16, (20, 16), np.int32)]:
        np.testing.assert_array_equal(ask(places), LABELS[places])


def test_what_does_not_split_is_one_line():
    sharding = shardings()["one axis"]
    with pytest.raises(ValueError, match="a batch of 12 cannot be split over 8 devices"):
        aj.MixUp().batch(KEY, IMAGES[:12], LABELS[:12], IDS[:12], sharding=sharding)
    mesh = jax.make_mesh((8,), ("data",), devices=jax.devices("cpu")[:8])
    explicit = NamedSharding(mesh, PartitionSpec("data"))
    with pytest.raises(ValueError, match="says itself how it is split"):
        aj.MixUp().batch(KEY, IMAGES, LABELS, IDS, sharding=explicit)
    other = jax.make_mesh((8,), ("other",), (AxisType.Auto,), devices=jax.devices("cpu")[:8])
    with jax.set_mesh(other), pytest.raises(ValueError, match="another mesh than that of"):
        aj.MixUp().batch(KEY, IMAGES, LABELS, IDS, sharding=sharding)
