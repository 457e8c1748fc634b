"""What holds for every public transform, whoever adds it."""

import dataclasses
import functools
import inspect
import json
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.core.operation import Pointwise
from augjax.transforms.core.spatial import Spatial
from augjax.transforms.core.transform import Switched
from tests.helpers import noise, quick_jit
from tests.transforms.examples import (
    CATALOG,
    COUNT,
    IDS,
    IMAGES,
    KEY,
    LARGE,
    ONE_OF_EACH_KIND,
    assert_same_bits,
    example,
    long_but,
    row,
    run,
)

SHAPES = [(1, 1, 3), (1, 7, 1), (7, 1, 4), (6, 9, 3)]
POINTWISE = [name for name, c in CATALOG.items() if issubclass(c, Pointwise)]
SWITCHED = [name for name, c in CATALOG.items() if issubclass(c, Switched | aj.RandomApply)]

# All tests of one transform come after each other, as long as its programs are at hand.
every = pytest.mark.parametrize("name", CATALOG, scope="module")
each_kind = pytest.mark.parametrize("name", long_but(ONE_OF_EACH_KIND, CATALOG), scope="module")


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


@each_kind
def test_an_image_of_0_to_255_that_is_recoloured_becomes_nan_and_its_neighbours_stay(name):
    images = IMAGES.copy()
    images[3] *= 255
    others = np.arange(COUNT) != 3
    pixels, fine = run(name, images)[1], run(name)[1]
    np.testing.assert_array_equal(pixels[others], fine[others])
    recolours = any(not isinstance(s.operation, Spatial) for s in example(name).steps(None))
    assert np.isnan(pixels[3]).all() == recolours
    assert recolours or (np.isfinite(pixels[3]).all() and pixels[3].max() > 100)


@pytest.mark.parametrize("name", long_but(["RandomPerspective", "RandomApply"], SWITCHED))
def test_an_image_that_is_left_alone_keeps_what_is_not_finite_where_it_is(name):
    image = noise(*LARGE)
    image[5, 5], image[9, 20] = np.nan, np.inf
    inner = [aj.RandomRotation(0.1), aj.RandomZoom(0.1), aj.RandomBrightness(0.1)]
    given = {"transforms": inner} if CATALOG[name] is aj.RandomApply else {}
    never = dataclasses.replace(example(name), p=0.0, **given)
    painted = quick_jit(lambda image: never.apply(never.sample(KEY, LARGE), image))(image)
    np.testing.assert_array_equal(painted, image)


LISTS_AND_COUNTS = {
    "RandomBrightness",
    "ColorJitter",
    "RandomChannelDrop",
    "RandomElastic",
    "RandomHeight",
    "RandomSomeOf",
}


@pytest.mark.parametrize("name", long_but(LISTS_AND_COUNTS, CATALOG), scope="module")
def test_draws_come_back_from_json(name):
    draws, pixels = run(name)
    text = json.dumps(jax.tree.map(lambda draw: draw.tolist(), row(draws, 3)))
    again = quick_jit(lambda image: example(name).apply(json.loads(text), image))(IMAGES[3])
    np.testing.assert_allclose(again, pixels[3], atol=2e-5)


@pytest.mark.parametrize("name", long_but(["RandomBrightness", "RandomApply"], CATALOG))
def test_draws_of_other_names_are_refused(name):
    draws = jax.tree.map(np.asarray, row(run(name)[0], 0))
    transform = example(name)
    for given in (
        {**draws, "angel": 1.0},
        dict(list(draws.items())[1:]) if draws else {"on": True},
    ):
        with pytest.raises(ValueError, match="params hold draws for"):
            transform.apply(given, IMAGES[0])
        with pytest.raises(ValueError, match="params hold draws for"):
            transform.valid(given, LARGE)
        with pytest.raises(ValueError, match="params hold draws for"):
            transform.invert(given, IMAGES[0], LARGE)


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
    other = eval(repr(example(name)), dict(vars(aj.transforms)))
    assert other == example(name) and hash(other) == hash(example(name))


@each_kind
def test_any_size_and_any_channels_stay_finite_and_in_range(name):
    transform = example(name)
    fitting = [noise(3, *shape) for shape in SHAPES if not needs_larger(transform, shape)]
    for shape in SHAPES:
        if needs_larger(transform, shape):
            with pytest.raises(ValueError, match=name):
                transform.batch(KEY, noise(3, *shape))

    @quick_jit
    def augmented(batches):
        return [transform.batch(KEY, images) for images in batches]

    for images, batch in zip(fitting, map(np.asarray, augmented(fitting)), strict=True):
        assert batch.dtype == np.float32
        assert batch.shape[1:] == transform.out_shape(images.shape[1:])
        assert np.isfinite(batch).all()
        if all(step.operation.keeps_range for step in transform.steps(None)):
            assert batch.min() >= -1e-6 and batch.max() <= 1 + 1e-6


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
    """What a transform makes of uint8 and of bfloat16, by one program."""
    transform = example(name)
    return quick_jit(lambda *batches: [transform.batch(KEY, batch, IDS) for batch in batches])


@each_kind
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


@each_kind
def test_strength_0_is_the_identity_where_strength_scales_anything(name):
    (full, _), (none, same) = run(name), run(name, strength=0.0)
    if jax.tree.all(jax.tree.map(np.array_equal, full, none)):
        text = " ".join((inspect.getdoc(CATALOG[name]) or "").split())
        changes_nothing = "`strength` changes nothing" in text
        assert changes_nothing or not jax.tree.leaves(full)
        return
    np.testing.assert_allclose(same, IMAGES, atol=2e-6)


@pytest.mark.parametrize("name", long_but(ONE_OF_EACH_KIND, POINTWISE), scope="module")
def test_a_pointwise_transform_sees_each_pixel_by_itself(name):
    """The same draws, and the same colours in other places."""
    order = np.random.default_rng(2).permutation(LARGE[0] * LARGE[1])

    def shuffled(images):
        return images.reshape(COUNT, -1, LARGE[2])[:, order].reshape(images.shape)

    np.testing.assert_allclose(run(name, shuffled(IMAGES))[1], shuffled(run(name)[1]), atol=2e-6)


@each_kind
def test_one_key_paints_one_picture_and_equal_images_differ(name):
    same = np.repeat(IMAGES[:1], COUNT, axis=0)
    draws, batch = run(name, same)
    np.testing.assert_array_equal(batch, run(name, same)[1])
    assert (batch != batch[:1]).any() == bool(jax.tree.leaves(draws))


@pytest.mark.parametrize("name", long_but(["RandomInvert"], SWITCHED), scope="module")
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
    # At strength 0 it may be applied, so that only p tells when it is not.
    long_but(["RandomApply"], SWITCHED),
    scope="module",
)
def test_p_0_leaves_each_pixel(name):
    never = dataclasses.replace(example(name), p=0.0)
    np.testing.assert_array_equal(never.batch(KEY, IMAGES), IMAGES)


@each_kind
def test_draws_have_the_same_bits_with_and_without_jit(name):
    transform, strength = example(name), 0.37
    batched, _ = run(name, strength=strength)
    for i in (0, 5):
        with jax.disable_jit():
            key = aj.image_key(KEY, 0, jnp.uint32(i))
            eager = transform.sample(key, LARGE, strength=strength)
        assert_same_bits(row(batched, i), jax.tree.map(np.asarray, eager))


@each_kind
def test_a_plan_tells_what_is_done(name):
    plan = example(name).plan(LARGE)
    assert plan.groups[-1].shape == example(name).out_shape(LARGE)
    assert str(plan).count("\n") >= 3
