"""Who is mixed with whom, how, and how much of each: what that depends on, and how likely it is."""

import dataclasses
import functools

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
    EVERY,
    IDS,
    IMAGES,
    KEY,
    SHAPE,
    N,
    apply,
    assert_same_bits,
    choice_soon,
    every,
    many_draws,
    mixup_soon,
    run,
)


def test_each_image_is_a_partner_once_in_one_circle():
    lots = {n: np.random.default_rng(n).integers(0, 2**32, n, np.uint32) for n in (1, 2, 3)}
    few = jax.jit(
        lambda lots: {
            n: partners(lot, jnp.zeros(n, jnp.uint32), jnp.ones(n, bool)) for n, lot in lots.items()
        }
    )(lots)
    for n, partner in {**few, N: run(EVERY[0])[0]["partner"]}.items():
        partner = np.asarray(partner)
        seen, at = [], 0
        for _ in range(n):
            seen.append(at)
            at = int(partner[at])
        assert sorted(seen) == list(range(n)) and at == 0


def test_partners_by_hand():
    found = jax.jit(partners)
    draws = np.array([7, 3, 7, 5], np.uint32)
    ids = np.array([[9, 1], [0, 0], [8, 2], [0, 3]], np.uint32)
    everyone = np.ones(4, bool)
    # 3 < 5 < 7 of (8, 2) < 7 of (9, 1): rows 1, 3, 2, 0.
    assert found(draws, ids, everyone).tolist() == [1, 3, 0, 2]
    # With words that differ in the second only: (9, 1) < (9, 2).
    alike = np.array([[9, 1], [0, 0], [9, 2], [0, 3]], np.uint32)
    assert found(draws, alike, everyone).tolist() == [2, 3, 1, 0]
    assert found(draws, ids[:, 1], everyone).tolist() == [2, 3, 1, 0]
    # Row 3 fills up: rows 1, 2, 0.
    assert found(draws, ids, np.arange(4) != 3).tolist() == [1, 2, 0, 3]
    assert found(draws, ids, ~everyone).tolist() == [0, 1, 2, 3]


def test_partners_differ_from_epoch_to_epoch_and_are_all_as_likely():
    @jax.jit
    def of_epochs(key, ids, epochs):
        def of_epoch(epoch):
            return aj.MixUp().sample(key, ids, SHAPE, epoch=epoch)["partner"]

        return jax.lax.map(of_epoch, epochs)  # Its compilation takes a fifth of that of a vmap.

    found = np.asarray(of_epochs(KEY, np.arange(5, dtype=np.uint32), np.arange(4000)))
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
    _, (images, labels) = run(mix, filled, ids=ids, mask=mask)
    np.testing.assert_array_equal(images[~mask], filled[~mask])
    np.testing.assert_array_equal(labels[~mask], np.eye(CLASSES)[CLASS_LABELS[~mask]])
    # Of the circle of all, those that fill up are left out.
    params, _ = run(mix)
    partner = params["partner"]
    while not mask[partner[mask]].all():
        partner = np.where(mask[partner], partner, params["partner"][partner])
    without = apply(mix, {**params, "partner": partner})
    np.testing.assert_allclose(images[mask], without[0][mask], atol=2e-6)
    np.testing.assert_allclose(labels[mask], without[1][mask], atol=1e-6)


@every
def test_order_does_not_matter(mix):
    params, (images, labels) = run(mix, epoch=2)
    order = np.random.default_rng(0).permutation(N)
    moved, reordered = run(mix, IMAGES[order], CLASS_LABELS[order], IDS[order], epoch=2)
    np.testing.assert_array_equal(order[moved.pop("partner")], params["partner"][order])
    own = {name: part for name, part in params.items() if name != "partner"}
    assert_same_bits(moved, jax.tree.map(lambda draw: draw[order], own))
    np.testing.assert_allclose(reordered[0], images[order], atol=2e-5)
    np.testing.assert_allclose(reordered[1], labels[order], atol=1e-6)


@choice_soon
def test_devices_do_not_matter(mix):
    params, (images, labels) = run(mix, epoch=2)
    split = NamedSharding(cpu_mesh(8), PartitionSpec("data"))
    on_devices = jax.device_put((IMAGES, CLASS_LABELS, IDS), split)
    sharded, eightfold = run(mix, *on_devices, epoch=2)
    assert_same_bits(sharded, params)
    np.testing.assert_allclose(eightfold[0], images, atol=2e-5)
    np.testing.assert_allclose(eightfold[1], labels, atol=1e-6)


@mixup_soon
def test_draws_have_the_same_bits_with_and_without_jit_and_one_by_one(mix):
    strength, count = 0.37, 3
    params = mix.sample(KEY, IDS[:count], SHAPE, strength=strength)
    # Rows that fill up leave the others alone.
    jitted, _ = run(mix, strength=strength, mask=np.arange(N) < count)
    assert_same_bits(jax.tree.map(lambda draw: draw[:count], jitted), params)
    with jax.disable_jit():
        assert_same_bits(mix.sample(KEY, IDS[:count], SHAPE, strength=strength), params)
    params.pop("partner")
    one = jax.jit(lambda key, ids, strength: mix.sample(key, ids, SHAPE, strength=strength))
    for i in range(count):
        alone = one(KEY, IDS[i : i + 1], np.float32(strength))
        alone.pop("partner")
        assert_same_bits(alone, jax.tree.map(lambda draw, i=i: np.asarray(draw)[i : i + 1], params))


ALPHAS = [0.05, 0.2, 1.0, 4.0]


def each_beta(key):
    return [beta(key, alpha) for alpha in ALPHAS]


@functools.cache
def many_betas():
    ids = np.arange(20_000, dtype=np.uint32)
    keys = jax.jit(jax.vmap(jax.random.fold_in, (None, 0)))(KEY, ids)
    return keys, np.asarray(jax.jit(jax.vmap(each_beta))(keys))


@pytest.mark.parametrize("alpha", ALPHAS)
def test_beta_is_the_beta_distribution(alpha):
    drawn = many_betas()[1][ALPHAS.index(alpha)]
    assert drawn.min() >= 0 and drawn.max() <= 1
    values = np.linspace(0.002, 0.998, 250)
    found = np.searchsorted(np.sort(drawn), values.astype(np.float32), side="right") / 20_000
    # Of chance alone it would be more than this for one seed in a thousand.
    apart = np.abs(found - scipy.stats.beta(alpha, alpha).cdf(values))
    assert apart.max() < 1.95 / 20_000**0.5


def test_beta_has_the_same_bits_everywhere():
    keys, drawn = many_betas()
    np.testing.assert_array_equal(jax.vmap(each_beta)(keys), drawn)
    one = jax.jit(each_beta)
    for i in range(0, 200, 9):
        key = keys[i]
        np.testing.assert_array_equal(one(key), drawn[:, i])
        np.testing.assert_array_equal(each_beta(key), drawn[:, i])


def test_alphas_far_out_are_sound():
    halves, wholes = (own["lam"] for own in many_draws(aj.MixUp(1e6), aj.MixUp(1e-4)))
    np.testing.assert_allclose(halves, 0.5, atol=0.003)  # Eight standard deviations.
    assert np.mean(wholes < 1e-3) > 0.45 < np.mean(wholes > 0.999)
    assert np.isfinite(wholes).all() and wholes.min() >= 0 and wholes.max() <= 1


def test_cuts_lie_inside_and_have_the_area_of_beta():
    (params,) = many_draws(aj.CutMix())
    height, width, _ = SHAPE
    assert (params["top"] >= 0).all() and (params["top"] + params["height"] <= height).all()
    assert (params["left"] >= 0).all() and (params["left"] + params["width"] <= width).all()
    assert (params["height"] >= 0).all() and (params["width"] >= 0).all()
    for side, last in (("top", height), ("left", width)):
        assert set(range(last // 2)) <= set(params[side].tolist())
    # At strength 1/4 an edge is at most half of what it was.
    (quarter,) = many_draws(aj.CutMix(), strength=0.25)
    assert quarter["height"].max() <= height // 2 and quarter["width"].max() <= width // 2


def test_p_is_the_share_of_images_that_are_mixed():
    ids = np.arange(4000, dtype=np.uint32)
    kinds = [[dataclasses.replace(mix, p=p) for p in (0.0, 0.3, 1.0)] for mix in EVERY]

    @jax.jit
    def drawn(key, ids):
        return [[mix.sample(key, ids, SHAPE)["on"] for mix in kind] for kind in kinds]

    for mix, (never, sometimes, always) in zip(EVERY, drawn(KEY, ids), strict=True):
        assert not np.any(never) and np.all(always)
        assert abs(np.mean(sometimes) - 0.3) < 0.03  # Four standard deviations.
        params, _ = run(mix)
        unmixed = apply(mix, {**params, "on": np.asarray(never)[:N]})
        np.testing.assert_array_equal(unmixed[0], IMAGES)


def test_choices_follow_the_weights_and_change_no_other_draw():
    mixes = [aj.MixUp(), aj.CutMix()]
    params, named, only, another, *each = many_draws(
        aj.RandomMixChoice(mixes, (1, 3)),
        aj.RandomMixChoice(mixes, name="inner"),
        aj.RandomMixChoice(mixes, (0, 1), num_classes=CLASSES),
        aj.MixUp(name="another"),
        *mixes,
    )
    assert abs(np.mean(params["choice"]) - 0.75) < 0.03
    for mix, alone in zip(mixes, each, strict=True):
        assert_same_bits(params[mix.label], alone)
    for other in (named["MixUp"], another):
        assert np.any(other["lam"] != params["MixUp"]["lam"])
    assert np.all(only["choice"] == 1)
