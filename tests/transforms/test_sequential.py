import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.core.groups import groups
from tests.helpers import noise, quick_jit
from tests.transforms.painting import paint_one


def group_sizes(pipeline):
    return [len(group) for group in groups(pipeline.steps(None))]


turn, move, flip = aj.RandomRotation(0.1), aj.RandomTranslation(0.1, 0.1), aj.RandomFlip()
contrast, brighten = aj.RandomContrast(0.1), aj.RandomBrightness((0.3, 0.3))


@pytest.mark.parametrize(
    ("transforms", "sizes"),
    [
        ([contrast, flip, turn, move], [1, 3]),
        ([flip, contrast, turn, move, contrast.__class__(0.2, name="last")], [1, 1, 2, 1]),
        ([turn, aj.RandomTranslation(0.1, 0.1, fill_mode="wrap")], [1, 1]),
        ([turn, aj.RandomTranslation(0.1, 0.1, interpolation="nearest")], [1, 1]),
        ([turn, flip, aj.RandomTranslation(0.1, 0.1, fill_mode="wrap")], [2, 1]),
        ([turn, aj.Sequential([move, flip])], [3]),
        ([flip, brighten, turn], [3]),
        ([flip, brighten, aj.RandomRotation(0.1, fill_mode="constant")], [2, 1]),
        ([aj.RandomRotation(0.1, fill_mode="constant"), brighten], [1, 1]),
        ([turn, aj.Sequential([move, flip], fuse=False)], [1, 1, 1]),
        ([], []),
    ],
)
def test_a_group_is_a_run_of_one_fill_and_one_interpolation(transforms, sizes):
    assert group_sizes(aj.Sequential(transforms)) == sizes
    assert set(group_sizes(aj.Sequential(transforms, fuse=False))) <= {1, 2, 3}


def test_flips_alone_move_pixels_exactly():
    image = noise(5, 8, 3)
    twice = aj.Sequential([flip, aj.RandomFlip(name="again")])
    both = {"horizontal": np.bool_(True), "vertical": np.bool_(True)}
    params = {"RandomFlip": both, "again": both}
    np.testing.assert_array_equal(paint_one(twice, params, image), image)


def test_value_range_is_set_once_and_holds_for_input_and_output():
    pipeline = aj.Sequential([contrast, turn], value_range=(-1, 1))
    plain = aj.Sequential([contrast, turn])
    image = noise(6, 6, 3)
    both = quick_jit(
        lambda *images: [t(aj.key(0), i) for t, i in zip((pipeline, plain), images, strict=True)]
    )
    ranged, unit = map(np.asarray, both(image * 2 - 1, image))
    np.testing.assert_allclose(ranged, unit * 2 - 1, atol=1e-5)
    pixels = (image * 255).astype(np.uint8)
    ranged, unit = map(np.asarray, both(pixels, pixels))
    np.testing.assert_allclose(ranged, unit * 2 - 1, atol=1e-5)
    short = jax.ShapeDtypeStruct(image.shape, jnp.bfloat16)
    assert jax.eval_shape(pipeline, aj.key(0), short).dtype == jnp.bfloat16


def test_a_list_becomes_a_tuple_so_that_pipelines_hash():
    assert aj.Sequential([turn, move]) == aj.Sequential((turn, move))
    assert hash(aj.Sequential([turn])) == hash(aj.Sequential([turn]))


def test_what_is_filled_in_is_recoloured_by_what_comes_after_and_by_nothing_else():
    image = np.full((8, 8, 1), 0.5, np.float32)
    move_off = aj.RandomTranslation(1.0, 1.0, fill_mode="constant", fill_value=0.2)
    params = {
        "RandomFlip": {"horizontal": np.bool_(True), "vertical": np.bool_(False)},
        "RandomBrightness": {"delta": np.float32(0.3)},
        "RandomTranslation": {"dx": np.float32(4), "dy": np.float32(0)},
    }
    for transforms, filled in (
        ([flip, brighten, move_off], 0.2),
        ([flip, move_off, brighten], 0.5),
    ):
        painted = paint_one(aj.Sequential(transforms), params, image)
        np.testing.assert_allclose(painted[:, :4], filled, atol=1e-6)
        np.testing.assert_allclose(painted[:, 4:], 0.8, atol=1e-6)
