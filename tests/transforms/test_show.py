"""Pictures of what a pipeline does."""

from importlib.util import find_spec

import numpy as np
import pytest

import augjax as aj
from tests.helpers import noise
from tests.oracles import MISSING

pytestmark = pytest.mark.skipif(find_spec("matplotlib") is None, reason=f"matplotlib {MISSING}")

PIPELINE = aj.Sequential([aj.RandomFlip("horizontal"), aj.RandomRotation(0.05)], boxes="xyxy")


def example(**more):
    mask = np.zeros((12, 16), np.uint8)
    mask[4:8, 4:10] = 1
    boxes = np.array([[4, 4, 10, 8], [1, 1, 3, 3]], np.float32)
    points = np.array([[6, 5]], np.float32)
    return {"image": noise(12, 16, 3), "mask": mask, "boxes": boxes, "keypoints": points, **more}


def batch(n):
    return {name: np.stack([values] * n) for name, values in example().items()}


@pytest.mark.parametrize(
    ("images", "rows"),
    [
        (noise(12, 16, 3), 1),
        (noise(2, 12, 16, 1), 2),
        ([noise(12, 16, 3), noise(9, 9, 3)], 2),
        (example(), 1),
        (batch(3), 3),
        ([example(), {"image": noise(9, 9, 3)}], 2),
        (example(boxes=[], keypoints=[]), 1),
    ],
    ids=["image", "batch", "list", "example", "batch of examples", "list of examples", "no boxes"],
)
def test_a_row_for_each_image_and_a_column_for_each_draw(images, rows):
    figure = aj.show(PIPELINE, images, draws=2)
    assert len(figure.axes) == rows * 3
    assert figure.get_suptitle().replace("\n", "").startswith("Sequential([RandomFlip")


def test_the_first_is_the_image_and_the_others_are_what_batch_makes():
    images = noise(2, 12, 16, 3)
    shown = [np.asarray(axes.images[0].get_array()) for axes in aj.show(PIPELINE, images).axes]
    key = aj.stream(aj.key(0), "augment")
    for row in range(2):
        np.testing.assert_array_equal(shown[6 * row], images[row])
        for draw in range(5):
            made = PIPELINE.batch(key, images, epoch=draw)[row]
            np.testing.assert_allclose(shown[6 * row + 1 + draw], made, atol=2e-5)


@pytest.mark.parametrize("num_classes", [None, 3])
def test_a_mix_is_of_all_the_rows(num_classes):
    images = noise(3, 12, 16, 3)
    mix = aj.CutMix(num_classes=num_classes)
    figure = aj.show(mix, [{"image": image, "label": 2} for image in images], draws=2, epoch=4)
    shown = np.stack([np.asarray(axes.images[0].get_array()) for axes in figure.axes])
    shown = shown.reshape(3, 3, 12, 16, 3)
    np.testing.assert_array_equal(shown[:, 0], images)
    key = aj.stream(aj.key(0), "augment")
    for draw in range(2):
        made = aj.CutMix().batch(key, images, np.zeros(3, np.float32), epoch=4 + draw)[0]
        np.testing.assert_allclose(shown[:, 1 + draw], made, atol=2e-5)
        assert (shown[:, 1 + draw] != images).any()


def test_targets_are_drawn_over_their_image():
    for axes in aj.show(PIPELINE, example(), draws=1).axes:
        assert len(axes.patches) == 2, "boxes"
        assert len(axes.collections) == 2, "the mask's outline, and points"


def test_normalised_images_are_shown_from_their_darkest_to_their_lightest():
    normalised = aj.Normalize(0.5, 0.1)
    image, shown = (
        np.asarray(axes.images[0].get_array())
        for axes in aj.show(normalised, noise(12, 16, 3), draws=1).axes
    )
    assert (shown.min(), shown.max()) == (0, 1)
    np.testing.assert_allclose(shown, (image - image.min()) / np.ptp(image), atol=1e-5)


def test_a_name_is_no_formula_and_a_label_no_batch(tmp_path):
    named = aj.RandomFlip(name="$\\foo$ $a_b$")
    thin = {"image": noise(1, 9, 3), "mask": np.ones((1, 9), np.uint8), "label": 3}
    for images in (thin, {"image": noise(2, 6, 7, 3), "label": 3}):
        figure = aj.show(named, images, draws=2)
        assert "$\\foo$ $a_b$" in figure.get_suptitle().replace("\\\\", "\\")
        figure.savefig(tmp_path / "grid.png")


@pytest.mark.parametrize(
    "images", [{"mask": np.ones((4, 4))}, [{"label": 1, "mask": np.ones((4, 4))}]]
)
def test_what_has_no_image_is_refused(images):
    with pytest.raises(ValueError, match=r"expected an image in each, but got \["):
        aj.show(aj.RandomFlip(), images)


def test_a_mix_of_examples_is_drawn_with_its_targets():
    mask = np.zeros((2, 12, 12), np.int32)
    mask[:, 2:6, 3:9] = 1
    batch = {"image": noise(2, 12, 12, 3), "mask": mask, "label": np.ones((2, 1), np.int32)}
    batch["boxes"] = np.tile(np.array([3, 2, 9, 6], np.float32), (2, 1, 1))
    for mix in (aj.CopyPaste(1.0, boxes="xyxy"), aj.Mosaic(16, 20, boxes="xyxy")):
        figure = aj.show(mix, batch, draws=1)
        before, after = figure.axes[:2]
        assert len(before.patches) == 1 and len(after.patches) >= 1 and after.collections
