import jax
import jax.numpy as jnp
import numpy as np
import pytest

from augjax.data.quiet_tensorflow import import_tensorflow
from augjax.kernels.resize import resize_width
from tests.helpers import noise


def test_doubling_worked_by_hand():
    image = jnp.float32([0, 4]).reshape(1, 2, 1)
    wide = resize_width(image, jnp.int32(4), 5)
    # Centres at 0.25, 0.75, 1.25, 1.75 less a half; the outer ones are clamped; zero beyond.
    np.testing.assert_array_equal(wide[0, :, 0], [0, 1, 3, 4, 0])


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("shape", [(5, 17, 3), (3, 1, 1), (1, 8, 4)])
def test_equals_tensorflow_at_every_width_with_one_compilation(interpolation, shape):
    tf = import_tensorflow()
    image, canvas = noise(*shape), 2 * shape[1] + 3
    traces = 0

    @jax.jit
    def resize(image, width):
        nonlocal traces
        traces += 1
        return resize_width(image, width, canvas, interpolation=interpolation)

    for width in range(1, canvas + 1):
        wide = resize(image, jnp.int32(width))
        expected = tf.image.resize(image, (shape[0], width), interpolation, antialias=False)
        np.testing.assert_allclose(wide[:, :width], expected.numpy(), atol=4e-5)
        assert not wide[:, width:].any()
    assert traces == 1
