import jax
import jax.numpy as jnp
import numpy as np
import pytest

from augjax.kernels.lookup import equalizing_table, histogram, look_up, quantize
from tests.helpers import noise
from tests.oracles import Image, ImageOps


def test_quantize_takes_the_nearest_level_and_any_float():
    image = jnp.float32([0, 0.4 / 255, 0.6 / 255, 1, 1.5, -2, np.nan, np.inf]).reshape(1, 8, 1)
    assert quantize(image)[0, :, 0].tolist()[:6] == [0, 0, 1, 255, 255, 0]
    assert int(quantize(image).min()) >= 0 and int(quantize(image).max()) <= 255


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_histogram_is_numpys_and_a_table_is_indexed_by_channel(channels):
    levels = np.random.default_rng(0).integers(0, 256, (5, 9, 31, channels))
    counts = jax.jit(jax.vmap(histogram))(jnp.asarray(levels))
    table = noise(256, channels)
    painted = jax.jit(jax.vmap(look_up, (None, 0)))(jnp.asarray(table), jnp.asarray(levels))
    for i, channel in np.ndindex(5, channels):
        here = levels[i, ..., channel]
        np.testing.assert_array_equal(
            counts[i, :, channel], np.bincount(here.ravel(), minlength=256)
        )
        np.testing.assert_array_equal(painted[i, ..., channel], table[:, channel][here])


def pictures():
    rng = np.random.default_rng(1)
    return {
        "noise": rng.integers(0, 256, (40, 31)),
        "dark": rng.normal(40, 9, (64, 64)).clip(0, 255),
        "three levels": rng.integers(100, 103, (30, 30)),
        "past white": np.repeat([0, 9], [509, 1]).reshape(30, 17),  # Pillow's table passes 255.
        "too few": rng.integers(0, 256, (9, 9)),
        "one level": np.full((20, 20), 7),
    }


@pytest.mark.parametrize("kind", pictures())
def test_equalizing_is_pillows(kind):
    picture = pictures()[kind].astype(np.uint8)
    levels = quantize(jnp.float32(picture / 255)[..., None])
    ours = look_up(equalizing_table(histogram(levels)), levels)[..., 0]
    theirs = np.asarray(ImageOps.equalize(Image.fromarray(picture)))
    np.testing.assert_array_equal(ours, jnp.float32(theirs) / 255)
    assert (kind in ("too few", "one level")) == (theirs == picture).all()
