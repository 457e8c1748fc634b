"""Colours to fill with: each channel as the same transform fills it with that number."""

import dataclasses
import json
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.catalog import examples
from tests.helpers import noise, quick_jit
from tests.oracles import Image
from tests.transforms.examples import long_but

COLOR = (0.25, 0.5, 0.75)
KEY, SHAPE = aj.key(3), (9, 12, 3)
PIXELS = noise(*SHAPE)
BYTES = (PIXELS * 255).astype(np.uint8)


def filling() -> dict[str, Any]:
    """Every transform that fills, set so that it does, without the colour."""
    far: dict[str, Any] = {"p": 1.0, "fill_mode": "constant", "chain_depth": 1, "mixture_width": 2}
    found = {}
    for example in examples().values():
        names = {field.name for field in dataclasses.fields(example)}
        if names & {"fill_value", "value"}:
            given = {name: value for name, value in far.items() if name in names}
            found[type(example).__name__] = dataclasses.replace(example, **given)
    return found


FILLING = filling()
SLOW = {"AugMix", "AutoAugment", "RandAugment", "TrivialAugmentWide"}


def fill_with(transform: Any, color: Any) -> Any:
    argument = "value" if hasattr(transform, "value") else "fill_value"
    return dataclasses.replace(transform, **{argument: color})


@pytest.mark.parametrize("name", long_but([n for n in FILLING if n not in SLOW], FILLING))
def test_a_color_is_a_number_for_each_channel(name):
    transform = FILLING[name]
    colored = fill_with(transform, COLOR)
    assert aj.from_dict(json.loads(json.dumps(aj.to_dict(colored)))) == colored
    params = transform.sample(KEY, SHAPE)

    @quick_jit
    def apply(image):
        singles = [fill_with(transform, number).apply(params, image) for number in COLOR]
        return colored.apply(params, image), singles

    image, singles = apply(BYTES)
    for channel, single in enumerate(singles):
        # Where contrast is of the whole image, and so of all channels, geometry alone is compared.
        np.testing.assert_allclose(image[..., channel], single[..., channel], atol=1e-6)


def test_there_are_as_many_as_there_should_be():
    assert len(FILLING) == 19


@pytest.mark.parametrize("value_range", [(0.0, 1.0), (0.0, 255.0), (-1.0, 1.0)])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_a_move_fills_as_pillow_does(value_range, interpolation):
    move = aj.RandomTranslation(
        0.5, 0.5, fill_mode="constant", interpolation=interpolation, fill_value=COLOR
    )
    bytes_of_color = tuple(round(255 * number) for number in COLOR)
    theirs = np.asarray(
        Image.fromarray(BYTES).transform(
            (SHAPE[1], SHAPE[0]),
            Image.Transform.AFFINE,
            (1, 0, -4, 0, 1, -3),
            fillcolor=bytes_of_color,
        )
    )
    params = {"RandomTranslation": {"dx": jnp.float32(4), "dy": jnp.float32(3)}}
    pipeline = aj.Sequential([move], value_range=value_range)
    lowest, highest = value_range
    floats = BYTES.astype(np.float32) / 255 * (highest - lowest) + lowest
    for image in (BYTES, floats):
        ours = (np.asarray(pipeline.apply(params, image)) - lowest) / (highest - lowest)
        np.testing.assert_allclose(255 * ours, theirs, atol=0.51)


def test_masks_keep_mask_fill_and_groups_their_color():
    moves = [
        aj.RandomTranslation(0.5, 0.5, fill_mode="constant", fill_value=COLOR),
        aj.RandomRotation(0.1, fill_mode="constant", fill_value=COLOR),
        aj.RandomZoom(0.5, fill_mode="constant", fill_value=0.5),
    ]
    pipeline = aj.Sequential(moves, mask_fill=9)
    plan = pipeline.plan(SHAPE)
    assert [group.transforms for group in plan.groups] == [
        ("RandomTranslation", "RandomRotation"),
        ("RandomZoom",),
    ]
    assert "filled by constant (0.25, 0.5, 0.75)" in str(plan)
    assert "RandomZoom fills or interpolates otherwise" in str(plan)
    example = {"image": PIXELS, "mask": np.zeros(SHAPE[:2], np.uint8)}
    draw = aj.Sequential(moves[:1], mask_fill=9)
    moved = draw.apply({"RandomTranslation": {"dx": 4.0, "dy": 3.0}}, example)
    assert set(np.unique(moved["mask"])) == {0, 9}
    filled = (np.asarray(moved["image"]) == np.asarray(COLOR, np.float32)).all(-1)
    np.testing.assert_array_equal(moved["mask"] == 9, filled)


def test_a_chain_of_exact_moves_is_one_look_up():
    moves = [
        *(aj.RandomFlip(name=f"flip {i}") for i in range(4)),
        *(aj.RandomRot90(name=f"turn {i}") for i in range(4)),
        aj.RandomCrop(5, 6),
    ]
    chain, one_by_one = aj.Sequential(moves), aj.Sequential(moves, fuse=False)
    example = {"image": noise(8, 8, 3), "mask": np.arange(64, dtype=np.uint8).reshape(8, 8)}
    several = jax.vmap(lambda i: chain.sample(aj.image_key(KEY, 0, i), (8, 8, 3)))
    drawn = jax.jit(several)(np.arange(32, dtype=np.uint32))
    ours, theirs = (
        quick_jit(jax.vmap(p.apply, (0, None)))(drawn, example) for p in (chain, one_by_one)
    )
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)
    assert len(np.unique(ours["mask"].reshape(32, -1), axis=0)) > 8
    flips = aj.Sequential([aj.RandomFlip(name=str(i)) for i in range(20)])
    params = jax.eval_shape(lambda: flips.sample(KEY, (8, 8, 3)))
    program = jax.jit(flips.apply).lower(params, example["image"]).as_text()
    assert "stablehlo.reverse" not in program and program.count('"stablehlo.gather"(') == 1
