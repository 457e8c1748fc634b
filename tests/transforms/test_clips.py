"""Clips: one draw for all frames, or one for each, and targets that follow."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.core.clips import frame_key
from tests.helpers import noise, quick_jit

TRANSFORMS = (
    aj.RandomFlip("horizontal"),
    aj.RandomRotation(0.2),
    aj.RandomContrast(0.4),
    aj.RandomErasing(p=0.9),
    aj.RandomGaussianNoise((0.1, 0.2)),
)
PLAIN = aj.Sequential(TRANSFORMS)
SAME = aj.Sequential(TRANSFORMS, same_on="frames")
ANEW = aj.Sequential(TRANSFORMS, same_on="nothing")
CLIPS = noise(2, 3, 9, 12, 3)
IDS = jnp.array([7, 3], jnp.uint32)
KEY = aj.stream(aj.key(1), "augment")


def batched(pipeline, clips=CLIPS, ids=IDS):
    return np.asarray(quick_jit(lambda clips: pipeline.batch(KEY, clips, ids, epoch=2))(clips))


def test_one_draw_for_all_frames_is_that_of_an_image():
    key = aj.image_key(KEY, 2, IDS[1])
    draws = SAME.sample(key, CLIPS.shape[1:])
    jax.tree.map(np.testing.assert_array_equal, draws, PLAIN.sample(key, CLIPS.shape[2:]))
    painted = batched(SAME)
    for frame in range(3):
        expected = PLAIN.apply(draws, CLIPS[1, frame])
        np.testing.assert_allclose(painted[1, frame], expected, atol=2e-5)


def test_equal_frames_stay_equal_or_become_different():
    still = np.repeat(CLIPS[:, :1], 3, axis=1)
    same, anew = batched(SAME, still), batched(ANEW, still)
    np.testing.assert_allclose(same[:, 1:], same[:, :2], atol=2e-6)
    assert np.abs(same[0] - same[1]).max() > 0.1, "clips differ"
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(anew[:, one] - anew[:, other]).max() > 0.1


def test_a_frame_drawn_anew_is_an_image_under_its_key():
    painted = batched(ANEW)
    key = aj.image_key(KEY, 2, IDS[0])
    draws = ANEW.sample(key, CLIPS.shape[1:])
    assert {leaf.shape[0] for leaf in jax.tree.leaves(draws)} == {3}
    for frame in (0, 2):
        below = jax.random.fold_in(aj.stream(key, "frames"), frame)
        alone = PLAIN.sample(below, CLIPS.shape[2:])
        jax.tree.map(lambda a, b, i=frame: np.testing.assert_array_equal(a[i], b), draws, alone)
        np.testing.assert_allclose(painted[0, frame], PLAIN(below, CLIPS[0, frame]), atol=2e-5)
    # Frames added change no other.
    fewer = ANEW.sample(key, (2, *CLIPS.shape[2:]))
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[:2], b), draws, fewer)


def test_images_are_what_they_are_without():
    np.testing.assert_array_equal(batched(SAME, CLIPS[:, 0]), batched(PLAIN, CLIPS[:, 0]))
    np.testing.assert_array_equal(batched(ANEW, CLIPS[:, 0]), batched(PLAIN, CLIPS[:, 0]))


@pytest.mark.parametrize("same_on", ["frames", "nothing"])
def test_targets_move_as_their_frames(same_on):
    pipeline = aj.Sequential(
        [aj.RandomFlip("horizontal"), aj.RandomCrop(6, 8)], boxes="xyxy", same_on=same_on
    )
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 5, (2, 3, 2, 2)).astype(np.float32)
    clips = {
        "image": CLIPS,
        "mask": (CLIPS[..., 0] > 0.5),
        "boxes": np.concatenate([corners, corners + 3], axis=-1),
        "boxes_valid": rng.random((2, 3, 2)) < 0.5,
        "keypoints": corners[..., :1, :],
        "label": np.array([4, 2]),
    }
    painted = jax.tree.map(np.asarray, quick_jit(lambda c: pipeline.batch(KEY, c, IDS))(clips))
    assert painted["boxes_visible"].shape == (2, 3, 2)
    np.testing.assert_array_equal(painted["label"], [4, 2])
    np.testing.assert_array_equal(painted["mask"], painted["image"][..., 0] > 0.5)
    alone = aj.Sequential(pipeline.transforms, boxes="xyxy")
    for clip in range(2):
        key = aj.image_key(KEY, 0, IDS[clip])
        for frame in (0, 2):
            own = key if same_on == "frames" else frame_key(key, frame)
            one = {name: part[clip, frame] for name, part in clips.items() if name != "label"}
            for name, part in alone(own, one).items():
                np.testing.assert_allclose(painted[name][clip, frame], part, atol=2e-5)


@pytest.mark.parametrize("same_on", ["frames", "nothing"])
def test_draws_apply_invert_and_tell_what_is_valid(same_on):
    move = aj.RandomTranslation(0.3, 0.3, fill_mode="constant", interpolation="nearest")
    pipeline, shape = aj.Sequential([move], same_on=same_on), CLIPS.shape[1:]
    draws = pipeline.sample(KEY, shape)
    again = json.loads(json.dumps(jax.tree.map(lambda draw: draw.tolist(), draws)))
    painted = np.asarray(pipeline.apply(again, CLIPS[0]))
    np.testing.assert_allclose(painted, pipeline(KEY, CLIPS[0]), atol=2e-5)
    shown = np.asarray(pipeline.valid(draws, shape))
    assert shown.shape == shape[:3] and 0.2 < shown.mean() < 1
    assert not painted[~shown].any() and painted[shown].any(-1).all()
    assert (shown == shown[:1]).all() == (same_on == "frames")
    back = np.asarray(pipeline.invert(draws, painted, shape))
    plain = aj.Sequential([move])
    for frame in (0, 2):
        drawn = jax.tree.map(lambda draw, i=frame: draw if same_on == "frames" else draw[i], draws)
        expected = plain.invert(drawn, painted[frame], shape[1:])
        np.testing.assert_allclose(back[frame], expected, atol=2e-5)


def test_draws_that_look_at_boxes_look_at_each_frames():
    crop = aj.RandomBoxSafeCrop(6, 6)
    with pytest.raises(ValueError, match=r"same_on='frames'\): RandomBoxSafeCrop looks at boxes"):
        aj.Sequential([aj.RandomFlip(), crop], boxes="xyxy", same_on="frames")
    pipeline = aj.Sequential([crop], boxes="xyxy", same_on="nothing")
    boxes = np.array([[[0, 0, 2, 2]], [[9, 6, 12, 9]], [[4, 4, 6, 6]]], np.float32)
    clip = {"image": CLIPS[0], "boxes": boxes}
    for seed in range(3):
        painted = pipeline(aj.key(seed), clip)
        np.testing.assert_allclose(painted["boxes_visible"], 1, atol=1e-5)


def test_views_of_clips_and_their_replay():
    views = aj.views(SAME, 2)
    painted = np.asarray(views.batch(KEY, CLIPS, IDS))
    assert painted.shape == (2, *CLIPS.shape)
    key = aj.image_key(KEY, 0, IDS[1])
    np.testing.assert_allclose(painted[1, 1], SAME(views.view_key(key, 1), CLIPS[1]), atol=2e-5)
    again = aj.replay(SAME, seed=1, epoch=2, id=7, image=CLIPS[0])
    np.testing.assert_allclose(again, batched(SAME)[0], atol=2e-5)


def test_a_frame_out_of_range_is_refused_or_alone_becomes_nan():
    clips = CLIPS.copy()
    clips[1, 2] *= 255
    with pytest.raises(ValueError, match="reads floating images in"):
        SAME(KEY, clips[1] * 255)
    dark = np.isnan(batched(SAME, clips)).all((2, 3, 4))
    np.testing.assert_array_equal(dark, [[False] * 3, [False, False, True]])
