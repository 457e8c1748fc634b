"""Given the same draws, mixes do what Keras and torchvision do."""

import functools
import math

import jax
import numpy as np
import pytest

import augjax as aj
from augjax.draws import beta, whole_number
from tests.oracles import keras, tf
from tests.transforms.mixing_examples import (
    CHOICE,
    CLASS_LABELS,
    CLASSES,
    EVERY,
    IDS,
    IMAGES,
    KEY,
    SHAPE,
    N,
    apply,
    run,
)

ONE_HOT = np.eye(CLASSES, dtype=np.float32)[CLASS_LABELS]


def keras_mix(layer, transformation):
    images = layer.transform_images(tf.constant(IMAGES), transformation, training=True)
    labels = layer.transform_labels(tf.constant(ONE_HOT), transformation, training=True)
    return images.numpy(), labels.numpy()


def keras_mixup(params):
    return keras_mix(
        keras.layers.MixUp(),
        {"mix_weight": params["lam"], "permutation_order": params["partner"]},
    )


def keras_cutmix(params):
    layer = keras.layers.CutMix()
    top, left = (np.float32(params[side]) for side in ("top", "left"))
    bottom, right = top + np.float32(params["height"]), left + np.float32(params["width"])
    corners = tuple(tf.constant(side) for side in (left, right, top, bottom))
    masks, weight = layer._generate_batch_mask((N, *SHAPE), corners)
    order = params["partner"]
    return keras_mix(
        layer, {"batch_masks": masks, "mix_weight": weight, "permutation_order": order}
    )


@pytest.mark.parity("MixUp", "keras.layers.MixUp")
def test_mixup(same):
    params, mixed = run(EVERY[0])
    for ours, theirs in zip(mixed, keras_mixup(params), strict=True):
        same(ours, theirs, tolerance=1e-6)


@pytest.mark.parity("CutMix", "keras.layers.CutMix")
def test_cutmix(same):
    params, mixed = run(EVERY[1])
    for ours, theirs in zip(mixed, keras_cutmix(params), strict=True):
        same(ours, theirs, tolerance=1e-6)


@pytest.mark.parity("RandomMixChoice", "keras.layers.MixUp and CutMix")
def test_choice(same):
    params, mixed = run(CHOICE)
    cut = params["choice"] == 1
    assert cut.any() and not cut.all()
    partner = {"partner": params["partner"]}
    both = keras_mixup(params["MixUp"] | partner), keras_cutmix(params["CutMix"] | partner)
    for ours, blended, pasted in zip(mixed, *both, strict=True):
        chosen = np.where(cut.reshape(-1, *[1] * (blended.ndim - 1)), pasted, blended)
        same(ours, chosen, tolerance=1e-6)


@pytest.mark.parity("CutMix", "torchvision.transforms.v2.CutMix, in Python")
@pytest.mark.parametrize("alpha", [pytest.param(0.2, marks=pytest.mark.long), 1.0])
def test_boxes_and_labels_are_torchvisions(same, alpha):
    mix = aj.CutMix(alpha, num_classes=CLASSES)
    params, (_, labels) = run(mix)
    height, width, _ = SHAPE

    @jax.jit
    @functools.partial(jax.vmap, in_axes=(None, 0))
    def drawn(key, image_id):
        own = aj.stream(aj.image_key(key, 0, image_id), "CutMix")
        return (
            beta(aj.stream(own, "lam"), alpha),
            whole_number(aj.stream(own, "y"), 0, height - 1),
            whole_number(aj.stream(own, "x"), 0, width - 1),
        )

    boxes, expected = [], []
    for i, (share, centre_y, centre_x) in enumerate(np.stack(drawn(KEY, IDS), axis=-1).tolist()):
        lam = 1.0 - share
        ratio = 0.5 * math.sqrt(1.0 - lam)
        half_height, half_width = int(ratio * height), int(ratio * width)
        top, bottom = max(centre_y - half_height, 0), min(centre_y + half_height, height)
        left, right = max(centre_x - half_width, 0), min(centre_x + half_width, width)
        boxes.append([top, left, bottom - top, right - left])
        kept = 1.0 - (bottom - top) * (right - left) / (height * width)
        partner = int(params["partner"][i])
        expected.append(kept * ONE_HOT[i] + (1.0 - kept) * ONE_HOT[partner])
    names = ("top", "left", "height", "width")
    np.testing.assert_array_equal(np.stack([params[name] for name in names], axis=1), boxes)
    same(labels, expected, tolerance=1e-6)


@pytest.mark.parity("MixUp", "torchvision.transforms.v2.MixUp, in NumPy")
def test_a_roll_is_one_way_to_choose_partners(same):
    # torchvision mixes each image with the one before it, by one draw for the batch.
    params = {
        "on": np.ones(N, bool),
        "partner": np.roll(np.arange(N), 1),
        "lam": np.full(N, 0.3, np.float32),
    }
    images, labels = apply(EVERY[0], params)
    same(images, np.roll(IMAGES, 1, 0) * 0.7 + IMAGES * 0.3, tolerance=1e-6)
    same(labels, np.roll(ONE_HOT, 1, 0) * 0.7 + ONE_HOT * 0.3, tolerance=1e-6)
