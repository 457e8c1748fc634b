"""RandAugment, TrivialAugmentWide, AutoAugment and AugMix: what is drawn, and what comes of it."""

import json
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import augjax as aj
from augjax.transforms.policy.aug_mix import dirichlet
from augjax.transforms.policy.auto_augment_policies import POLICIES
from augjax.transforms.policy.operations import OPERATIONS
from tests.helpers import noise
from tests.transforms.pillow_operations import by_pillow

KEY = aj.key(5)
SHAPE = (40, 48, 3)
AT = {name: place for place, name in enumerate(OPERATIONS)}
LAYERED = [
    aj.RandAugment(),
    aj.RandAugment(3, 30),
    aj.TrivialAugmentWide(),
    *(aj.AutoAugment(policy) for policy in POLICIES),
]
ALL = [*LAYERED, aj.AugMix(), aj.AugMix(10, 2, 4, 2, all_ops=False)]
each_layered = pytest.mark.parametrize("policy", LAYERED, ids=str)
each = pytest.mark.parametrize("policy", ALL, ids=str)


def draws(policy, n, strength=1.0, shape=SHAPE):
    keys = jax.vmap(lambda i: aj.image_key(KEY, 0, i))(jnp.arange(n, dtype=jnp.uint32))
    drawn = jax.jit(jax.vmap(lambda key: policy.sample(key, shape, strength=strength)))(keys)
    return jax.tree.map(np.asarray, drawn)


def layers(*pairs):
    """Draws of a policy by names."""
    names, magnitudes = zip(*pairs, strict=True)
    return {
        "operation": np.array([AT[name] for name in names], np.int32),
        "magnitude": np.array(magnitudes, np.float32),
    }


def through_pillow(operation, magnitude, pixels):
    for o, m in zip(operation, magnitude, strict=True):
        pixels = by_pillow(o, m, pixels)
    return pixels


def pictures(n):
    """Noise on a ramp: of all levels, and unlike at each pixel."""
    ramp = np.linspace(0, 155, SHAPE[1])[:, None]
    return (ramp + 100 * noise(n, *SHAPE)).astype(np.uint8)


@pytest.mark.parity("RandAugment", "Pillow")
@pytest.mark.parity("TrivialAugmentWide", "Pillow")
@pytest.mark.parity("AutoAugment", "Pillow")
@each_layered
def test_a_batch_is_what_pillow_makes_of_the_draws(policy, same):
    n, pixels = 120, pictures(120)
    drawn = draws(policy, n)
    theirs = np.stack(
        [
            through_pillow(*one)
            for one in zip(drawn["operation"], drawn["magnitude"], pixels, strict=True)
        ]
    )
    ours = policy.batch(KEY, pixels)
    same(ours, theirs / np.float32(255), 1e-6, tipped=1e-4)


@pytest.mark.parity("AugMix", "Pillow")
@pytest.mark.parametrize("policy", ALL[-2:], ids=str)
def test_a_mixture_is_that_of_pillows_chains(policy, same):
    n, pixels = 40, pictures(40)
    drawn = draws(policy, n)
    drawn["magnitude"] = np.where(
        drawn["operation"] == AT["Posterize"],
        np.maximum(drawn["magnitude"], 1),  # Pillow knows no 0 bits.
        drawn["magnitude"],
    )
    theirs = []
    for i in range(n):
        chains = [
            through_pillow(*chain, pixels[i])
            for chain in zip(drawn["operation"][i], drawn["magnitude"][i], strict=True)
        ]
        parts = np.stack([pixels[i], *chains]).astype(np.float64)
        theirs.append(np.tensordot(drawn["weights"][i].astype(np.float64), parts, 1) / 255)
    ours = jax.jit(jax.vmap(policy.apply))(drawn, pixels)
    same(ours, np.stack(theirs), 1e-6, tipped=1e-4)


def assert_frequencies(found, expected):
    """Counts follow probabilities, by a test that fails one time in a thousand."""
    expected = np.asarray(expected, float)
    total = np.sum(found)
    assert stats.chisquare(found, expected / expected.sum() * total).pvalue > 1e-3


@pytest.mark.parametrize("policy", [aj.RandAugment(), aj.TrivialAugmentWide()], ids=str)
def test_each_of_fourteen_operations_is_as_likely_in_each_layer(policy):
    operation = draws(policy, 7000)["operation"]
    for layer in operation.T:
        assert_frequencies(np.bincount(layer, minlength=15)[:14], np.ones(14))
    assert operation.max() == 13, "RandAugment has no Invert"
    if operation.shape[1] > 1:
        together = Counter(map(tuple, operation.tolist()))
        assert_frequencies([together[a, b] for a in range(14) for b in range(14)], np.ones(196))


def test_magnitudes_have_either_sign_and_trivial_ones_any_bin():
    drawn = draws(aj.RandAugment(1, 9), 4000)
    shears = drawn["magnitude"][drawn["operation"] == AT["ShearX"]]
    np.testing.assert_allclose(np.unique(shears), [-0.09, 0.09], rtol=1e-6)
    assert_frequencies([(shears > 0).sum(), (shears < 0).sum()], [1, 1])
    bits = drawn["magnitude"][drawn["operation"] == AT["Posterize"]]
    assert set(bits.tolist()) == {7}
    drawn = draws(aj.TrivialAugmentWide(5), 8000)
    turns = drawn["magnitude"][drawn["operation"] == AT["Rotate"]]
    steps = np.arange(-4, 5) * 135 / 4
    found = [np.isclose(turns, step).sum() for step in steps]
    assert sum(found) == turns.size
    assert_frequencies(found, [1] * 4 + [2] + [1] * 4)


@pytest.mark.parametrize("name", POLICIES)
def test_auto_augment_takes_each_operation_as_often_as_its_policy_says(name):
    drawn = draws(aj.AutoAugment(name), 5000)
    likely = np.zeros((2, 15))
    for pair in POLICIES[name]:
        for layer, (operation, p, _) in enumerate(pair):
            likely[layer, AT[operation]] += p / 25
    for layer in range(2):
        likely[layer, 0] = 1 - likely[layer].sum()
        there = likely[layer] > 1e-9
        found = np.bincount(drawn["operation"][:, layer], minlength=15)
        assert not found[~there].any()
        assert_frequencies(found[there], likely[layer][there])


def test_the_policies_that_were_found():
    """Lines of the paper's tables, by hand."""
    assert [len(pairs) for pairs in POLICIES.values()] == [25, 25, 25]
    imagenet, cifar10, svhn = POLICIES.values()
    assert imagenet[0] == (("Posterize", 0.4, 8), ("Rotate", 0.6, 9))
    assert imagenet[8] == (("Rotate", 0.2, 3), ("Solarize", 0.6, 8))
    assert imagenet[18] == (("ShearX", 0.6, 5), ("Equalize", 1.0, None))
    assert cifar10[0] == (("Invert", 0.1, None), ("Contrast", 0.2, 6))
    assert cifar10[13] == (("Brightness", 0.9, 6), ("Color", 0.2, 8))
    assert cifar10[24] == (("TranslateY", 0.7, 9), ("AutoContrast", 0.9, None))
    assert svhn[0] == (("ShearX", 0.9, 4), ("Invert", 0.2, None))
    assert svhn[15] == (("Invert", 0.8, None), ("TranslateY", 0.0, 2))
    assert svhn[24] == (("ShearX", 0.7, 2), ("Invert", 0.1, None))
    names = {name for pairs in POLICIES.values() for pair in pairs for name, _, _ in pair}
    assert names == set(OPERATIONS) - {"Identity"}


def test_chains_have_one_to_three_operations_and_weights_of_a_dirichlet():
    drawn = draws(aj.AugMix(), 4000)
    depth = (drawn["operation"] > 0).sum(axis=-1)
    for layer in range(3):
        assert ((drawn["operation"][..., layer] > 0) == (depth > layer)).all()
    assert_frequencies([(depth == n).sum() for n in (1, 2, 3)], [1, 1, 1])
    assert not np.isin(drawn["operation"], [AT["Invert"]]).any()
    without = draws(aj.AugMix(all_ops=False), 2000)["operation"]
    assert_frequencies(
        np.bincount(without[:, :, 0].ravel(), minlength=15)[[1, 2, 3, 4, 5, 10, 11, 12, 13]],
        [1] * 9,
    )
    assert (draws(aj.AugMix(chain_depth=5), 50)["operation"] > 0).all()
    weights = drawn["weights"]
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=3e-7)
    assert (weights >= 0).all()
    assert stats.kstest(weights[:, 0], "uniform").pvalue > 1e-3
    # A third of a share of U[0, 1]: of Dirichlet(1, 1, 1), each is Beta(1, 2).
    shares = weights[:, 1:] / (1 - weights[:, :1])
    for share in shares.T:
        assert stats.kstest(share, stats.beta(1, 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize("alpha", [1, 2, 5])
@pytest.mark.parametrize("parts", [1, 2, 4])
def test_distances_of_sorted_numbers_are_dirichlet(alpha, parts):
    keys = jax.random.split(aj.key(alpha), 4000)
    weights = np.asarray(jax.vmap(lambda key: dirichlet(key, alpha, parts))(keys))
    assert weights.shape == (4000, parts)
    if parts == 1:
        assert (weights == 1).all()
        return
    for weight in weights.T:
        of_one = stats.beta(alpha, alpha * (parts - 1))
        assert stats.kstest(weight, of_one.cdf).pvalue > 1e-3


@each
def test_strength_scales_magnitudes_about_what_changes_nothing(policy):
    full, half, none = (draws(policy, 600, strength) for strength in (1.0, 0.5, 0.0))
    for name, place in AT.items():
        here = full["operation"] == place
        if name in ("AutoContrast", "Equalize", "Invert"):
            if here.sum() > 30:
                assert 0.3 < (half["operation"] == place)[here].mean() < 0.7
            assert not (none["operation"] == place).any()
            continue
        unchanged = {"Posterize": 8, "Solarize": 256}.get(name, 0)
        was, became = full["magnitude"][here], half["magnitude"][here]
        halfway = unchanged + (was - unchanged) / 2
        if name == "Posterize":
            assert (np.abs(became - halfway) <= 0.5).all() and (became == np.round(became)).all()
        else:
            np.testing.assert_allclose(became, halfway, rtol=1e-6)
        assert (none["magnitude"][here] == unchanged).all()
        assert (half["operation"][here] == place).all()
    images = noise(40, *SHAPE)
    np.testing.assert_allclose(policy.batch(KEY, images, strength=0.0), images, atol=1e-6)


def test_a_strength_above_1_stops_at_the_end_of_what_there_is():
    drawn = draws(aj.TrivialAugmentWide(), 1000, 3.0)
    lowest = {"Brightness": -1, "Color": -1, "Posterize": 1, "Solarize": 0}
    for name, least in lowest.items():
        here = drawn["magnitude"][drawn["operation"] == AT[name]]
        assert here.min() == least
    turns = np.abs(drawn["magnitude"][drawn["operation"] == AT["Rotate"]])
    assert turns.max() == 3 * 135


EXAMPLE = {
    "mask": (np.arange(40 * 48) % 7).reshape(40, 48).astype(np.int32),
    "boxes": np.array([[10, 12, 20, 22]], np.float32),
    "keypoints": np.array([[15, 16], [2, 3]], np.float32),
}


def test_what_belongs_to_an_image_moves_with_it():
    pipeline = aj.Sequential([aj.RandAugment()], boxes="xyxy")
    image = pictures(1)[0]
    params = {"RandAugment": layers(("TranslateX", -5.7), ("Equalize", 0.0))}
    moved = pipeline.apply(params, {"image": image, **EXAMPLE})
    np.testing.assert_array_equal(moved["mask"][:, :43], EXAMPLE["mask"][:, 5:])
    np.testing.assert_array_equal(moved["mask"][:, 43:], 0)
    np.testing.assert_allclose(moved["boxes"], [[5, 12, 15, 22]], atol=1e-5)
    np.testing.assert_allclose(moved["keypoints"], [[10, 16], [-3, 3]], atol=1e-5)
    assert moved["keypoints_visible"].tolist() == [True, False]
    shown = pipeline.valid(params, SHAPE)
    assert shown[:, :43].all() and not shown[:, 43:].any()
    back = pipeline.invert(params, {"mask": moved["mask"]}, SHAPE)
    np.testing.assert_array_equal(back["mask"][:, 5:], EXAMPLE["mask"][:, 5:])


def test_two_moves_of_points_are_one_after_the_other():
    """A quarter turn counter-clockwise about (23.5, 19.5), then down by 3."""
    params = {"RandAugment": layers(("Rotate", 90.0), ("TranslateY", 3.0))}
    pipeline = aj.Sequential([aj.RandAugment()])
    moved = pipeline.apply(params, {"keypoints": np.array([[25.5, 20.5]], np.float32)}, shape=SHAPE)
    np.testing.assert_allclose(moved["keypoints"], [[24.5, 20.5]], atol=1e-3)


def test_nothing_that_belongs_to_a_mixed_image_moves():
    pipeline = aj.Sequential([aj.AugMix()], boxes="xyxy")
    mixed = pipeline.batch(
        KEY,
        {
            "image": pictures(3),
            **{name: np.stack([part] * 3) for name, part in EXAMPLE.items()},
        },
    )
    for name, part in EXAMPLE.items():
        np.testing.assert_array_equal(mixed[name], np.stack([part] * 3))
    assert pipeline.valid(pipeline.sample(KEY, SHAPE), SHAPE).all()


def test_what_lies_beyond_is_filled_as_asked():
    image = noise(1, *SHAPE)[0]
    left = layers(("TranslateX", -8.0), ("Identity", 0.0))
    white = aj.RandAugment(fill_value=1.0).apply(left, image)
    assert (white[:, 40:] == 1).all() and (aj.RandAugment().apply(left, image)[:, 40:] == 0).all()
    mirrored = aj.RandAugment(fill_mode="reflect").apply(left, image)
    np.testing.assert_array_equal(mirrored[:, 40:], image[:, 40:][:, ::-1])
    np.testing.assert_array_equal(mirrored[:, :40], image[:, 8:])


def test_draws_can_be_written_read_and_edited():
    policy = aj.RandAugment()
    image = pictures(1)[0]
    params = policy.sample(KEY, SHAPE)
    read = json.loads(json.dumps(jax.tree.map(lambda value: value.tolist(), params)))
    np.testing.assert_array_equal(policy.apply(read, image), policy.apply(params, image))
    read["operation"], read["magnitude"] = [AT["Invert"], 0], [0.0, 0.0]
    np.testing.assert_allclose(policy.apply(read, image), (255 - image) / 255.0, atol=1e-7)


@each
def test_a_training_step_has_a_gradient_and_one_compilation(policy):
    images, traces = jnp.asarray(noise(6, *SHAPE)), 0

    @jax.jit
    @jax.value_and_grad
    def loss(scale, epoch, strength):
        nonlocal traces
        traces += 1
        batch = policy.batch(KEY, images * scale, epoch=epoch, strength=strength)
        return (batch**2).mean()

    for epoch in range(3):
        value, gradient = loss(jnp.float32(0.9), jnp.int32(epoch), jnp.float32(epoch / 2))
        assert np.isfinite(value) and np.isfinite(gradient)
    assert traces == 1
    # At strength 0 nothing stands in the way of the gradient.
    value, gradient = loss(jnp.float32(0.9), jnp.int32(0), jnp.float32(0))
    np.testing.assert_allclose(gradient, 2 * value / 0.9, rtol=1e-4)


def test_geometry_has_a_gradient_where_it_interpolates():
    policy = aj.RandAugment(interpolation="bilinear", fill_mode="nearest")
    ramp = jnp.asarray(np.indices(SHAPE)[1] / np.float32(48))

    def level(angle):
        params = {
            "operation": jnp.int32([AT["Rotate"], 0]),
            "magnitude": jnp.stack([angle, 0.0 * angle]),
        }
        return policy.apply(params, ramp)[0, 24, 0]

    slope = jax.grad(level)(jnp.float32(4.0))
    numeric = (level(jnp.float32(5.0)) - level(jnp.float32(3.0))) / 2
    np.testing.assert_allclose(slope, numeric, rtol=0.02)
    assert abs(slope) > 1e-3


@each
def test_mapped_twice_is_mapped(policy):
    images = pictures(6)
    keys = jax.random.split(KEY, 6)
    flat = jax.jit(jax.vmap(policy))(keys, images)
    nested = jax.jit(jax.vmap(jax.vmap(policy)))(keys.reshape(2, 3), images.reshape(2, 3, *SHAPE))
    np.testing.assert_allclose(nested.reshape(flat.shape), flat, atol=1e-6)
    one = jax.jit(policy)
    alone = jnp.stack([one(key, image) for key, image in zip(keys, images, strict=True)])
    np.testing.assert_allclose(alone, flat, atol=1e-6)


def test_what_is_not_recoloured_is_not_rounded():
    image = noise(1, *SHAPE)[0]
    still = layers(("Identity", 0.0), ("Brightness", 0.0))
    np.testing.assert_array_equal(aj.RandAugment().apply(still, image), image)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: aj.RandAugment(-1), r"RandAugment\(num_ops=-1\): expected a whole number from 0"),
        (lambda: aj.RandAugment(2, 31), r"magnitude=31\): expected a whole number from 0 to 30"),
        (lambda: aj.TrivialAugmentWide(1), r"num_magnitude_bins=1\): expected a whole number"),
        (lambda: aj.AugMix(severity=11), r"severity=11\): expected a whole number from 1 to 10"),
        (lambda: aj.AugMix(alpha=0), r"alpha=0\): expected a whole number from 1"),
        (lambda: aj.AugMix(mixture_width=0), r"mixture_width=0\): expected"),
        (lambda: aj.RandAugment(fill_value=128), r"fill_value=128\): expected a number in"),
    ],
)
def test_misuse_is_told_at_construction(make, message):
    with pytest.raises(ValueError, match=message):
        make()
