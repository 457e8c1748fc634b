"""A floating image that is clearly out of its range: refused as NumPy array, NaN inside `jit`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augjax as aj
from augjax.transforms.core.values import out_of_range
from tests.helpers import noise, quick_jit

brighten, flip = aj.RandomBrightness((0.0, 0.0)), aj.RandomFlip("horizontal")
UNIT = aj.Sequential([flip, brighten])
SIGNED = aj.Sequential([flip, brighten], value_range=(-1, 1))
BYTES = aj.Sequential([flip, brighten], value_range=(0, 255))
KEY = aj.key(0)

batch = quick_jit(lambda images: [t.batch(KEY, images) for t in (UNIT, SIGNED, BYTES)])


@pytest.mark.parametrize(
    ("value", "becomes_nan"),
    [
        (-0.5, (False, False, False)),
        (-0.51, (True, False, False)),
        (1.5, (False, False, False)),
        (1.51, (True, False, False)),
        (2.1, (True, True, False)),
        (255, (True, True, False)),
        (383, (True, True, True)),
        (np.inf, (True, True, True)),
        (np.nan, (False, False, False)),
    ],
)
def test_half_a_range_beyond_it_is_tolerated(value, becomes_nan):
    images = noise(2, 4, 4, 3)
    images[1, 2, 3, 0] = value
    for pixels, expected in zip(batch(images), becomes_nan, strict=True):
        assert np.isfinite(pixels[0]).all()
        assert np.isnan(pixels[1]).all() == expected


@settings(deadline=None)
@given(
    st.lists(st.floats(-400, 400, width=32), min_size=1, max_size=4),
    st.sampled_from([UNIT, SIGNED, BYTES]),
)
def test_jit_spoils_what_numpy_is_refused_for(values, pipeline):
    image = np.resize(np.float32(values), (2, 2, 1))
    inside = bool(jax.jit(out_of_range, static_argnums=0)(pipeline, image))
    try:
        pipeline(KEY, image)
    except ValueError as error:
        assert "value_range" in str(error) and inside
    else:
        assert not inside


def test_what_only_moves_takes_any_range_and_targets_stay():
    example = {
        "image": 255 * noise(2, 4, 4, 3),
        "mask": np.full((2, 4, 4), 255.0, np.float32),
        "keypoints": np.full((2, 1, 2), 2.0, np.float32),
    }
    moved = jax.jit(lambda e: flip.batch(KEY, e))(example)
    assert np.isfinite(moved["image"]).all()
    spoiled = jax.jit(lambda e: UNIT.batch(KEY, e))(example)
    assert np.isnan(spoiled["image"]).all()
    np.testing.assert_array_equal(spoiled["mask"], example["mask"])
    assert np.isfinite(spoiled["keypoints"]).all()


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16, jnp.float32])
def test_every_floating_dtype_is_watched(dtype):
    images = jnp.asarray(255 * noise(1, 2, 2, 3), dtype)
    spoiled = jax.jit(lambda i: UNIT.batch(KEY, i))(images)
    assert spoiled.dtype == dtype and jnp.isnan(spoiled).all()


def test_uint8_images_pay_nothing():
    def reductions(dtype):
        images = jax.ShapeDtypeStruct((2, 4, 4, 3), dtype)
        text = str(jax.make_jaxpr(lambda i: UNIT.batch(KEY, i))(images))
        return text.count("reduce_min") + text.count("reduce_max")

    assert reductions(jnp.uint8) == 0 < reductions(jnp.float32)


def test_gradients_pass_through_an_image_in_range():
    slope = jax.grad(lambda i: UNIT(KEY, i).sum())(jnp.full((2, 2, 1), 0.5))
    np.testing.assert_array_equal(slope, 1.0)


@pytest.mark.parametrize("value_range", [(-1, 1), (10, 20), (0, 255)])
@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_invert_blends_with_zero_in_any_range(value_range, dtype):
    shift = aj.RandomTranslation((0.5, 0.5), (0.0, 0.0), fill_mode="constant")
    params = {"RandomTranslation": {"dx": 0.0, "dy": 3.0}}
    image = np.full((6, 6, 3), 255 if dtype == np.uint8 else value_range[1], dtype)
    pipeline = aj.Sequential([shift], value_range=value_range)
    back = np.asarray(pipeline.invert(params, image, image.shape))
    np.testing.assert_allclose(back[:3], value_range[1], rtol=1e-6)
    assert not back[3:].any()
