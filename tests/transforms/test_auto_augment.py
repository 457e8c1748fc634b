"""AutoAugment: the policies that were found, and how often each operation is drawn."""

import numpy as np
import pytest

import augjax as aj
from augjax.transforms.policy.auto_augment_policies import POLICIES
from augjax.transforms.policy.operations import OPERATIONS
from tests.transforms.policy_examples import (
    AT,
    assert_frequencies,
    draws,
)


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
