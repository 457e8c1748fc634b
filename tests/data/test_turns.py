"""Groups take turns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augjax.data.turns import by_turns, spread_by_turns


@pytest.mark.parametrize(
    ("groups", "count", "first"),
    [
        ("aaaabbbb", 4, [0, 4, 2, 6]),
        ("aaaabbbb", 5, [0, 4, 1, 6, 2]),
        ("aaaaaaaaabcde", 5, [0, 9, 10, 11, 12]),
        ("aab", 3, [0, 2, 1]),
        ("abcdef", 2, [0, 3]),
        ("aaaaaa", 3, [0, 2, 4]),
        ("", 3, []),
    ],
)
def test_the_first_are_spread_over_groups_and_within_them(groups, count, first):
    assert spread_by_turns(list(groups), count).tolist()[:count] == first


@given(st.lists(st.sampled_from("abc"), max_size=30), st.integers(1, 12))
def test_each_once_and_no_group_twice_before_another(groups, count):
    for order in (by_turns(groups), spread_by_turns(groups, count)):
        assert sorted(order.tolist()) == list(range(len(groups)))
        for shown in (order[:count], order):
            shares = {g: sum(groups[n] == g for n in shown) for g in set(groups)}
            for group, share in shares.items():
                left = share < groups.count(group)
                assert not left or share >= max(shares.values()) - 1


def test_labels_may_be_an_array():
    np.testing.assert_array_equal(spread_by_turns(np.array([3, 3, 1]), 2)[:2], [0, 2])
