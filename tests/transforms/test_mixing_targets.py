"""What becomes of boxes, masks and labels of objects where two images are mixed."""

import dataclasses

import jax
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

import augjax as aj
from tests.helpers import cpu_mesh, gathered, quick_jit
from tests.transforms.examples import long_but
from tests.transforms.target_batches import (
    CHOICE,
    CUTMIX,
    EVERY,
    IDS,
    KEY,
    MIXUP,
    MOSAIC,
    PASTE,
    SHAPE,
    TRACED,
    N,
    apply,
    example,
    floats,
    run,
)

every = pytest.mark.parametrize("mix", EVERY, ids=lambda mix: type(mix).__name__)
mosaic_soon = pytest.mark.parametrize(
    "mix", long_but([MOSAIC], EVERY), ids=lambda mix: type(mix).__name__
)
BOTH = {"on": np.ones(2, bool), "partner": np.array([1, 0], np.int32)}


def pair(boxes, valid=((True, True), (True, True))):
    """Two images of 4 x 6, the first dark and of class 1, the second light and of class 2."""
    image = np.zeros((2, 4, 6, 1), np.float32)
    image[1] = 1.0
    mask = np.full((2, 4, 6), 1, np.int32)
    mask[1] = 2
    mask[:, 0, 0] = 255
    return {
        "image": image, "mask": mask, "boxes": floats(boxes), "boxes_valid": np.array(valid),
        "label": np.array([[10, 11], [20, 21]]),
    }  # fmt: skip


BOXES = [[[0, 0, 4, 2], [3, 1, 6, 4]], [[1, 0, 3, 4], [0, 2, 6, 4]]]


def test_mixup_by_hand():
    params = BOTH | {"lam": np.array([0.75, 0.25], np.float32)}
    made = apply(MIXUP, params, pair(BOXES, [[True, True], [True, False]]))
    np.testing.assert_array_equal(made["boxes"][0], [*BOXES[0], BOXES[1][0], [0, 0, 0, 0]])
    # Its own row that was off stays.
    np.testing.assert_array_equal(made["boxes"][1], [*BOXES[1], *BOXES[0]])
    assert made["boxes_valid"].tolist() == [[True, True, True, False], [True, False, True, True]]
    np.testing.assert_allclose(
        made["boxes_weight"], [[0.75, 0.75, 0.25, 0], [0.25, 0, 0.75, 0.75]], rtol=1e-6
    )
    np.testing.assert_array_equal(made["boxes_visible"], [[1, 1, 1, 0], [1, 0, 1, 1]])
    assert made["label"].tolist() == [[10, 11, 20, 21], [20, 21, 10, 11]]
    # Of the larger share: the first image's in both, with what is ignored.
    np.testing.assert_array_equal(made["mask"], np.stack([pair(BOXES)["mask"][0]] * 2))


def test_cutmix_by_hand():
    # Columns 2 to 5 of rows 0 and 1 for the first image; all for the second.
    corner = {"top": [0, 0], "left": [2, 0], "height": [2, 4], "width": [4, 6]}
    params = BOTH | {name: np.array(value, np.int32) for name, value in corner.items()}
    made = apply(CUTMIX, params, pair(BOXES))
    expected = [
        [0, 0, 2, 2],  # Its right half is covered.
        [3, 2, 6, 4],  # Its upper third.
        [2, 0, 3, 2],  # A quarter of the partner's is in the rectangle.
        [0, 0, 0, 0],  # And nothing of this one.
    ]
    np.testing.assert_array_equal(made["boxes"][0], expected)
    np.testing.assert_allclose(made["boxes_visible"][0], [1 / 2, 2 / 3, 1 / 4, 0], rtol=1e-6)
    assert made["boxes_valid"].tolist() == [[True] * 3 + [False], [False] * 2 + [True] * 2]
    np.testing.assert_array_equal(made["boxes_weight"], floats(made["boxes_valid"]))
    np.testing.assert_array_equal(made["boxes"][1], [[0] * 4] * 2 + BOXES[0])
    mask = np.full((4, 6), 1)
    mask[0, 0], mask[:2, 2:] = 255, 2
    np.testing.assert_array_equal(made["mask"][0], mask)
    np.testing.assert_array_equal(made["image"][0, ..., 0] == 1, mask == 2)


def test_a_hole_in_a_box_leaves_its_edges():
    corner = {"top": [1, 1], "left": [1, 1], "height": [1, 1], "width": [4, 4]}
    params = BOTH | {name: np.array(value, np.int32) for name, value in corner.items()}
    whole = [[[0, 0, 6, 4], [0, 0, 5, 2]], [[0, 0, 6, 4], [1, 1, 5, 2]]]
    made = apply(CUTMIX, params, pair(whole))
    np.testing.assert_array_equal(made["boxes"][:, :2].tolist()[0], whole[0])
    np.testing.assert_allclose(made["boxes_visible"][0], [5 / 6, 0.6, 1 / 6, 1], rtol=1e-6)
    assert made["boxes_valid"][1].tolist() == [True, False, True, True]


def test_what_is_hardly_in_sight_does_not_count():
    corner = {"top": [0, 0], "left": [2, 0], "height": [2, 4], "width": [4, 6]}
    params = BOTH | {name: np.array(value, np.int32) for name, value in corner.items()}
    made = apply(dataclasses.replace(CUTMIX, min_visibility=0.6), params, pair(BOXES))
    assert made["boxes_valid"][0].tolist() == [False, True, False, False]
    np.testing.assert_array_equal(made["boxes"][0, 0], np.zeros(4))


def test_what_came_with_boxes_goes_on():
    batch = pair(BOXES) | {"boxes_visible": np.full((2, 2), 0.5, np.float32)}
    batch["boxes_weight"] = np.full((2, 2), 0.8, np.float32)
    made = apply(MIXUP, BOTH | {"lam": floats([0.75, 0.75])}, batch)
    np.testing.assert_allclose(made["boxes_weight"][0], [0.6, 0.6, 0.2, 0.2], rtol=1e-6)
    np.testing.assert_array_equal(made["boxes_visible"], np.full((2, 4), 0.5))


@every
def test_masks_follow_the_pixels(mix):
    batch = example()
    # The image is told from its mask, so that the mask can be told from the image.
    batch["image"] = np.stack([batch["mask"] / np.float32(255)] * 2, axis=-1)
    _, made = run(mix, batch)
    assert made["mask"].dtype == np.uint8 and made["mask"].shape == (N, *SHAPE[:2])
    shown = np.rint(made["image"][..., 0] * 255)
    if mix in (MIXUP, CHOICE):
        assert set(np.unique(made["mask"])) <= {0, 1, 2, 3, 255}
    else:
        np.testing.assert_array_equal(made["mask"], shown)


@every
def test_nothing_happens_at_strength_0_and_to_rows_that_fill_up(mix):
    batch, some = example(), np.arange(N) < 5
    for rows, (_, made) in (
        (np.ones(N, bool), run(mix, batch, strength=0.0)),
        (~some, run(mix, batch, mask=some)),
    ):
        for name in ("image", "mask"):
            np.testing.assert_array_equal(made[name][rows], batch[name][rows])
        own, others = made["boxes_valid"][:, :3], made["boxes_valid"][:, 3:]
        np.testing.assert_array_equal(own[rows], batch["boxes_valid"][rows])
        assert not others[rows].any()
        np.testing.assert_array_equal(made["boxes"][rows, :3], batch["boxes"][rows])
        if "boxes_weight" in made:
            np.testing.assert_array_equal(made["boxes_weight"][rows, :3], own[rows])


@every
def test_order_does_not_matter(mix):
    params, made = run(mix)
    order = np.random.default_rng(0).permutation(N)
    moved = jax.tree.map(lambda part: part[order], example())
    again, reordered = run(mix, moved, IDS[order])
    np.testing.assert_array_equal(order[again["partner"]], params["partner"][order])
    for name, part in made.items():
        np.testing.assert_allclose(reordered[name], part[order], atol=1e-5, err_msg=name)


@mosaic_soon
def test_a_batch_is_sample_and_apply_with_and_without_jit(mix):
    batch, (params, made) = example(), run(mix)
    drawn = mix.sample(KEY, IDS, SHAPE, epoch=1)
    jax.tree.map(np.testing.assert_array_equal, drawn, params)
    as_json = jax.tree.map(lambda draw: draw.tolist(), params)
    for again in (mix.apply(as_json, batch), mix.batch(KEY, batch, ids=IDS, epoch=1)):
        assert set(again) == set(made)
        for name, part in made.items():
            np.testing.assert_allclose(again[name], part, atol=2e-6, err_msg=name)


@pytest.mark.skipif(jax.device_count() < 8, reason="needs 8 devices")
@mosaic_soon
def test_devices_do_not_matter_and_none_holds_all(mix):
    sharding = NamedSharding(cpu_mesh(8), PartitionSpec("data"))
    batch, ids = jax.device_put((example(), IDS), sharding)
    program = quick_jit(
        lambda batch, ids: mix.batch(KEY, batch, ids=ids, epoch=1, sharding=sharding),
        in_shardings=(sharding, sharding),
    )
    compiled = program.lower(batch, ids).compile()
    assert not gathered(compiled.as_text())
    _, expected = run(mix)
    for name, part in compiled(batch, ids).items():
        np.testing.assert_allclose(part, expected[name], atol=2e-6, err_msg=name)


@mosaic_soon
def test_gradients_flow_to_pixels_and_boxes(mix):
    batch, (params, made) = example(), run(mix)

    def total(image, boxes):
        made = mix.apply(params, batch | {"image": image, "boxes": boxes})
        return made["image"].sum() + made["boxes"].sum()

    images, boxes = quick_jit(jax.grad(total, argnums=(0, 1)))(batch["image"], batch["boxes"])
    assert np.isfinite(images).all() and np.isfinite(boxes).all()
    # Each pixel of the result is as bright as all that it comes from.
    np.testing.assert_allclose(np.sum(images), made["image"].size, rtol=1e-5)
    assert np.any(boxes != 0)


@every
def test_instance_masks_lie_beside_each_other(mix):
    batch = example(instances=True)
    _, made = run(dataclasses.replace(mix, instance_masks=True), batch)
    copies = 4 if mix is MOSAIC else 2
    assert made["mask"].shape == (N, *SHAPE[:2], 3 * copies)
    # Where an object is, its box is, if it counts; else its mask is empty, but of one that is off.
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    for i in range(N):
        for k in range(3 * copies):
            left, top, right, bottom = made["boxes"][i, k]
            inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
            if made["boxes_valid"][i, k]:
                assert made["mask"][i, ..., k].any()
                assert not made["mask"][i, ..., k][~inside].any()
            else:
                assert not made["mask"][i, ..., k].any()


@pytest.mark.parametrize(
    "format",
    long_but(["rel_center_xywh"], ["xywh", "center_xywh", "rel_xyxy", "rel_center_xywh"]),
)
@pytest.mark.parametrize("mix", [CUTMIX, MOSAIC], ids=["CutMix", "Mosaic"])
def test_formats_say_the_same(mix, format):
    height, width, _ = SHAPE
    scale = floats([width, height] * 2) if format.startswith("rel_") else np.float32(1)

    def given(corners):
        first, last = corners[..., :2], corners[..., 2:]
        match format.removeprefix("rel_"):
            case "xywh":
                last = last - first
            case "center_xywh":
                first, last = (first + last) / 2, last - first
        return np.concatenate([first, last], axis=-1) / scale

    batch, (params, expected) = example(), run(mix)
    there = batch | {"boxes": given(batch["boxes"])}
    made = apply(dataclasses.replace(mix, boxes=format), params, there)
    np.testing.assert_array_equal(made["boxes_valid"], expected["boxes_valid"])
    np.testing.assert_allclose(made["boxes_visible"], expected["boxes_visible"], atol=1e-5)
    valid = expected["boxes_valid"]
    np.testing.assert_allclose(made["boxes"][valid], given(expected["boxes"])[valid], atol=1e-5)


@pytest.mark.parametrize(
    "mix", long_but([CUTMIX], [MIXUP, CUTMIX, MOSAIC, PASTE]), ids=lambda mix: mix.label
)
def test_boxes_at_any_angle_are_in_sight_by_the_same_share(mix):
    # Upright ones, whose shares are those of boxes along the axes, and which are not clipped.
    batch, (params, expected) = example(), run(mix)
    corners = batch["boxes"][..., np.array([0, 1, 2, 1, 2, 3, 0, 3])]
    made = apply(dataclasses.replace(mix, boxes="xyxyxyxy"), params, batch | {"boxes": corners})
    np.testing.assert_array_equal(made["boxes_valid"], expected["boxes_valid"])
    np.testing.assert_allclose(made["boxes_visible"], expected["boxes_visible"], atol=1e-5)
    assert made["boxes"].shape == (*expected["boxes"].shape[:2], 8)


def test_a_pipeline_goes_on_from_a_mosaic():
    @quick_jit
    def both(batch):
        batch = MOSAIC.batch(KEY, batch, ids=IDS, epoch=1)
        return aj.Sequential([aj.RandomFlip()], boxes="xyxy").batch(KEY, batch, IDS)

    _, expected = run(MOSAIC)
    made = both(example())
    np.testing.assert_array_equal(made["boxes_valid"], expected["boxes_valid"])
    valid, boxes = expected["boxes_valid"], np.asarray(made["boxes"])
    areas = np.prod(boxes[..., 2:] - boxes[..., :2], axis=2)
    before = np.prod(expected["boxes"][..., 2:] - expected["boxes"][..., :2], axis=2)
    np.testing.assert_allclose(areas[valid], before[valid], rtol=1e-5)


def test_a_choice_refuses_what_has_no_shares():
    for mix in (aj.Mosaic(), aj.CopyPaste()):
        with pytest.raises(TypeError, match=f"with one partner by shares, which {mix.title} does"):
            aj.RandomMixChoice([aj.MixUp(), mix])
    with pytest.raises(ValueError, match="belong on the RandomMixChoice, as do boxes"):
        aj.RandomMixChoice([aj.MixUp(boxes="xyxy")])


def test_a_choice_does_what_was_chosen():
    params, made = run(CHOICE)
    for name, mix in (("MixUp", MIXUP), ("CutMix", CUTMIX)):
        alone = apply(mix, params[name] | {"partner": params["partner"]}, example())
        chosen = params["choice"] == (name == "CutMix")
        assert chosen.any()
        for part in ("boxes", "boxes_valid", "boxes_visible", "boxes_weight", "mask", "image"):
            np.testing.assert_allclose(made[part][chosen], alone[part][chosen], atol=1e-6)


@every
def test_one_program_for_all_strengths_and_values(mix):
    for strength in (0.3, 0.6):
        run(mix, example(seed=3), strength=strength)
    assert TRACED[mix] == 1
