"""Who is mixed with whom, how, and how much of each: what that depends on, and how likely it is."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from jax.sharding import NamedSharding, PartitionSpec

import augjax as aj
from augjax.draws import beta
from augjax.transforms.mixing.partners import partners
from tests.helpers import cpu_mesh
from tests.transforms.mixing_examples import (
    CLASS_LABELS,
    CLASSES,
    IDS,
    IMAGES,
    KEY,
    SHAPE,
    N,
    assert_same_bits,
    every,
    many_draws,
)


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
    split = NamedSharding(cpu_mesh(8), PartitionSpec("data"))
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
