"""Each operation of a policy, at each magnitude that any policy has, is Pillow's."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from augjax.kernels.warp import warp
from augjax.transforms.policy import aug_mix, operations, rand_augment, trivial_augment
from augjax.transforms.policy.operations import OF_COLOR, OPERATIONS, UNCHANGED
from tests.oracles import Image, ImageEnhance, ImageOps
from tests.transforms.pillow_operations import by_pillow, stretched

HEIGHT, WIDTH = 37, 50
RANDOM = np.random.default_rng(0)


def photograph() -> np.ndarray:
    """Smooth, with few and uneven levels, and a flat channel's worth of them."""
    noise = RANDOM.normal(size=(HEIGHT, WIDTH, 3))
    smooth = ndimage.gaussian_filter(noise, (4, 4, 0))
    scale = np.array([60, 25, 8]) / smooth.std(axis=(0, 1))
    return np.clip(smooth * scale + [120, 80, 200], 0, 255).astype(np.uint8)


PICTURES = {
    "noise": RANDOM.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8),
    "photograph": photograph(),
    "flat": np.full((HEIGHT, WIDTH, 3), (7, 130, 250), np.uint8),
    "two levels": RANDOM.choice(np.array([40, 41], np.uint8), (HEIGHT, WIDTH, 3)),
}
TABLES = {
    "RandAugment": rand_augment.RANGES.table(31, (HEIGHT, WIDTH, 3)),
    "AutoAugment": rand_augment.RANGES.table(10, (HEIGHT, WIDTH, 3)),
    "TrivialAugmentWide": trivial_augment.RANGES.table(31, (HEIGHT, WIDTH, 3)),
    "AugMix": aug_mix.RANGES.table(10, (HEIGHT, WIDTH, 3))[:, :8],  # Then come 0 bits.
}


recolor = jax.jit(operations.recolor)


@jax.jit
@functools.partial(jax.vmap, in_axes=(0, 0, None))
def moved_and_recolored(operation, magnitude, image):
    moved = warp(
        image,
        operations.matrix(operation, magnitude, image.shape),
        fill_mode="constant",
        interpolation="nearest",
    )
    return moved, operations.recolor(operation, magnitude, moved)


MOST = 660


def by_augjax(operation, magnitude, image):
    """An image, moved and then recoloured too, by each of at most MOST draws."""
    n, rest = len(operation), (0, MOST - len(operation))
    given = np.pad(operation, rest), np.pad(magnitude, rest)
    return [np.asarray(made)[:n] for made in moved_and_recolored(*given, image)]


def both(table, pixels):
    """Pairs of ours and Pillow's, for each magnitude of a table in both directions."""
    operation = np.repeat(np.arange(len(OPERATIONS), dtype=np.int32), table.shape[1])
    magnitude = table.reshape(-1)
    either_way = np.isin(operation, [i for i, name in enumerate(OPERATIONS) if name in SIGNED])
    operation = np.concatenate([operation, operation[either_way]])
    magnitude = np.concatenate([magnitude, -magnitude[either_way]])
    draws = np.unique(np.stack([operation, magnitude + 0.0], axis=1), axis=0)
    operation, magnitude = draws[:, 0].astype(np.int32), draws[:, 1].astype(np.float32)
    ours = by_augjax(operation, magnitude, pixels.astype(np.float32) / 255)[1]
    for o, m, one in zip(operation, magnitude, ours, strict=True):
        yield OPERATIONS[o], m, one, by_pillow(o, m, pixels)


SIGNED = OPERATIONS[1:10]


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("policy", TABLES)
def test_every_magnitude_of_every_operation_is_pillows(policy, picture):
    tipped = {}
    for name, m, ours, theirs in both(TABLES[policy], PICTURES[picture]):
        levels = np.rint(ours * 255)
        np.testing.assert_allclose(ours, levels / 255, atol=1e-7, err_msg="no whole levels")
        apart = levels != theirs
        if name in OF_COLOR:
            assert not apart.any(), (name, m, levels[apart][:5], theirs[apart][:5])
        elif apart.any():
            tipped[name, float(m)] = float(apart.mean())
    # Pillow steps along a row by 1/65536ths of a pixel, and where a row lies between two, tips.
    assert sum(tipped.values()) <= 1e-4 * TABLES[policy].shape[1] * 9, tipped


def test_autocontrast_is_pillows_but_for_quotients_that_doubles_cut_below_a_whole_number():
    apart = []
    for lowest in range(0, 256, 3):
        for highest in range(lowest + 1, 256, 7):
            row = np.arange(lowest, highest + 1, dtype=np.uint8)[None]
            theirs = np.asarray(ImageOps.autocontrast(Image.fromarray(row))).astype(int)
            ours = stretched(row[..., None])[..., 0].astype(int)
            whole = (row.astype(int) - lowest) * 255 % (highest - lowest) == 0
            assert ((ours == theirs) | (whole & (ours == theirs + 1))).all()
            apart.append((ours != theirs).mean())
    assert 0 < np.mean(apart) < 0.02


@pytest.mark.parametrize("lowest", [0, 1, 100, 254])
def test_a_stretch_is_cut_exactly(lowest):
    """Of all channels with this lowest level, one each, as wide as they are."""
    tops = [np.clip(np.arange(256), lowest, max(top, lowest)) for top in range(256)]
    pixels = np.stack(tops).astype(np.uint8)[:, None, :, None]
    ours = stretched_by_augjax(pixels / np.float32(255))
    theirs = np.stack([stretched(one) for one in pixels])
    np.testing.assert_array_equal(np.rint(np.asarray(ours) * 255), theirs)


@jax.jit
def stretched_by_augjax(images):
    operation = jnp.int32(OPERATIONS.index("AutoContrast"))
    return jax.lax.map(lambda image: operations.recolor(operation, jnp.float32(0), image), images)


@pytest.mark.parametrize("factor", [-0.5, 0.0, 0.1, 1 / 3, 0.7, 1.3, 1.9, 2.5])
@pytest.mark.parametrize("name", ["Brightness", "Color", "Contrast", "Sharpness"])
def test_a_blend_is_cut_as_pillow_cuts_it(name, factor):
    """At factors that no policy has, on every pair of levels."""
    pairs = np.stack(np.meshgrid(np.arange(256), np.arange(256), [10, 200]), axis=-1)
    pixels = pairs.reshape(256, 512, 3).astype(np.uint8)
    magnitude = np.float32(factor) - np.float32(1)
    enhanced = getattr(ImageEnhance, name)(Image.fromarray(pixels)).enhance(float(1 + magnitude))
    operation = np.int32(OPERATIONS.index(name))
    ours = recolor(operation, magnitude, pixels / np.float32(255))
    np.testing.assert_array_equal(np.rint(np.asarray(ours) * 255), np.asarray(enhanced))


@pytest.mark.parametrize("name", OF_COLOR)
def test_grey_images_and_further_channels(name):
    place = OPERATIONS.index(name)
    m = np.float32({"Posterize": 3, "Solarize": 100}.get(name, 0.5))
    grey = PICTURES["photograph"][..., :1]
    ours = np.asarray(recolor(np.int32(place), m, grey / np.float32(255)))
    theirs = by_pillow(place, m, np.repeat(grey, 3, axis=-1))[..., :1]
    np.testing.assert_array_equal(np.rint(ours * 255), theirs)
    alpha = np.concatenate([PICTURES["photograph"], PICTURES["noise"][..., :2]], axis=-1)
    five = np.asarray(recolor(np.int32(place), m, alpha / np.float32(255)))
    np.testing.assert_array_equal(np.rint(five[..., :3] * 255), by_pillow(place, m, alpha[..., :3]))
    np.testing.assert_array_equal(five[..., 3:], alpha[..., 3:] / np.float32(255))


def test_what_changes_nothing_does_not_round():
    image = RANDOM.random((HEIGHT, WIDTH, 3), np.float32)
    places = np.arange(len(OPERATIONS), dtype=np.int32)
    for name, moved, recolored in zip(
        OPERATIONS, *by_augjax(places, UNCHANGED, image), strict=True
    ):
        np.testing.assert_array_equal(moved, image)
        same = (recolored == image).all()
        assert same == (name not in ("AutoContrast", "Equalize", "Invert")), name


def test_magnitudes_by_hand():
    """From the papers' ranges: the weakest, one between, and the strongest bin."""

    def at(table, name, *bins):
        return [round(float(table[OPERATIONS.index(name), i]), 4) for i in bins]

    wide = rand_augment.RANGES.table(31, (662, 331, 3))
    assert at(wide, "ShearX", 0, 9, 30) == [0, 0.09, 0.3]
    assert at(wide, "TranslateX", 0, 9, 30) == [0, 45, 150]
    assert at(wide, "TranslateY", 0, 9, 30) == [0, 90, 300]
    assert at(wide, "Rotate", 0, 9, 30) == [0, 9, 30]
    assert at(wide, "Sharpness", 0, 9, 30) == [0, 0.27, 0.9]
    assert at(wide, "Posterize", 0, 3, 4, 9, 30) == [8, 8, 7, 7, 4]
    assert at(wide, "Solarize", 0, 9, 30) == [255, 178.5, 0]
    assert at(wide, "Equalize", 0, 9, 30) == at(wide, "Identity", 0, 9, 30) == [0, 0, 0]
    auto = TABLES["AutoAugment"]
    assert at(auto, "Posterize", 5, 6, 7, 8) == [6, 5, 5, 4]
    assert at(auto, "Solarize", 3, 5) == [170, 113.3333]
    trivial = TABLES["TrivialAugmentWide"]
    assert at(trivial, "ShearY", 10, 30) == [0.33, 0.99]
    assert at(trivial, "TranslateY", 15, 30) == [16, 32]
    assert at(trivial, "Rotate", 20, 30) == [90, 135]
    assert at(trivial, "Posterize", 12, 13, 30) == [6, 5, 2]
    mix = aug_mix.RANGES.table(10, (HEIGHT, 54, 3))
    assert at(mix, "TranslateX", 1, 9) == [2, 18]
    assert at(mix, "Posterize", 0, 1, 2, 9) == [4, 4, 3, 0]
