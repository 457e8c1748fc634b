"""Given the same numbers, each transform of colour paints what an independent library paints."""

import colorsys
import itertools

import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.catalog import examples
from tests.helpers import noise
from tests.oracles import Image, ImageEnhance, ImageOps, keras, tf
from tests.transforms.painting import paint, paint_one

SHAPE = (16, 21, 3)
ON = {"on": jnp.bool_(True)}


def pictures(n=6):
    """Noise, and among it black, white, grey and pure colours, where hues and ranges end."""
    images = noise(n, *SHAPE, seed=3)
    images[:, 0, :8] = list(itertools.product((0.0, 1.0), repeat=3))
    images[:, 1] = images[:, 1, :, :1]
    return images


def pixels(n=6):
    """As uint8, dark, light, flat and full."""
    rng = np.random.default_rng(5)
    ranges = [(0, 256), (30, 90), (120, 256), (77, 78), (0, 2), (0, 256)]
    return np.stack([rng.integers(low, high, SHAPE, np.uint8) for low, high in ranges[:n]])


def keras_paint(layer, transformation, images):
    return layer.transform_images(tf.constant(images), transformation, training=True).numpy()


@pytest.mark.parity("RandomBrightness", "keras.layers.RandomBrightness")
def test_brightness(same):
    deltas = np.linspace(-0.9, 0.9, 6, dtype=np.float32)
    layer = keras.layers.RandomBrightness(1.0, value_range=(0, 1))
    theirs = keras_paint(layer, {"rgb_delta": tf.reshape(deltas, (6, 1, 1, 1))}, pictures())
    same(paint(aj.RandomBrightness(1.0), {"delta": deltas}, pictures()), theirs)


@pytest.mark.parity(
    "RandomSaturation", "tf.image.adjust_saturation", note="which does not stop at full saturation"
)
def test_saturation(same):
    images = pictures()
    for factor in (0.0, 0.2, 0.5, 0.6):
        ours = paint(aj.RandomSaturation(1.0), {"factor": jnp.full(6, factor, jnp.float32)}, images)
        theirs = tf.image.adjust_saturation(images, factor / (1 - factor)).numpy()
        most = np.max(images, axis=-1, keepdims=True)
        chroma = most - np.min(images, axis=-1, keepdims=True)
        within = factor / (1 - factor) * chroma <= most
        same(np.where(within, ours, 0), np.where(within, theirs, 0))


@pytest.mark.parity("RandomHue", "tf.image.adjust_hue")
def test_hue(same):
    images = pictures()
    for turn in (-0.5, -0.2, 0.0, 0.1, 1 / 3, 0.49):
        ours = paint(aj.RandomHue(1.0), {"turn": jnp.full(6, turn, jnp.float32)}, images)
        same(ours, tf.image.adjust_hue(images, turn).numpy())


@pytest.mark.parity("RandomGamma", "tf.image.adjust_gamma")
def test_gamma(same):
    for gamma in (0.3, 1.0, 2.5):
        ours = paint(aj.RandomGamma(0.9), {"gamma": jnp.full(6, gamma, jnp.float32)}, pictures())
        same(ours, tf.image.adjust_gamma(pictures(), gamma).numpy())


@pytest.mark.parity("RandomGrayscale", "tf.image.rgb_to_grayscale")
def test_grayscale(same):
    theirs = np.repeat(tf.image.rgb_to_grayscale(pictures()).numpy(), 3, axis=-1)
    same(aj.RandomGrayscale().apply(ON, jnp.asarray(pictures()[0])), theirs[0])


PILLOW = {
    "RandomInvert": (aj.RandomInvert(), lambda p: ImageOps.invert(p)),
    "RandomSolarize": (aj.RandomSolarize(100 / 255), lambda p: ImageOps.solarize(p, 100)),
    "RandomPosterize": (aj.RandomPosterize(3), lambda p: ImageOps.posterize(p, 3)),
    "RandomEqualize": (aj.RandomEqualize(), lambda p: ImageOps.equalize(p)),
    "RandomAutoContrast": (aj.RandomAutoContrast(), lambda p: ImageOps.autocontrast(p)),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.parity(name, "PIL.ImageOps, rounded to 8 bits"))
        for name in PILLOW
    ],
)
def test_what_pillow_does_by_tables(same, name):
    transform, pillow = PILLOW[name]
    # Pillow truncates when it stretches, and augjax, in floating point, does not round at all.
    tolerance = 1.001 / 255 if name == "RandomAutoContrast" else 1e-6
    for picture in pixels():
        theirs = np.asarray(pillow(Image.fromarray(picture))) / np.float32(255)
        same(paint_one(transform, ON, picture), theirs, tolerance=tolerance)


@pytest.mark.parity("RandomSharpness", "PIL.ImageEnhance.Sharpness, rounded to 8 bits")
@pytest.mark.parametrize("factor", [0.0, 0.3, 0.5, 1.0])
def test_sharpness(same, factor):
    for picture in pixels():
        theirs = ImageEnhance.Sharpness(Image.fromarray(picture)).enhance(2 * factor)
        ours = paint_one(aj.RandomSharpness((0.0, 1.0)), {"factor": jnp.float32(factor)}, picture)
        # It rounds its smooth image, and truncates the blend.
        same(ours, np.asarray(theirs) / np.float32(255), tolerance=1.5 / 255)


@pytest.mark.parity("RandomContrast", "keras.layers.RandomContrast")
def test_contrast_of_black_and_white(same):
    factors = np.linspace(0, 2.5, 6, dtype=np.float32)
    layer = keras.layers.RandomContrast(1.0, value_range=(0, 1))
    theirs = keras_paint(layer, {"contrast_factor": factors.reshape(-1, 1, 1, 1)}, pictures())
    same(paint(aj.RandomContrast(1.0), {"factor": factors}, pictures()), theirs)


@pytest.mark.parity("ColorJitter", "its four steps in NumPy and colorsys, in the order drawn")
def test_jitter(same):
    image = pictures()[0].astype(np.float64)
    amounts = {"brightness": 1.3, "contrast": 0.6, "saturation": 1.5, "hue": 0.3}

    def grey(rgb):
        return rgb @ np.array([0.2989, 0.587, 0.114])

    def turn(pixel):
        hue, saturation, value = colorsys.rgb_to_hsv(*pixel)
        return colorsys.hsv_to_rgb((hue + amounts["hue"]) % 1, saturation, value)

    steps = [
        lambda x: 1.3 * x,
        lambda x: 0.6 * x + 0.4 * grey(x).mean(),
        lambda x: 1.5 * x - 0.5 * grey(x)[..., None],
        lambda x: np.apply_along_axis(turn, -1, x),
    ]
    for order in itertools.permutations(range(4)):
        theirs = image
        for step in order:
            theirs = np.clip(steps[step](theirs), 0, 1)
        params = {name: jnp.float32(amount) for name, amount in amounts.items()}
        params["order"] = jnp.array(order, jnp.int32)
        same(paint_one(examples()["ColorJitter"], params, image.astype(np.float32)), theirs)


@pytest.mark.parity("RandomChannelShuffle", "numpy.take")
def test_channel_shuffle(same):
    for order in itertools.permutations(range(3)):
        params = ON | {"order": jnp.array(order, jnp.int32)}
        image = pictures()[0]
        same(
            paint_one(aj.RandomChannelShuffle(), params, image),
            image[..., list(order)],
            tolerance=0,
        )


@pytest.mark.parity("RandomChannelDrop", "numpy.where")
def test_channel_drop(same):
    dropped, image = np.array([True, False, True]), pictures()[0]
    params = ON | {"dropped": jnp.asarray(dropped)}
    ours = aj.RandomChannelDrop(2, fill_value=0.25).apply(params, image)
    same(ours, np.where(dropped, np.float32(0.25), image), tolerance=0)


@pytest.mark.parity("Normalize", "keras.layers.Normalization")
def test_normalize(same):
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    theirs = keras.layers.Normalization(mean=mean, variance=np.square(std))(pictures())
    same(paint(aj.Normalize(mean, std), {}, pictures()), theirs.numpy())
