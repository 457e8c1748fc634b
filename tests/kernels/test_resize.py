import jax
import jax.numpy as jnp
import numpy as np
import pytest

from augjax.data.quiet_tensorflow import import_tensorflow
from augjax.kernels.resize import resize_axis
from tests.helpers import noise


def test_doubling_worked_by_hand():
    image = jnp.float32([0, 4]).reshape(1, 2, 1)
    wide = resize_axis(image, 1, 5, resized=jnp.int32(4))
    # Centres at 0.25, 0.75, 1.25, 1.75 less a half; the outer ones are clamped; zero beyond.
    np.testing.assert_array_equal(wide[0, :, 0], [0, 1, 3, 4, 0])


def test_halving_with_antialiasing_worked_by_hand():
    image = jnp.float32([0, 8, 8, 8]).reshape(4, 1, 1)
    # A triangle two pixels wide either way about 1 weighs 0.5, 1.5 and 2.5 with 3/4, 3/4 and 1/4.
    np.testing.assert_allclose(
        resize_axis(image, 0, 2, antialias=True)[:, 0, 0], [32 / 7, 8], atol=1e-6
    )


def test_a_part_is_resized_as_if_it_had_been_cut_out():
    image = jnp.asarray(noise(9, 12, 3))
    for antialias in (False, True):
        part = resize_axis(image, 1, 3, start=2, extent=7, antialias=antialias)
        np.testing.assert_allclose(
            part, resize_axis(image[:, 2:9], 1, 3, antialias=antialias), atol=1e-6
        )


def test_nearest_takes_any_dtype():
    labels = jnp.arange(4, dtype=jnp.int32).reshape(1, 4, 1)
    assert resize_axis(labels, 1, 2, interpolation="nearest").tolist() == [[[1], [3]]]


@pytest.mark.parametrize(
    ("interpolation", "antialias"), [("nearest", False), ("bilinear", False), ("bilinear", True)]
)
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("shape", [(5, 17, 3), (17, 1, 1), (1, 8, 4)])
def test_equals_tensorflow_at_every_size_with_one_compilation(
    interpolation, antialias, axis, shape
):
    tf = import_tensorflow()
    image, canvas = jnp.asarray(noise(*shape)), 2 * shape[axis] + 3
    traces = 0

    @jax.jit
    def resize(image, size):
        nonlocal traces
        traces += 1
        return resize_axis(
            image, axis, canvas, resized=size, interpolation=interpolation, antialias=antialias
        )

    for size in range(1, canvas + 1):
        resized = np.moveaxis(resize(image, jnp.int32(size)), axis, 0)
        target = [*shape[:2]]
        target[axis] = size
        expected = tf.image.resize(image, target, interpolation, antialias=antialias).numpy()
        np.testing.assert_allclose(resized[:size], np.moveaxis(expected, axis, 0), atol=4e-5)
        assert not resized[size:].any()
    assert traces == 1
