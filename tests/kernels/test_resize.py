import jax
import jax.numpy as jnp
import numpy as np
import pytest

from augjax.kernels.resize import resize_axis
from tests.helpers import noise
from tests.oracles import tf

resize = jax.jit(resize_axis, static_argnums=(1, 2), static_argnames=("interpolation", "antialias"))


def test_doubling_worked_by_hand():
    image = np.array([0, 4], np.float32).reshape(1, 2, 1)
    wide = np.asarray(resize(image, 1, 5, resized=np.int32(4)))
    # Centres at 0.25, 0.75, 1.25, 1.75 less a half; the outer ones are clamped; zero beyond.
    np.testing.assert_array_equal(wide[0, :, 0], [0, 1, 3, 4, 0])


def test_halving_with_antialiasing_worked_by_hand():
    image = np.array([0, 8, 8, 8], np.float32).reshape(4, 1, 1)
    # A triangle two pixels wide either way about 1 weighs 0.5, 1.5 and 2.5 with 3/4, 3/4 and 1/4.
    half = np.asarray(resize(image, 0, 2, antialias=True))
    np.testing.assert_allclose(half[:, 0, 0], [32 / 7, 8], atol=1e-6)


def test_a_part_is_resized_as_if_it_had_been_cut_out():
    image = noise(9, 12, 3)
    for antialias in (False, True):
        part = resize(image, 1, 3, start=2, extent=7, antialias=antialias)
        np.testing.assert_allclose(
            part, resize(image[:, 2:9], 1, 3, antialias=antialias), atol=1e-6
        )


def test_nearest_takes_any_dtype():
    labels = np.arange(4, dtype=np.int32).reshape(1, 4, 1)
    assert resize(labels, 1, 2, interpolation="nearest").tolist() == [[[1], [3]]]


SHAPES = pytest.mark.parametrize("shape", [(5, 17, 3), (17, 1, 1), (1, 8, 4)])


def by_tensorflow(image, axis, size, interpolation, antialias):
    target = [*image.shape[:2]]
    target[axis] = size
    return tf.image.resize(image, target, interpolation, antialias=antialias).numpy()


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("axis", [0, 1])
@SHAPES
def test_equals_tensorflow_at_every_size_with_one_compilation(interpolation, axis, shape):
    image, canvas = noise(*shape), 2 * shape[axis] + 3
    traces = 0

    @jax.jit
    def resize(image, size):
        nonlocal traces
        traces += 1
        return resize_axis(image, axis, canvas, resized=size, interpolation=interpolation)

    for size in range(1, canvas + 1):
        resized = np.moveaxis(np.asarray(resize(image, np.int32(size))), axis, 0)
        expected = by_tensorflow(image, axis, size, interpolation, False)
        np.testing.assert_allclose(resized[:size], np.moveaxis(expected, axis, 0), atol=4e-5)
        assert not resized[size:].any()
    assert traces == 1


@pytest.mark.parametrize("axis", [0, 1])
@SHAPES
def test_equals_tensorflow_with_antialiasing(axis, shape):
    image, length = noise(*shape), shape[axis]
    sizes = sorted({1, 2, length // 2 + 1, length, 2 * length + 3})

    @jax.jit
    def to_all_sizes(image):
        return [resize_axis(image, axis, size, antialias=True) for size in sizes]

    for size, resized in zip(sizes, to_all_sizes(image), strict=True):
        expected = by_tensorflow(image, axis, size, "bilinear", True)
        np.testing.assert_allclose(resized, expected, atol=4e-5)


@pytest.mark.parametrize(
    "size", [24, *(pytest.param(size, marks=pytest.mark.long) for size in (25, 30))]
)
def test_is_the_same_when_compiled_with_constants(size):
    """Of 40 pixels: many a tap falls exactly on the edge of its triangle."""
    image = jnp.asarray(noise(40, 40, 2))

    def resize(image):
        rows = resize_axis(image, 0, size, antialias=True)
        return resize_axis(rows, 1, size, antialias=True)

    np.testing.assert_allclose(jax.jit(resize)(image), resize(image), atol=1e-6)


def test_antialiasing_needs_to_know_how_far_it_reaches():
    with pytest.raises(ValueError, match="so most_shrink is needed"):
        resize_axis(jnp.ones((4, 4, 1)), 0, 2, resized=1, antialias=True)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("canvas", [1, 3])
def test_few_pixels_of_many_are_a_short_program(canvas, axis):
    image = np.moveaxis(noise(3, 700, 2), 0, 1 - axis)

    def shrunk(image, extent):
        return resize_axis(image, axis, canvas, extent=extent, antialias=True)

    program = str(jax.make_jaxpr(shrunk)(image, 700.0))
    assert program.count("\n") < 150
    resized, slope = jax.jit(lambda *a: (shrunk(*a), jax.grad(lambda *a: shrunk(*a).sum())(*a)))(
        image, 700.0
    )
    np.testing.assert_allclose(
        resized, by_tensorflow(image, axis, canvas, "bilinear", True), atol=4e-5
    )
    # Each new pixel is a mean.
    np.testing.assert_allclose(slope.sum(axis), np.full(slope.sum(axis).shape, canvas), rtol=1e-4)
