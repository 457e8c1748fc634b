"""What holds for every public transform, whoever adds it."""

import dataclasses
import inspect
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.catalog import catalog, examples
from augjax.transforms.composition.container import Container
from augjax.transforms.core.transform import Switched
from experiments import certificate
from tests.helpers import noise

KEY = aj.key(0)
CATALOG = catalog()
SHAPES = [(1, 1, 3), (1, 7, 1), (7, 1, 4), (6, 9, 3)]

every = pytest.mark.parametrize("name", CATALOG)


def example(name: str) -> aj.Transform:
    return examples()[name]


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
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_size_and_any_channels(name, shape):
    transform = example(name)
    if needs_larger(transform, shape):
        with pytest.raises(ValueError, match=name):
            transform.batch(KEY, noise(3, *shape))
        return
    batch = transform.batch(KEY, noise(3, *shape))
    assert batch.dtype == jnp.float32
    assert batch.shape[1:] == transform.out_shape(shape)
    assert np.isfinite(np.asarray(batch)).all()
    if transform.keeps_range:
        assert float(batch.min()) >= -1e-6 and float(batch.max()) <= 1 + 1e-6


def needs_larger(transform: aj.Transform, shape) -> bool:
    """Whether a crop would not fit into so small an image."""
    crop = [getattr(transform, side, 0) for side in ("height", "width")]
    return (
        "Crop" in type(transform).__name__
        and "Resized" not in type(transform).__name__
        and (crop[0] > shape[0] or crop[1] > shape[1])
    )


LARGE = (24, 40, 3)


def draws(transform: aj.Transform, strength: float = 1.0, n: int = 200):
    keys = jax.vmap(lambda i: aj.image_key(KEY, 0, i))(jnp.arange(n, dtype=jnp.uint32))
    return jax.vmap(lambda key: transform.sample(key, LARGE, strength=strength))(keys)


@every
def test_uint8_is_read_as_0_to_255(name):
    transform = example(name)
    pixels = np.random.default_rng(0).integers(0, 256, (3, *LARGE), np.uint8)
    batch = transform.batch(KEY, pixels)
    assert batch.dtype == jnp.float32
    as_floats = transform.batch(KEY, pixels.astype(np.float32) / np.float32(255))
    np.testing.assert_allclose(batch, as_floats, atol=1e-5)


@every
def test_bfloat16_stays_and_is_computed_in_float32(name):
    transform = example(name)
    images = jnp.asarray(noise(3, *LARGE), jnp.bfloat16)
    batch = transform.batch(KEY, images)
    assert batch.dtype == jnp.bfloat16
    exact = np.asarray(transform.batch(KEY, images.astype(jnp.float32)))
    np.testing.assert_allclose(batch.astype(jnp.float32), exact, rtol=1 / 128, atol=1 / 256)


@every
def test_strength_0_is_the_identity_where_strength_scales_anything(name):
    transform = example(name)
    full, none = (draws(transform, strength) for strength in (1.0, 0.0))
    same = jax.tree.map(lambda a, b: bool(jnp.array_equal(a, b)), full, none)
    if jax.tree.all(same):
        text = " ".join((inspect.getdoc(transform) or "").split())
        changes_nothing = "`strength` changes nothing" in text
        assert changes_nothing or not jax.tree.leaves(full)
        return
    images = noise(3, *LARGE)
    np.testing.assert_allclose(transform.batch(KEY, images, strength=0.0), images, atol=2e-6)


@every
def test_one_key_paints_one_picture_and_equal_images_differ(name):
    transform = example(name)
    same = np.repeat(noise(1, *LARGE), 12, axis=0)
    batch = np.asarray(transform.batch(KEY, same))
    np.testing.assert_array_equal(batch, transform.batch(KEY, same))
    drawn = jax.tree.leaves(transform.sample(KEY, LARGE))
    assert (batch != batch[:1]).any() == bool(drawn)


@pytest.mark.parametrize(
    "name", [name for name, c in CATALOG.items() if issubclass(c, Switched | aj.RandomApply)]
)
def test_p_0_never_and_p_1_always(name):
    images = noise(3, *LARGE)
    never = dataclasses.replace(example(name), p=0.0)
    np.testing.assert_array_equal(never.batch(KEY, images), images)
    always = dataclasses.replace(example(name), p=1.0)
    drawn = draws(always)
    on = drawn[always.own_label]["on"] if isinstance(always, Container) else drawn["on"]
    assert on.all()


@every
def test_draws_have_the_same_bits_with_and_without_jit(name):
    transform, strength = example(name), 0.37
    batched = draws(transform, strength, n=8)
    for i in (0, 5):
        key = aj.image_key(KEY, 0, jnp.uint32(i))
        jitted = jax.jit(lambda key, s: transform.sample(key, LARGE, strength=s))
        with jax.disable_jit():
            eager = transform.sample(key, LARGE, strength=strength)
        for other in (jitted(key, strength), eager):
            jax.tree.map(lambda a, b, i=i: np.testing.assert_array_equal(a[i], b), batched, other)


@every
def test_is_certified(name):
    found = certificate.certify(
        example(name), batches=(7,), devices=(8,), elsewhere=jax.devices()[1:2]
    )
    assert found.ok, found


@every
def test_a_plan_tells_what_is_done(name):
    plan = example(name).plan(LARGE)
    assert plan.groups[-1].shape == example(name).out_shape(LARGE)
    assert str(plan).count("\n") >= 3
