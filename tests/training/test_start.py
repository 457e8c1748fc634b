"""Weights of another network are taken where they fit, and the others are named."""

import jax
import numpy as np

from augjax.models import NotebookCNN
from augjax.training.start import init_from
from tests.helpers import initialised


def test_all_but_the_last_layer_fit_another_number_of_classes():
    two, five = (jax.device_get(initialised(NotebookCNN(n))) for n in (2, 5))
    two = jax.tree.map(lambda leaf: leaf + 1, two)
    variables, unfit = init_from(two, five)
    assert unfit == [
        "params/Dense_1/bias: (1,), expected (5,)",
        "params/Dense_1/kernel: (6, 1), expected (6, 5)",
    ]
    jax.tree.map(
        np.testing.assert_array_equal,
        variables,
        {**two, "params": {**two["params"], "Dense_1": five["params"]["Dense_1"]}},
    )
    shapes = jax.eval_shape(lambda: five)
    assert init_from(two, shapes)[1] == unfit


def test_what_only_one_of_them_has_is_named():
    mine = {"params": {"a": np.zeros(2, np.float32)}, "batch_stats": {}}
    theirs = {"params": {"b": np.zeros(3, np.float64)}}
    variables, unfit = init_from(theirs, mine)
    assert unfit == ["params/a: nothing, expected (2,)", "params/b: (3,), expected nothing"]
    assert list(variables["params"]) == ["a"]
    taken, unfit = init_from({"params": {"a": np.ones(2, np.float64)}}, mine)
    assert unfit == [] and taken["params"]["a"].dtype == np.float32
    np.testing.assert_array_equal(taken["params"]["a"], [1, 1])
