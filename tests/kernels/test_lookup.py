import jax
import jax.numpy as jnp
import numpy as np
import pytest

from augjax.kernels.lookup import equalizing_table, histogram, look_up, quantize
from tests.helpers import noise
from tests.oracles import Image, ImageOps


def test_quantize_takes_the_nearest_level_and_any_float():
    values = [0, 0.4 / 255, 0.6 / 255, 1, 1.5, -2, np.nan, np.inf]
    image = np.array(values, np.float32).reshape(1, 8, 1)
    levels = np.asarray(jax.jit(quantize)(image))
    assert levels[0, :, 0].tolist()[:6] == [0, 0, 1, 255, 255, 0]
    assert levels.min() >= 0 and levels.max() <= 255


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_histogram_is_numpys_and_a_table_is_indexed_by_channel(channels):
    levels = np.random.default_rng(0).integers(0, 256, (5, 9, 31, channels))
    table = noise(256, channels)

    @jax.jit
    def run(table, levels):
        return jax.vmap(histogram)(levels), jax.vmap(look_up, (None, 0))(table, levels)

    counts, painted = map(np.asarray, run(table, levels))
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


def test_equalizing_is_pillows():
    given = {kind: picture.astype(np.uint8) for kind, picture in pictures().items()}

    @jax.jit
    def equalize(images):
        def one(image):
            levels = quantize(image)
            return look_up(equalizing_table(histogram(levels)), levels)

        return jax.tree.map(one, images)

    images = {
        kind: (picture / 255)[..., None].astype(np.float32) for kind, picture in given.items()
    }
    equalized, levels = equalize(images), np.asarray(jnp.arange(256, dtype=jnp.float32) / 255)
    for kind, picture in given.items():
        theirs = np.asarray(ImageOps.equalize(Image.fromarray(picture)))
        ours = np.asarray(equalized[kind])[..., 0]
        np.testing.assert_array_equal(ours, levels[theirs], err_msg=kind)
        assert (kind in ("too few", "one level")) == (theirs == picture).all()
