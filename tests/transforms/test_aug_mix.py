"""AugMix: its chains, how they are mixed, and what moves along."""

import functools
import itertools

import jax
import numpy as np
import pytest
from scipy import stats

import augjax as aj
from augjax.draws import dirichlet
from tests.transforms.policy_examples import (
    AT,
    AUG_MIXES,
    EXAMPLE,
    KEY,
    SHAPE,
    assert_frequencies,
    draws,
    paint,
    pictures,
    through_pillow,
)


@pytest.mark.parity("AugMix", "Pillow")
@pytest.mark.parametrize(
    "policy", [AUG_MIXES[0], pytest.param(AUG_MIXES[1], marks=pytest.mark.long)], ids=str
)
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
    ours = paint(policy, drawn, pixels / np.float32(255))
    same(ours, np.stack(theirs), 1e-6, tipped=1e-4)


def test_chains_have_one_to_three_operations_and_weights_of_a_dirichlet():
    drawn = draws(aj.AugMix(), 4000)
    depth = (drawn["operation"] > 0).sum(axis=-1)
    for layer in range(3):
        assert ((drawn["operation"][..., layer] > 0) == (depth > layer)).all()
    assert_frequencies([(depth == n).sum() for n in (1, 2, 3)], [1, 1, 1])
    assert not np.isin(drawn["operation"], [AT["Invert"]]).any()
    without = draws(AUG_MIXES[1], 3000)["operation"]
    assert_frequencies(
        np.bincount(without[:, :, 0].ravel(), minlength=15)[[1, 2, 3, 4, 5, 10, 11, 12, 13]],
        [1] * 9,
    )
    assert (without > 0).all(), "all chains are four deep"
    weights = drawn["weights"]
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=3e-7)
    assert (weights >= 0).all()
    assert stats.kstest(weights[:, 0], "uniform").pvalue > 1e-3
    # A third of a share of U[0, 1]: of Dirichlet(1, 1, 1), each is Beta(1, 2).
    shares = weights[:, 1:] / (1 - weights[:, :1])
    for share in shares.T:
        assert stats.kstest(share, stats.beta(1, 2).cdf).pvalue > 1e-3


DIRICHLETS = list(itertools.product([1, 2, 5], [1, 2, 4]))


@functools.cache
def dirichlets():
    """Many weights for each alpha and number of parts, by one program."""

    def drawn(key):
        return [
            dirichlet(jax.random.fold_in(key, alpha), alpha, parts) for alpha, parts in DIRICHLETS
        ]

    made = jax.jit(lambda keys: jax.lax.map(drawn, keys))(jax.random.split(KEY, 4000))
    return dict(zip(DIRICHLETS, map(np.asarray, made), strict=True))


@pytest.mark.parametrize(("alpha", "parts"), DIRICHLETS)
def test_distances_of_sorted_numbers_are_dirichlet(alpha, parts):
    weights = dirichlets()[alpha, parts]
    assert weights.shape == (4000, parts)
    if parts == 1:
        assert (weights == 1).all()
        return
    for weight in weights.T:
        of_one = stats.beta(alpha, alpha * (parts - 1))
        assert stats.kstest(weight, of_one.cdf).pvalue > 1e-3


def test_targets_of_a_mixed_image_stay_as_they_are():
    pipeline = aj.Sequential([aj.AugMix()], boxes="xyxy")

    @jax.jit
    def mixed(key, examples, params):
        made = pipeline.batch(key, examples)
        return {name: made[name] for name in EXAMPLE}, pipeline.valid(params, SHAPE)

    examples = {name: np.stack([part] * 3) for name, part in EXAMPLE.items()}
    params = {"AugMix": {name: part[0] for name, part in draws(aj.AugMix(), 1).items()}}
    made, shown = mixed(KEY, {"image": pictures(3), **examples}, params)
    for name, part in examples.items():
        np.testing.assert_array_equal(made[name], part)
    assert np.asarray(shown).all()
