"""Inside other people's programs, every transform and mix does what it does under `jax.jit`."""

import functools
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export, lax
from jax.sharding import AxisType, NamedSharding

import augjax as aj
from augjax.transforms.mixing.trial import trial
from tests.helpers import cpu_mesh, noise, quick_jit
from tests.programs import (
    DEVICES,
    SHARED,
    SPLIT,
    in_pmap,
    in_scan,
    in_shard_map,
    in_vmap_of_vmap,
    mapped,
)
from tests.transforms.examples import CATALOG, KEY, MIXES, ONE_OF_EACH_KIND, example, long_but

EACH, SHAPE = 2, (16, 18, 3)
PARTS = (
    noise(DEVICES, EACH, *SHAPE),
    np.linspace(0, 1, DEVICES * EACH, dtype=np.float32).reshape(DEVICES, EACH),
    np.arange(DEVICES * EACH, dtype=np.uint32).reshape(DEVICES, EACH),
)
"""Images, labels and ids of a small batch for each device."""

needs_devices = pytest.mark.skipif(jax.device_count() < DEVICES, reason="needs 8 devices")


def augment(name, images, labels, ids):
    transform = example(name)
    if isinstance(transform, aj.Mix):
        made = transform.batch(KEY, trial(transform, images, labels), ids=ids, epoch=1)
        return made["image"], made["label"]
    return transform.batch(KEY, images, ids, epoch=1)


def with_slope(name, images, labels, ids, wrap=lambda function: function):
    """What comes of a batch, and the slope of its sum."""

    def total(images):
        result = augment(name, images, labels, ids)
        return sum(map(jnp.sum, jax.tree.leaves(result))), result

    return jax.grad(wrap(total), has_aux=True)(images)


@functools.cache
def alone(name):
    """`with_slope` of one small batch after the other."""
    jitted = quick_jit(partial(with_slope, name))
    results = [jitted(*(x[i] for x in PARTS)) for i in range(DEVICES)]
    return jax.tree.map(lambda *each: np.stack(each), *results)


def in_checkpoint(f, *parts):
    return in_scan(partial(f, wrap=jax.checkpoint), *parts)


def on_devices(*programs):
    return NamedSharding(cpu_mesh(DEVICES), SPLIT), programs


def on_one_device(*programs):
    return jax.devices("cpu")[0], programs


PROGRAMS = {
    "shard_map": on_devices(in_shard_map),
    "pmap": on_devices(in_pmap),
    "one device": on_one_device(in_vmap_of_vmap, in_scan, in_checkpoint),
}
"""Where a program has its arguments, and what is tried in it."""
SOON = [
    *((name, "shard_map") for name in ("RandomRotation", "RandomCrop", "MixUp")),
    ("RandomRotation", "one device"),
    ("RandomBrightness", "pmap"),
]


@needs_devices
@pytest.mark.parametrize(
    ("name", "program"),
    [
        (name, program)
        if (name, program) in SOON
        else pytest.param(name, program, marks=pytest.mark.long)
        for name in [*CATALOG, *MIXES]
        for program in PROGRAMS
    ],
)
def test_results_and_slopes_are_the_same(name, program):
    """With the images donated, and where nothing may be moved to, from or between devices."""
    place, inside = PROGRAMS[program]
    f = partial(with_slope, name)
    tried = quick_jit(lambda *parts: [each(f, *parts) for each in inside], donate_argnums=0)
    parts = jax.device_put(PARTS, place)
    with jax.transfer_guard("disallow"):
        results = tried(*parts)
    assert parts[0].is_deleted()
    for result in results:
        jax.tree.map(partial(np.testing.assert_allclose, atol=2e-5), result, alone(name))


@needs_devices
@pytest.mark.parametrize("name", long_but(ONE_OF_EACH_KIND, [*CATALOG, *MIXES]))
def test_devices_may_share_images_or_ids(name):
    for specs in ((SHARED, SHARED, SPLIT), (SPLIT, SPLIT, SHARED)):
        batch = [
            x[0] if spec == SHARED else x.reshape(-1, *x.shape[2:])
            for x, spec in zip(PARTS, specs, strict=True)
        ]
        traced = jax.eval_shape(mapped(partial(augment, name), specs), *batch)
        assert all(part.shape[0] == DEVICES * EACH for part in jax.tree.leaves(traced))


@needs_devices
@pytest.mark.parametrize("name", long_but(["RandomMotionBlur", "MixUp"], [*CATALOG, *MIXES]))
def test_shard_map_may_be_over_some_axes_of_the_mesh(name):
    mapped = jax.shard_map(
        partial(with_slope, name),
        mesh=jax.make_mesh((4, 2), ("data", "model"), (AxisType.Auto,) * 2),
        in_specs=SPLIT,
        out_specs=SPLIT,
        axis_names={"data"},
    )
    batch = [x.reshape(-1, *x.shape[2:]) for x in PARTS]
    traced = jax.eval_shape(jax.jit(mapped), *batch)
    assert all(part.shape[0] == DEVICES * EACH for part in jax.tree.leaves(traced))


@needs_devices
@pytest.mark.parametrize("name", long_but(["MixUp"], [*CATALOG, *MIXES]))
def test_a_mesh_may_have_explicit_axes(name):
    mesh = jax.make_mesh((DEVICES,), ("data",), devices=jax.devices("cpu")[:DEVICES])
    assert mesh.explicit_axes == ("data",)
    batch = [x.reshape(-1, *x.shape[2:]) for x in PARTS]
    batch = jax.device_put(batch, NamedSharding(mesh, SPLIT))
    f = partial(with_slope, name)
    alike = quick_jit(f)(*map(np.asarray, batch))
    results = [quick_jit(f)(*batch)]
    with jax.set_mesh(mesh):
        results.append(quick_jit(f)(*batch))
        jax.eval_shape(lambda images, labels: augment(name, images, labels, None), *batch[:2])
    for result in results:
        assert all(leaf.sharding.spec[0] == "data" for leaf in jax.tree.leaves(result))
        jax.tree.map(partial(np.testing.assert_allclose, atol=2e-5), result, alike)


@pytest.mark.parametrize("name", long_but(["RandomRotation"], [*CATALOG, *MIXES]), scope="module")
def test_a_program_is_exported_for_any_number_of_images(name):
    (n,) = export.symbolic_shape("n")
    any_number = [jax.ShapeDtypeStruct((n, *x.shape[2:]), x.dtype) for x in PARTS]
    exported = export.export(jax.jit(partial(augment, name)))(*any_number)
    batch = [x.reshape(-1, *x.shape[2:])[:5] for x in PARTS]
    found, expected = quick_jit(lambda *b: (exported.call(*b), augment(name, *b)))(*batch)
    jax.tree.map(partial(np.testing.assert_allclose, atol=2e-5), found, expected)


@jax.jit
def late(array):
    """The same array, after two hundred products of large matrices."""
    ones = jnp.full((400, 400), 1 / 400, jnp.float32)
    ones = lax.fori_loop(0, 200, lambda _, product: product @ ones, ones)
    return array + jnp.round(ones[0, 0]).astype(array.dtype)


def test_nobody_waits_for_what_a_device_still_computes():
    """Values of its arrays are not looked at, and nothing is moved from or to it."""
    contrast = aj.Sequential([aj.RandomContrast(0.1)], boxes="rel_xyxy")
    boxes = np.tile(np.array([0, 0, 0.5, 0.5], np.float32), (EACH, 1, 1))
    classes = np.arange(EACH, dtype=np.int32)
    arrays: Any = jax.device_put((*(x[0] for x in PARTS), boxes, classes))

    def run(images, labels, ids, boxes, classes):
        contrast.batch(KEY, images)
        contrast.batch(KEY, {"image": images, "boxes": boxes}, ids)
        aj.MixUp(1.0).batch(KEY, images, labels)
        aj.MixUp(1.0, num_classes=EACH).batch(KEY, images, classes, ids)

    run(*arrays)
    jax.block_until_ready([late(array) for array in arrays])
    for i in range(len(arrays)):
        given = [late(array) if i == j else array for j, array in enumerate(arrays)]
        with jax.transfer_guard("disallow"):
            run(*given)
        assert not given[i].is_ready()


def test_apply_waits_for_nobody_either():
    brightness = aj.RandomBrightness(0.1)
    params = brightness.sample(KEY, SHAPE)
    image = jax.device_put(PARTS[0][0, 0])
    brightness.apply(params, late(image).block_until_ready())
    image = late(image)
    with jax.transfer_guard_device_to_host("disallow_explicit"):
        brightness.apply(params, image)
    assert not image.is_ready()
