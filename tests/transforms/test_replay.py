"""What an image became in an epoch can be rendered again from its name."""

from pathlib import PurePosixPath

import jax
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.replay import replay_key
from tests.helpers import noise, quick_jit
from tests.transforms.painting import draw

PIPELINE = aj.Sequential(
    [
        aj.RandomContrast(0.2),
        aj.RandomFlip(),
        aj.RandomRotation(0.2),
        aj.RandomGaussianBlur(3),
        aj.RandomErasing(value="random", p=0.7),
        aj.RandomGaussianNoise((0.0, 0.1)),
    ]
)
MOTION = aj.Sequential([aj.RandomFlip(), aj.RandomRotation(0.2)])
PATHS = [f"Car/{i}.jpg" for i in range(6)]
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 12, 17, 3), np.uint8)


def trained(pipeline, images, ids, *, seed, epoch, stream="augment"):
    batch = quick_jit(lambda key, *arrays: pipeline.batch(key, *arrays, epoch=epoch))
    return jax.tree.map(np.asarray, batch(aj.stream(aj.key(seed), stream), images, ids))


def test_a_path_is_enough():
    batch = trained(PIPELINE, PIXELS, aj.image_ids(PATHS), seed=5, epoch=3)
    for i in (0, 4):
        again = aj.replay(PIPELINE, seed=5, epoch=3, id=PATHS[i], image=PIXELS[i])
        np.testing.assert_allclose(again, batch[i], atol=2e-5)
        others = [
            aj.replay(PIPELINE, seed=6, epoch=3, id=PATHS[i], image=PIXELS[i]),
            aj.replay(PIPELINE, seed=5, epoch=4, id=PATHS[i], image=PIXELS[i]),
            aj.replay(PIPELINE, seed=5, epoch=3, id=PATHS[1], image=PIXELS[i]),
            aj.replay(PIPELINE, seed=5, epoch=3, id=PATHS[i], image=PIXELS[i], stream="other"),
        ]
        for other in others:
            assert np.abs(np.asarray(other) - batch[i]).max() > 0.01


def test_ids_of_one_and_of_two_words():
    numbers = np.array([7, 2**32 - 1], np.uint32)
    batch = trained(MOTION, PIXELS[:2], numbers, seed=0, epoch=1)
    for i, id in enumerate((7, numbers[1])):
        again = aj.replay(MOTION, seed=0, epoch=1, id=id, image=PIXELS[i])
        np.testing.assert_allclose(again, batch[i], atol=2e-5)
    words, path = aj.image_ids(PATHS)[2], PurePosixPath(PATHS[2])
    by_words, by_path = (
        aj.replay(MOTION, seed=0, epoch=1, id=id, image=PIXELS[2]) for id in (words, path)
    )
    np.testing.assert_array_equal(by_words, by_path)


def test_draws_are_those_of_training_to_the_bit():
    ids = aj.image_ids(PATHS)
    key = aj.stream(aj.key(5), "augment")
    drawn = quick_jit(
        jax.vmap(lambda id: PIPELINE.sample(aj.image_key(key, 3, id), PIXELS.shape[1:]))
    )(ids)
    drawn = jax.tree.map(np.asarray, drawn)
    for i, path in enumerate(PATHS):
        again = draw(PIPELINE, replay_key(seed=5, epoch=3, id=path), PIXELS.shape[1:])
        jax.tree.map(lambda a, b, i=i: np.testing.assert_array_equal(a[i], b), drawn, again)


def test_targets_are_replayed_with_their_image():
    examples = {"image": PIXELS, "mask": PIXELS[..., 0], "keypoints": noise(6, 2, 2) * 10}
    batch = trained(MOTION, examples, aj.image_ids(PATHS), seed=0, epoch=2)
    one = {name: part[3] for name, part in examples.items()}
    again = aj.replay(MOTION, seed=0, epoch=2, id=PATHS[3], image=one)
    assert set(again) == set(batch)
    np.testing.assert_array_equal(again["mask"], batch["mask"][3])
    np.testing.assert_allclose(again["keypoints"], batch["keypoints"][3], atol=1e-4)


@pytest.mark.parametrize("id", [-1, 2**32, np.zeros(3, np.uint32)])
def test_ids_that_cannot_be(id):
    with pytest.raises((ValueError, TypeError)):
        aj.replay(PIPELINE, seed=0, epoch=1, id=id, image=PIXELS[0])


def test_an_epoch_that_cannot_be():
    with pytest.raises(ValueError, match=r"epoch=-1: expected a whole number"):
        aj.replay(PIPELINE, seed=0, epoch=-1, id=1, image=PIXELS[0])
