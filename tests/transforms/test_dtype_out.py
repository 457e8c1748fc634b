"""The dtype of images that come out, and how many channels transforms take."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from tests.helpers import noise, quick_jit
from tests.transforms.examples import CATALOG, IDS, KEY, example, long_but

EVERY_LEVEL = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
OF_COLORS = {
    "AugMix",
    "AutoAugment",
    "ColorJitter",
    "RandAugment",
    "RandomChannelDrop",
    "RandomChannelShuffle",
    "RandomGrayscale",
    "RandomHue",
    "RandomSaturation",
    "TrivialAugmentWide",
}


def out_as(dtype, transforms=(), **facts):
    pipeline = aj.Sequential(transforms, dtype_out=dtype, **facts)
    return lambda image: np.asarray(pipeline(KEY, image))


def test_levels_that_nothing_changed_come_back():
    painted = out_as("uint8")(EVERY_LEVEL)
    assert painted.dtype == np.uint8
    np.testing.assert_array_equal(painted, EVERY_LEVEL)
    np.testing.assert_array_equal(
        out_as("uint8", value_range=(-1, 1))(EVERY_LEVEL / np.float32(127.5) - 1), EVERY_LEVEL
    )


def test_levels_are_torchvisions_and_clipped():
    numbers = np.array([-0.4, 0, 0.0039, 0.004, 0.5, 0.996, 0.9961, 1, 1.4, np.nan], np.float32)
    # floor(255.999 x) where x is in [0, 1], from torchvision.transforms.v2.functional.to_dtype.
    expected = [0, 0, 0, 1, 127, 254, 255, 255, 255, 0]
    painted = out_as("uint8", [aj.RandomFlip()])(np.tile(numbers[:, None, None], (1, 1, 3)))
    assert sorted(painted[:, 0, 0].tolist()) == sorted(expected)
    numbers = noise(64, 64, 1)
    shares = np.bincount(out_as("uint8")(numbers).ravel(), minlength=256)
    np.testing.assert_array_equal(
        np.floor(numbers * np.float32(255.999)), out_as("uint8")(numbers).astype(np.float32)
    )
    assert shares[[0, 255]].min() > 4, "the first and the last level have whole shares"


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_floats_are_those_of_the_default_rounded_once(dtype):
    transforms = [aj.RandomRotation(0.2), aj.RandomBrightness(0.4)]
    for image in (EVERY_LEVEL, jnp.asarray(noise(6, 7, 3), jnp.bfloat16)):
        exact = aj.Sequential(transforms)(
            KEY, jnp.float32(image) / (255 if image.dtype == np.uint8 else 1)
        )
        painted = out_as(dtype, transforms)(image)
        assert painted.dtype == dtype
        np.testing.assert_allclose(
            painted.astype(np.float32), exact.astype(dtype).astype(np.float32), atol=1e-6
        )
    unit = aj.Sequential(transforms, dtype_out=dtype, value_range=(0, 255))(KEY, EVERY_LEVEL)
    np.testing.assert_allclose(
        np.float32(unit),
        255 * np.asarray(aj.Sequential(transforms)(KEY, EVERY_LEVEL)),
        rtol=1 / 128,
    )


def test_targets_and_inverses_keep_their_dtypes():
    pipeline = aj.Sequential([aj.RandomFlip()], dtype_out="uint8", boxes="xyxy")
    given = {
        "image": EVERY_LEVEL,
        "mask": EVERY_LEVEL[..., 0],
        "boxes": np.ones((1, 4), np.float32),
    }
    painted = pipeline(KEY, given)
    assert {name: part.dtype.name for name, part in painted.items()} == {
        "image": "uint8", "mask": "uint8", "boxes": "float32", "boxes_visible": "float32",
    }  # fmt: skip
    draws = pipeline.sample(KEY, EVERY_LEVEL.shape)
    back = pipeline.invert(draws, painted["image"], EVERY_LEVEL.shape)
    np.testing.assert_allclose(back, EVERY_LEVEL / np.float32(255), atol=1e-6)
    np.testing.assert_array_equal(
        aj.Sequential([aj.RandomFlip()], dtype_out="uint8").batch(KEY, EVERY_LEVEL[None])[0].dtype,
        np.uint8,
    )


@functools.cache
def in_channels(name):
    """What a transform makes of a batch of as many channels, and its shapes alone."""
    return {n: outcome(example(name), n) for n in (1, 2, 4, 12)}


def outcome(transform, channels):
    images = jax.ShapeDtypeStruct((2, 24, 40, channels), jnp.uint8)
    try:
        return jax.eval_shape(lambda images: transform.batch(KEY, images), images).shape[-1]
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("name", CATALOG)
def test_channels_are_taken_or_refused_in_a_sentence(name):
    outcomes = in_channels(name)
    assert outcomes[1] == 1 and outcomes[4] == 4
    for channels in (2, 12):
        if name in OF_COLORS:
            assert outcomes[channels].startswith(name)
            assert outcomes[channels].endswith(f"changes colours, but got {channels} channels")
        else:
            assert outcomes[channels] == channels


@pytest.mark.parametrize(
    "name",
    long_but(["RandomRotation", "RandomErasing", "RandomContrast"], sorted({*CATALOG} - OF_COLORS)),
)
def test_twelve_channels_are_painted_as_the_three_they_begin_with(name):
    transform = example(name)
    if name == "RandomGaussianNoise":
        transform = dataclasses.replace(transform, stddev=0.0)
    images = noise(2, 24, 40, 12)

    @quick_jit
    def both(images):
        return [transform.batch(KEY, part, IDS[:2]) for part in (images, images[..., :3])]

    twelve, three = both(images)
    np.testing.assert_allclose(twelve[..., :3], three, atol=2e-6)
    assert np.ptp(np.asarray(twelve), axis=-1).max() > 0.1


def test_uint8_holds_no_normalised_image():
    with pytest.raises(ValueError, match=r"dtype_out='uint8'\): Normalize leaves \[0, 1\]"):
        aj.Sequential([aj.Normalize(0.5, 0.5)], dtype_out="uint8")
    with pytest.raises(ValueError, match="dtype_out belongs on the outermost Sequential only"):
        aj.Sequential([aj.Sequential([], dtype_out="uint8")])
