"""Draws are the same bits whatever JAX's settings, and whatever kind of key they come from."""

import contextlib
import textwrap

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax import draws
from augjax.transforms.mixing.trial import trial
from tests.helpers import noise, quick_jit, run_python
from tests.transforms.examples import CATALOG, MIXES, ONE_OF_EACH_KIND, example

IDS, SHAPE = np.arange(3, dtype=np.uint32), (24, 20, 3)
SETTINGS = {
    "as they are": contextlib.nullcontext,
    "x64": lambda: jax.enable_x64(True),
    "not partitionable": lambda: jax.threefry_partitionable(False),
    "rbg": lambda: jax.default_prng_impl("rbg"),
}
settings = pytest.mark.parametrize("name", list(SETTINGS)[1:4])
families = pytest.mark.parametrize(
    "family",
    [
        pytest.param([*ONE_OF_EACH_KIND], id="one of each kind"),
        pytest.param([*CATALOG, *MIXES], id="all", marks=pytest.mark.long),
    ],
)


def sample(name, key):
    transform = example(name)
    if isinstance(transform, aj.Mix):
        return transform.sample(key, IDS, SHAPE, epoch=1)
    return jax.vmap(lambda i: transform.sample(aj.image_key(key, 1, i), SHAPE))(jnp.asarray(IDS))


def painted(name, key, images):
    transform = example(name)
    if isinstance(transform, aj.Mix):
        batch = trial(transform, images, np.array([0, 1, 0], np.float32))
        made = transform.batch(key, batch, ids=IDS, epoch=1)
        return made["image"], made["label"]
    return transform.batch(key, images, IDS, epoch=1)


def sampled(family, setting, key=None):
    """The draws of some transforms, by a program of a user's that was made under a setting."""

    @quick_jit
    def program(key):
        return {name: sample(name, key) for name in family}

    with SETTINGS[setting]():
        return jax.tree.map(np.asarray, program(aj.key(3) if key is None else key))


def assert_same(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for (path, x), y in zip(jax.tree.leaves_with_path(a), jax.tree.leaves(b), strict=True):
        assert x.dtype == y.dtype and np.array_equal(x, y), jax.tree_util.keystr(path)


@families
def test_settings_do_not_move_draws(family):
    expected = sampled(family, "as they are")
    for name in list(SETTINGS)[1:4]:
        assert_same(sampled(family, name), expected)


@families
def test_nor_do_they_move_pixels(family):
    program = quick_jit(lambda key, images: {n: painted(n, key, images) for n in family})
    images = (noise(3, *SHAPE) * 255).astype(np.uint8)
    expected = program(aj.key(3), images)
    with SETTINGS["x64"]():
        found = program(aj.key(3), images)
    for (path, x), y in zip(
        jax.tree.leaves_with_path(found), jax.tree.leaves(expected), strict=True
    ):
        assert x.dtype == y.dtype == np.float32
        tipped = np.abs(np.asarray(x) - np.asarray(y)) > 2e-5
        assert tipped.mean() < 1e-3, jax.tree_util.keystr(path)


@settings
def test_nor_do_they_eagerly(name):
    expected = sample("RandomCrop", aj.key(3))
    with SETTINGS[name]():
        assert_same(jax.tree.map(np.asarray, sample("RandomCrop", aj.key(3))), expected)


@settings
@pytest.mark.parametrize("seed", [0, 7, -1, 2**31, 2**40 + 5, np.int64(9), np.uint32(9)])
def test_nor_do_they_move_keys(name, seed):
    expected = jax.random.key_data(aj.key(seed)).tolist()
    assert expected == [0, int(seed) % 2**32] == jax.random.key_data(jax.random.key(seed)).tolist()
    with SETTINGS[name]():
        assert jax.random.key_data(aj.key(seed)).tolist() == expected
        assert jax.random.key_impl(aj.key(seed)) == "threefry2x32"


@pytest.mark.parametrize("shape", [(), (0,), (1,), (5,), (3, 4), (2, 3, 5)])
def test_draws_are_those_of_jax(shape):
    key = aj.stream(aj.key(1), "anything")
    for ours, theirs in (
        (draws.bits(key, shape), jax.random.bits(key, shape)),
        (draws.unit(key, shape), jax.random.uniform(key, shape)),
        (draws.plus_minus_one(key, shape), jax.random.uniform(key, shape, minval=-1, maxval=1)),
        (draws.normal(key, shape), jax.random.normal(key, shape)),
    ):
        np.testing.assert_array_equal(ours, theirs)
    for count in (1, 2, 7, 2**20 + 1):
        theirs = jax.random.randint(key, (), 0, count)
        np.testing.assert_array_equal(draws.below(key, count), theirs)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("name", ["as they are", "x64", "not partitionable"])
def test_steady_keys_draw_what_jax_does(name, dtype):
    expected = jax.random.uniform(aj.key(4), (7,), dtype)
    with SETTINGS[name]():
        found = jax.random.uniform(draws.steady(aj.key(4)), (7,), dtype)
    np.testing.assert_array_equal(found, expected)


def test_steady_keys_draw_64_bits_as_jax_does():
    with jax.enable_x64(True):
        expected = jax.random.uniform(aj.key(4), (7,), "float64")
        np.testing.assert_array_equal(
            jax.random.uniform(draws.steady(aj.key(4)), (7,), "float64"), expected
        )


def test_a_threefry_key_is_derived_from_one_of_another_kind():
    """That of seed 0, with the words of the other's data folded in."""
    other = jax.random.key(5, impl="rbg")
    derived = aj.key(0)
    for word in jax.random.key_data(other):
        derived = jax.random.fold_in(derived, word)
    assert_same(
        sampled(["RandomRotation"], "as they are", other),
        sampled(["RandomRotation"], "as they are", derived),
    )
    legacy = jax.random.PRNGKey(5, impl="rbg")
    assert_same(
        sampled(["RandomRotation"], "rbg", legacy),
        sampled(["RandomRotation"], "as they are", derived),
    )
    threefry = jax.random.PRNGKey(5, impl="threefry2x32")
    assert_same(
        sampled(["RandomRotation"], "rbg", threefry),
        sampled(["RandomRotation"], "as they are", aj.key(5)),
    )
    unsafe = jax.random.key(5, impl="unsafe_rbg")
    images = np.zeros((6, *SHAPE), np.float32) + np.arange(20, dtype=np.float32)[:, None] / 20
    turn = aj.RandomRotation(0.2)
    for key in (other, legacy, unsafe):
        many = turn.batch(key, images)
        for i in (0, 5):
            np.testing.assert_allclose(
                turn.batch(key, images[:3], np.full(3, i, np.uint32))[0], many[i], atol=1e-6
            )


@settings
@pytest.mark.parametrize(
    "transform",
    [
        aj.RandomTranslation(0.2, 0.2),
        *(
            pytest.param(transform, marks=pytest.mark.long)
            for transform in (aj.RandomPerspective(0.3, p=1), aj.RandAugment())
        ),
    ],
)
def test_nor_do_they_move_pixels_of_draws_from_json(name, transform):
    expected = transform.sample(aj.key(3), SHAPE)
    image = noise(*SHAPE)
    painted = transform.apply(expected, image)
    with SETTINGS[name]():
        drawn = transform.sample(aj.key(3), SHAPE)
        again = transform.apply(jax.tree.map(lambda draw: np.asarray(draw).tolist(), drawn), image)
    assert_same(drawn, expected)
    np.testing.assert_allclose(again, painted, atol=2e-5)


def test_a_shape_may_be_of_numpys_numbers():
    """In an interpreter of its own, without the type checker of the tests."""
    program = """
        import jax, numpy as np, augjax as aj
        shape = (24, 20, 3)
        for t in (aj.RandomTranslation(0.2, 0.2), aj.RandomPerspective(0.3, p=1)):
            expected = t.sample(aj.key(3), shape)
            with jax.enable_x64(True):
                drawn = t.sample(aj.key(3), tuple(np.array(shape)))
            for name, draw in drawn.items():
                assert draw.dtype == expected[name].dtype and (draw == expected[name]).all()
    """
    assert run_python("-c", textwrap.dedent(program)).returncode == 0
