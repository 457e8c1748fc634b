"""What holds for every public transform, whoever adds it."""

import dataclasses
import functools
import inspect
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.core.transform import Switched
from tests.helpers import noise
from tests.transforms.examples import (
    CATALOG,
    COUNT,
    IDS,
    IMAGES,
    KEY,
    LARGE,
    assert_same_bits,
    example,
    row,
    run,
    run_one,
)

SHAPES = [(1, 1, 3), (1, 7, 1), (7, 1, 4), (6, 9, 3)]
PIXEL_TOLERANCE = 2e-5
SWITCHED = [name for name, c in CATALOG.items() if issubclass(c, Switched | aj.RandomApply)]

# All tests of one transform come after each other, as long as its programs are at hand.
every = pytest.mark.parametrize("name", CATALOG, scope="module")
every_switched = pytest.mark.parametrize("name", SWITCHED, scope="module")


@every
def test_is_documented(name):
    transform = CATALOG[name]
    text = inspect.getdoc(transform) or ""
    first = text.split("\n\n")[0]
    assert first.endswith(".") and "\n" not in first, "what it does, in one line"
    assert re.search(r"^Draws|^Draws for itself|^Nothing is drawn", text, re.MULTILINE)
    assert re.search(r"^References?:", text, re.MULTILINE) or name == "Sequential"
    own = [f.name for f in dataclasses.fields(transform) if f.name != "name"]
    for argument in own:
        assert re.search(rf"\b{argument}\b", text) or argument in _inherited(transform), argument


def _inherited(transform: type) -> list[str]:
    """Arguments that a base class documents."""
    bases = transform.__mro__[1:]
    documented = [
        f.name for b in bases if dataclasses.is_dataclass(b) for f in dataclasses.fields(b)
    ]
    return [n for n in documented if any(n in (inspect.getdoc(b) or "") for b in bases)]


@every
def test_its_signature_is_that_of_the_house(name):
    parameters = inspect.signature(CATALOG[name]).parameters
    assert parameters["name"].kind is inspect.Parameter.KEYWORD_ONLY
    assert parameters["name"].default is None
    for switch in ("fill_mode", "fill_value", "interpolation"):
        if switch in parameters:
            assert parameters[switch].default is not inspect.Parameter.empty
    assert vars(CATALOG[name])["__dataclass_params__"].frozen


@every
def test_an_example_is_equal_to_its_copy_and_hashes_alike(name):
    copy = eval(repr(example(name)), dict(vars(aj.transforms)))
    assert copy == example(name) and hash(copy) == hash(example(name))


@every
def test_any_size_and_any_channels(name):
    transform = example(name)
    traced = functools.partial(jax.eval_shape, functools.partial(transform.batch, KEY))
    for shape in SHAPES:
        images = jax.ShapeDtypeStruct((3, *shape), jnp.float32)
        if needs_larger(transform, shape):
            with pytest.raises(ValueError, match=name):
                traced(images)
            continue
        batch = traced(images)
        assert batch.dtype == jnp.float32
        assert batch.shape == (3, *transform.out_shape(shape))


@every
@pytest.mark.parametrize(
    "shape",
    # In a single pixel, arithmetic breaks first.
    [SHAPES[0], *(pytest.param(shape, marks=pytest.mark.long) for shape in SHAPES[1:])],
    ids=str,
)
def test_small_images_become_finite_ones_in_range(name, shape):
    transform = example(name)
    if needs_larger(transform, shape):
        with pytest.raises(ValueError, match=name):
            transform.batch(KEY, noise(3, *shape))
        return
    batch = transform.batch(KEY, noise(3, *shape))
    assert batch.dtype == jnp.float32
    assert batch.shape[1:] == transform.out_shape(shape)
    assert np.isfinite(np.asarray(batch)).all()
    if all(step.operation.keeps_range for step in transform.steps(None)):
        assert float(batch.min()) >= -1e-6 and float(batch.max()) <= 1 + 1e-6


def needs_larger(transform: aj.Transform, shape) -> bool:
    """Whether a crop would not fit into so small an image."""
    crop = [getattr(transform, side, 0) for side in ("height", "width")]
    return (
        "Crop" in type(transform).__name__
        and "Resized" not in type(transform).__name__
        and (crop[0] > shape[0] or crop[1] > shape[1])
    )


@functools.cache
def in_other_types(name):
    """What a transform makes of uint8 and of bfloat16, in one program that is compiled quickly."""
    transform = example(name)
    return jax.jit(
        lambda *batches: [transform.batch(KEY, batch, IDS) for batch in batches],
        compiler_options={"xla_backend_optimization_level": 0},
    )


@every
def test_uint8_is_0_to_255_and_bfloat16_stays_and_is_computed_in_float32(name):
    pixels = np.random.default_rng(0).integers(0, 256, (COUNT, *LARGE), np.uint8)
    short = jnp.asarray(IMAGES, jnp.bfloat16)
    of_pixels, of_short = in_other_types(name)(pixels, short)
    assert of_pixels.dtype == jnp.float32
    _, as_floats = run(name, pixels.astype(np.float32) / np.float32(255))
    np.testing.assert_allclose(of_pixels, as_floats, atol=1e-5)
    assert of_short.dtype == jnp.bfloat16
    _, exact = run(name, np.asarray(short.astype(jnp.float32)))
    np.testing.assert_allclose(of_short.astype(jnp.float32), exact, rtol=1 / 128, atol=1 / 256)


@every
def test_strength_0_is_the_identity_where_strength_scales_anything(name):
    (full, _), (none, same) = run(name), run(name, strength=0.0)
    if jax.tree.all(jax.tree.map(np.array_equal, full, none)):
        text = " ".join((inspect.getdoc(CATALOG[name]) or "").split())
        changes_nothing = "`strength` changes nothing" in text
        assert changes_nothing or not jax.tree.leaves(full)
        return
    np.testing.assert_allclose(same, IMAGES, atol=2e-6)


@every
def test_one_key_paints_one_picture_and_equal_images_differ(name):
    same = np.repeat(IMAGES[:1], COUNT, axis=0)
    draws, batch = run(name, same)
    np.testing.assert_array_equal(batch, run(name, same)[1])
    assert (batch != batch[:1]).any() == bool(jax.tree.leaves(draws))


@every
def test_neither_order_nor_neighbours_matter(name):
    draws, pixels = run(name)
    order = np.random.default_rng(1).permutation(COUNT)
    reordered, batch = run(name, IMAGES[order], IDS[order])
    assert_same_bits(row(draws, order), reordered)
    np.testing.assert_allclose(batch, pixels[order], atol=PIXEL_TOLERANCE)
    others = np.concatenate([IMAGES[:3], 1 - IMAGES[3:]])
    among_others, batch = run(name, others, np.concatenate([IDS[:3], IDS[3:] + 100]))
    assert_same_bits(row(draws, slice(3)), row(among_others, slice(3)))
    np.testing.assert_allclose(batch[:3], pixels[:3], atol=PIXEL_TOLERANCE)


@every
def test_a_batch_is_one_image_after_another(name):
    draws, pixels = run(name)
    for i in (0, 5):
        alone, picture = run_one(name, IMAGES[i], i)
        assert_same_bits(row(draws, i), alone)
        np.testing.assert_allclose(picture, pixels[i], atol=PIXEL_TOLERANCE)


@every_switched
def test_p_0_never_and_p_1_always(name):
    for p in (0.0, 1.0):
        transform = dataclasses.replace(example(name), p=p)
        keys = jax.vmap(lambda i: aj.image_key(KEY, 0, i))(jnp.arange(200, dtype=jnp.uint32))
        drawn = jax.jit(jax.vmap(lambda key, t=transform: t.sample(key, LARGE)))(keys)
        own = drawn[transform.own_label] if isinstance(transform, aj.Container) else drawn
        assert (own["on"] == bool(p)).all()
    if issubclass(CATALOG[name], Switched):
        # That is so at strength 0, too, and then each pixel stays.
        drawn, pixels = run(name, strength=0.0)
        assert not drawn["on"].any()
        np.testing.assert_array_equal(pixels, IMAGES)


@pytest.mark.parametrize(
    "name",
    [
        # At strength 0 it may be applied, so that only p tells when it is not.
        name if name == "RandomApply" else pytest.param(name, marks=pytest.mark.long)
        for name in SWITCHED
    ],
    scope="module",
)
def test_p_0_leaves_each_pixel(name):
    never = dataclasses.replace(example(name), p=0.0)
    np.testing.assert_array_equal(never.batch(KEY, IMAGES), IMAGES)


@every
def test_draws_have_the_same_bits_with_and_without_jit(name):
    transform, strength = example(name), 0.37
    batched, _ = run(name, strength=strength)
    for i in (0, 5):
        with jax.disable_jit():
            key = aj.image_key(KEY, 0, jnp.uint32(i))
            eager = transform.sample(key, LARGE, strength=strength)
        jitted, _ = run_one(name, IMAGES[i], i, strength)
        for other in (jitted, eager):
            assert_same_bits(row(batched, i), jax.tree.map(np.asarray, other))


@every
def test_a_plan_tells_what_is_done(name):
    plan = example(name).plan(LARGE)
    assert plan.groups[-1].shape == example(name).out_shape(LARGE)
    assert str(plan).count("\n") >= 3
