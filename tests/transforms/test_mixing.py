"""Mixes: who is mixed with whom, how much of each, and what becomes of the labels."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.stats
from jax.sharding import NamedSharding, PartitionSpec

import augjax as aj
from augjax.training.mesh import data_mesh
from augjax.transforms.mixing.beta import beta
from augjax.transforms.mixing.partners import partners
from tests.helpers import noise

KEY = aj.stream(aj.key(5), "augment")
N, SHAPE, CLASSES = 16, (9, 14, 3), 4
IDS = aj.image_ids([f"Car/{i}.jpg" for i in range(N)])
IMAGES = noise(N, *SHAPE)
CLASS_LABELS = np.arange(N) % CLASSES
EVERY = [
    aj.MixUp(1.0, num_classes=CLASSES),
    aj.CutMix(num_classes=CLASSES),
    aj.RandomMixChoice([aj.MixUp(1.0), aj.CutMix()], num_classes=CLASSES),
]
every = pytest.mark.parametrize("mix", EVERY, ids=lambda mix: type(mix).__name__)


def assert_same_bits(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


def many_draws(mix, n=4000, **more):
    return mix.sample(KEY, np.arange(n, dtype=np.uint32), SHAPE, **more)


def images_of(*values):
    """Images of 2 x 4 pixels and one channel, a value each."""
    return np.broadcast_to(
        np.array(values, np.float32)[:, None, None, None], (len(values), 2, 4, 1)
    )


ON = jnp.array([True, True, True])
NEXT = jnp.array([1, 2, 0])


def test_mixup_by_hand():
    params = {"on": ON, "partner": NEXT, "lam": jnp.array([0.25, 0.5, 1.0])}
    mix = aj.MixUp(num_classes=3)
    images, labels = mix.apply(params, images_of(0.2, 0.6, 1.0), np.array([0, 1, 2]))
    # 0.25 of 0.2 and 0.75 of 0.6; half of 0.6 and of 1; all of 1.
    np.testing.assert_allclose(images[:, 0, 0, 0], [0.5, 0.8, 1.0], rtol=1e-6)
    np.testing.assert_allclose(labels, [[0.25, 0.75, 0], [0, 0.5, 0.5], [0, 0, 1]], rtol=1e-6)


def test_cutmix_by_hand():
    box = {"top": [0, 1, 0], "left": [1, 0, 0], "height": [2, 1, 0], "width": [2, 1, 4]}
    params = {"on": ON, "partner": NEXT, **jax.tree.map(jnp.array, box, is_leaf=is_list)}
    mix = aj.CutMix(num_classes=3)
    images, labels = mix.apply(params, images_of(0.2, 0.6, 1.0), np.array([0, 1, 2]))
    expected = images_of(0.2, 0.6, 1.0).copy()
    expected[0, :, 1:3] = expected[1, 0, 0]
    expected[1, 1, 0] = 1.0
    np.testing.assert_array_equal(images, expected)
    np.testing.assert_allclose(labels, [[0.5, 0.5, 0], [0, 7 / 8, 1 / 8], [0, 0, 1]], rtol=1e-6)


def is_list(value):
    return isinstance(value, list)


def test_a_choice_is_made_for_each_image():
    mix = aj.RandomMixChoice([aj.MixUp(), aj.CutMix()])
    half = {"top": jnp.zeros(3, int), "left": jnp.zeros(3, int)}
    half |= {"height": jnp.full(3, 1), "width": jnp.full(3, 4)}
    params = {
        "on": jnp.array([True, True, False]), "partner": NEXT, "choice": jnp.array([0, 1, 1]),
        "MixUp": {"on": ON, "lam": jnp.full(3, 0.75)}, "CutMix": {"on": ON, **half},
    }  # fmt: skip
    images, labels = mix.apply(params, images_of(0.0, 1.0, 0.0), np.array([0, 1, 0], np.float32))
    np.testing.assert_array_equal(images[0], np.full((2, 4, 1), 0.25))
    np.testing.assert_array_equal(images[1], [np.zeros((4, 1)), np.ones((4, 1))])
    np.testing.assert_array_equal(images[2], np.zeros((2, 4, 1)))
    np.testing.assert_array_equal(labels, [0.25, 0.5, 0.0])


@every
def test_labels_are_mixed_as_pixels_are(mix):
    # Of images as bright as their labels, the mean brightness is the mixed label.
    mix = dataclasses.replace(mix, num_classes=None)
    labels = np.linspace(0, 1, N, dtype=np.float32)
    images = np.broadcast_to(labels[:, None, None, None], (N, *SHAPE))
    mixed, soft = mix.batch(KEY, images, labels, IDS)
    np.testing.assert_allclose(np.asarray(mixed, np.float64).mean((1, 2, 3)), soft, atol=1e-6)
    assert (np.abs(soft - labels) > 1e-3).sum() > N // 2


def test_each_image_is_a_partner_once_in_one_circle():
    for n in (2, 3, 16):
        partner = np.asarray(many_draws(aj.MixUp(), n)["partner"])
        seen, at = [], 0
        for _ in range(n):
            seen.append(at)
            at = int(partner[at])
        assert sorted(seen) == list(range(n)) and at == 0
    assert many_draws(aj.MixUp(), 1)["partner"].tolist() == [0]


def test_partners_by_hand():
    draws = jnp.array([7, 3, 7, 5], jnp.uint32)
    ids = jnp.array([[9, 1], [0, 0], [8, 2], [0, 3]], jnp.uint32)
    everyone = jnp.ones(4, bool)
    # 3 < 5 < 7 of (8, 2) < 7 of (9, 1): rows 1, 3, 2, 0.
    assert partners(draws, ids, everyone).tolist() == [1, 3, 0, 2]
    # With words that differ in the second only: (9, 1) < (9, 2).
    assert partners(draws, ids.at[2, 0].set(9), everyone).tolist() == [2, 3, 1, 0]
    assert partners(draws, ids[:, 1], everyone).tolist() == [2, 3, 1, 0]
    # Row 3 fills up: rows 1, 2, 0.
    assert partners(draws, ids, everyone.at[3].set(False)).tolist() == [1, 2, 0, 3]
    assert partners(draws, ids, ~everyone).tolist() == [0, 1, 2, 3]


def test_partners_differ_from_epoch_to_epoch_and_are_all_as_likely():
    @jax.jit
    def of_epoch(epoch):
        return aj.MixUp().sample(KEY, np.arange(5, dtype=np.uint32), SHAPE, epoch=epoch)["partner"]

    found = jax.vmap(of_epoch)(jnp.arange(4000))
    for image in range(5):
        counts = np.bincount(found[:, image], minlength=5)
        assert counts[image] == 0
        # Four others, 1000 each: standard deviation 27.
        assert np.all(np.abs(np.delete(counts, image) - 1000) < 130)


@every
def test_neither_order_nor_devices_matter(mix):
    params = mix.sample(KEY, IDS, SHAPE, epoch=2)
    images, labels = mix.batch(KEY, IMAGES, CLASS_LABELS, IDS, epoch=2)
    order = np.random.default_rng(0).permutation(N)
    moved = mix.sample(KEY, IDS[order], SHAPE, epoch=2)
    np.testing.assert_array_equal(order[moved.pop("partner")], params["partner"][order])
    own = {name: part for name, part in params.items() if name != "partner"}
    assert_same_bits(moved, jax.tree.map(lambda draw: draw[order], own))
    reordered = mix.batch(KEY, IMAGES[order], CLASS_LABELS[order], IDS[order], epoch=2)
    np.testing.assert_allclose(reordered[0], images[order], atol=2e-5)
    np.testing.assert_allclose(reordered[1], labels[order], atol=1e-6)
    split = NamedSharding(data_mesh(jax.devices()[:8]), PartitionSpec("data"))
    on_devices = jax.device_put((IMAGES, jnp.asarray(CLASS_LABELS), IDS), split)
    sharded = jax.jit(lambda ids: mix.sample(KEY, ids, SHAPE, epoch=2))(on_devices[2])
    assert_same_bits(sharded, params)
    eightfold = mix.batch(KEY, *on_devices, epoch=2)
    np.testing.assert_allclose(eightfold[0], images, atol=2e-5)
    np.testing.assert_allclose(eightfold[1], labels, atol=1e-6)


@every
def test_draws_have_the_same_bits_with_and_without_jit_and_one_by_one(mix):
    strength, rows = 0.37, slice(0, 3)
    params = mix.sample(KEY, IDS[rows], SHAPE, strength=strength)
    jitted = jax.jit(lambda ids, s: mix.sample(KEY, ids, SHAPE, strength=s))
    assert_same_bits(jitted(IDS[rows], jnp.float32(strength)), params)
    with jax.disable_jit():
        assert_same_bits(mix.sample(KEY, IDS[rows], SHAPE, strength=strength), params)
    for i in range(3):
        alone = mix.sample(KEY, IDS[i : i + 1], SHAPE, strength=strength)
        for params_of in (alone, params):
            params_of.pop("partner", None)
        assert_same_bits(alone, jax.tree.map(lambda draw, i=i: draw[i : i + 1], params))


@pytest.mark.parametrize("alpha", [0.05, 0.2, 1.0, 4.0])
def test_beta_is_the_beta_distribution_in_the_same_bits_everywhere(alpha):
    keys = jax.vmap(lambda i: jax.random.fold_in(KEY, i))(jnp.arange(20_000))
    drawn = np.asarray(jax.vmap(lambda key: beta(key, alpha))(keys))
    assert drawn.min() >= 0 and drawn.max() <= 1
    for value in np.linspace(0.002, 0.998, 250):
        # Of chance alone it would be more than this for one seed in a thousand.
        found = np.mean(drawn <= value)
        assert abs(found - scipy.stats.beta(alpha, alpha).cdf(value)) < 1.95 / 20_000**0.5
    jitted = jax.jit(jax.vmap(lambda key: beta(key, alpha)))(keys)
    np.testing.assert_array_equal(jitted, drawn)
    one = jax.jit(lambda key: beta(key, alpha))
    for i in range(0, 200, 9):
        assert one(keys[i]) == beta(keys[i], alpha) == drawn[i]


def test_alphas_far_out_are_sound():
    halves, wholes = (np.asarray(many_draws(aj.MixUp(alpha))["lam"]) for alpha in (1e6, 1e-4))
    np.testing.assert_allclose(halves, 0.5, atol=0.003)  # Eight standard deviations.
    assert np.mean(wholes < 1e-3) > 0.45 < np.mean(wholes > 0.999)
    assert np.isfinite(wholes).all() and wholes.min() >= 0 and wholes.max() <= 1


def test_cuts_lie_inside_and_have_the_area_of_beta():
    params = jax.tree.map(np.asarray, many_draws(aj.CutMix()))
    height, width, _ = SHAPE
    assert (params["top"] >= 0).all() and (params["top"] + params["height"] <= height).all()
    assert (params["left"] >= 0).all() and (params["left"] + params["width"] <= width).all()
    assert (params["height"] >= 0).all() and (params["width"] >= 0).all()
    for side, last in (("top", height), ("left", width)):
        assert set(range(last // 2)) <= set(params[side].tolist())
    # At strength 1/4 an edge is at most half of what it was.
    quarter = jax.tree.map(np.asarray, many_draws(aj.CutMix(), strength=0.25))
    assert quarter["height"].max() <= height // 2 and quarter["width"].max() <= width // 2


@every
def test_at_strength_0_nothing_is_mixed(mix):
    images, labels = mix.batch(KEY, IMAGES, CLASS_LABELS, IDS, strength=0.0)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, np.eye(CLASSES)[CLASS_LABELS])


def test_strength_scales_what_comes_from_the_partner_and_has_a_gradient():
    full, half = (many_draws(aj.MixUp(1.0), 50, strength=s)["lam"] for s in (1.0, 0.5))
    np.testing.assert_allclose(1 - half, (1 - full) / 2, atol=1e-7)

    def brightness(strength):
        return (
            aj.MixUp(1.0).batch(KEY, IMAGES, CLASS_LABELS / 3, IDS, strength=strength)[0][0].sum()
        )

    slope = jax.grad(brightness)(0.5)
    np.testing.assert_allclose(slope, brightness(1.0) - brightness(0.0), rtol=1e-3)
    assert abs(slope) > 0.1


def test_strength_and_epoch_are_traced():
    traces = 0

    @jax.jit
    def mixed(epoch, strength):
        nonlocal traces
        traces += 1
        return EVERY[2].batch(KEY, IMAGES, CLASS_LABELS, epoch=epoch, strength=strength)

    for epoch in range(3):
        mixed(jnp.int32(epoch), jnp.float32(epoch / 2))
    assert traces == 1


@every
def test_rows_that_fill_up_stay_and_are_nobodys_partner(mix):
    mask = np.arange(N) % 4 != 1
    ids, filled = IDS.copy(), IMAGES.copy()
    ids[~mask], filled[~mask] = 0, 0.5
    images, labels = mix.batch(KEY, filled, CLASS_LABELS, ids, mask=mask)
    np.testing.assert_array_equal(images[~mask], filled[~mask])
    np.testing.assert_array_equal(labels[~mask], np.eye(CLASSES)[CLASS_LABELS[~mask]])
    alone = mix.batch(KEY, IMAGES[mask], CLASS_LABELS[mask], IDS[mask])
    np.testing.assert_allclose(images[mask], alone[0], atol=2e-6)
    np.testing.assert_allclose(labels[mask], alone[1], atol=1e-6)


@every
def test_p_is_the_share_of_images_that_are_mixed(mix):
    never = dataclasses.replace(mix, p=0.0)
    np.testing.assert_array_equal(never.batch(KEY, IMAGES, CLASS_LABELS)[0], IMAGES)
    sometimes = many_draws(dataclasses.replace(mix, p=0.3))
    assert abs(np.mean(sometimes["on"]) - 0.3) < 0.03  # Four standard deviations.
    assert np.all(many_draws(mix)["on"])


def test_choices_follow_the_weights_and_change_no_other_draw():
    mixes = [aj.MixUp(), aj.CutMix()]
    params = many_draws(aj.RandomMixChoice(mixes, (1, 3)))
    assert abs(np.mean(params["choice"]) - 0.75) < 0.03
    for mix in mixes:
        alone = many_draws(mix)
        del alone["partner"]
        assert_same_bits(params[mix.label], alone)
    named = many_draws(aj.RandomMixChoice(mixes, name="inner"))
    assert np.any(named["MixUp"]["lam"] != params["MixUp"]["lam"])
    only = aj.RandomMixChoice(mixes, (0, 1), num_classes=CLASSES)
    assert np.all(many_draws(only)["choice"] == 1)


@every
def test_labels_sum_to_one(mix):
    mix = dataclasses.replace(mix, label_smoothing=0.1)
    soft = np.random.default_rng(0).dirichlet(np.full(CLASSES, 0.3), N).astype(np.float32)
    for given in (CLASS_LABELS, CLASS_LABELS.astype(np.uint8), soft):
        for smoothing in (0.0, 0.1, 1.0):
            smooth = dataclasses.replace(mix, label_smoothing=smoothing)
            labels = np.asarray(smooth.batch(KEY, IMAGES, given, IDS)[1])
            assert labels.dtype == np.float32 and labels.shape == (N, CLASSES)
            np.testing.assert_allclose(labels.sum(axis=1), 1.0, atol=1e-6)
            assert labels.min() >= smoothing / CLASSES - 1e-7


def test_smoothing_by_hand():
    def smoothed(labels, **more):
        mix = aj.MixUp(label_smoothing=0.3, p=0.0, **more)
        return mix.batch(KEY, images_of(*labels), labels)[1]

    expected = [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]
    np.testing.assert_allclose(smoothed(np.array([0, 2]), num_classes=3), expected, rtol=1e-6)
    binary = smoothed(np.array([0, 1, 0.5], np.float32))
    np.testing.assert_allclose(binary, [0.15, 0.85, 0.5], rtol=1e-6)


def test_binary_labels_of_a_column_are_smoothed_as_such():
    mix = aj.MixUp(label_smoothing=0.3, p=0.0)
    column = mix.batch(KEY, images_of(0.0, 1.0), np.array([[0], [1]], np.float32))[1]
    np.testing.assert_allclose(column, [[0.15], [0.85]], rtol=1e-6)


@every
def test_types_of_images(mix):
    pixels = np.random.default_rng(0).integers(0, 256, (N, *SHAPE), np.uint8)
    images, _ = mix.batch(KEY, pixels, CLASS_LABELS)
    assert images.dtype == jnp.float32
    floats = pixels.astype(np.float32) / np.float32(255)
    np.testing.assert_allclose(images, mix.batch(KEY, floats, CLASS_LABELS)[0], atol=1e-6)
    low = jnp.asarray(floats, jnp.bfloat16)
    images, labels = mix.batch(KEY, low, CLASS_LABELS)
    assert images.dtype == jnp.bfloat16 and labels.dtype == jnp.float32
    exact = mix.batch(KEY, low.astype(jnp.float32), CLASS_LABELS)[0]
    np.testing.assert_allclose(images.astype(jnp.float32), exact, rtol=1 / 128)
    assert mix.batch(KEY, floats.astype(np.float64), CLASS_LABELS)[0].dtype == jnp.float32
    # Any range will do, since mixing is linear.
    wide, _ = mix.batch(KEY, floats * 255, CLASS_LABELS)
    np.testing.assert_allclose(wide / 255, mix.batch(KEY, floats, CLASS_LABELS)[0], atol=1e-6)


@every
def test_a_batch_is_sample_and_apply(mix):
    images, labels = mix.batch(KEY, IMAGES, CLASS_LABELS, IDS, epoch=3, strength=0.6)
    params = mix.sample(KEY, IDS, SHAPE, epoch=3, strength=0.6)
    expected = mix.apply(params, IMAGES, CLASS_LABELS)
    np.testing.assert_allclose(images, expected[0], atol=2e-6)
    np.testing.assert_allclose(labels, expected[1], atol=1e-6)
    by_place = mix.batch(KEY, IMAGES, CLASS_LABELS)
    positions = np.arange(N, dtype=np.uint32)
    assert_same_bits(by_place, mix.batch(KEY, IMAGES, CLASS_LABELS, positions))
    for changed in (
        mix.batch(KEY, IMAGES, CLASS_LABELS, IDS, epoch=4, strength=0.6),
        mix.batch(aj.key(6), IMAGES, CLASS_LABELS, IDS, epoch=3, strength=0.6),
        dataclasses.replace(mix, name="another").batch(
            KEY, IMAGES, CLASS_LABELS, IDS, epoch=3, strength=0.6
        ),
    ):
        assert np.any(changed[0] != images)


@every
def test_a_pipeline_before_it_is_not_resampled_anew_for_each_pixel(mix):
    # What XLA:CPU fuses with the mix is done again wherever it is read: thirteen times the time.
    augment = aj.Sequential([aj.RandomRotation(0.1), aj.RandomTranslation(0.1, 0.1)])

    def augmented(images):
        return mix.batch(KEY, augment.batch(KEY, images, IDS), CLASS_LABELS, IDS)

    program = jax.jit(augmented).lower(IMAGES).compile().as_text() or ""
    entry = program[program.index("ENTRY") :]
    assert " conditional(" in entry


@pytest.mark.usefixtures("adam_may_promote")
def test_a_users_own_step_learns_three_classes_from_mixed_labels():
    augment = aj.Sequential([aj.RandomBrightness(0.1)])
    mix = aj.RandomMixChoice([aj.MixUp(0.4), aj.CutMix()], num_classes=3, label_smoothing=0.1)
    optimizer = optax.adam(0.05)

    def logits(params, images):
        return images.mean(axis=(1, 2)) @ params["weights"] + params["bias"][None]

    @jax.jit
    def train_step(params, opt_state, images, labels, ids, epoch):
        images = augment.batch(KEY, images, ids, epoch=epoch)
        images, labels = mix.batch(KEY, images, labels, ids, epoch=epoch)
        loss = lambda p: optax.softmax_cross_entropy(logits(p, images), labels).mean()  # noqa: E731
        updates, opt_state = optimizer.update(jax.grad(loss)(params), opt_state)
        return optax.apply_updates(params, updates), opt_state

    # Red, green and blue, as uint8.
    labels = np.arange(24) % 3
    images = np.zeros((24, 8, 8, 3), np.uint8)
    images[np.arange(24), :, :, labels] = 200
    params = {"weights": jnp.zeros((3, 3)), "bias": jnp.zeros(3)}
    opt_state = optimizer.init(params)
    for epoch in range(60):
        ids = np.arange(24, dtype=np.uint32)
        params, opt_state = train_step(params, opt_state, images, labels, ids, jnp.int32(epoch))
    found = logits(params, images.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(np.argmax(found, axis=1), labels)
