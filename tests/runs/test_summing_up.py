"""What a run says at its end of how good it is."""

import pytest

from augjax.runs.summing_up import no_better_than_guessing


@pytest.mark.parametrize(
    ("restored", "highest", "early", "says"),
    [
        (0.76, 0.8, True, ""),
        (0.75, 0.75, False, "no epoch was better than always answering the same. Train for more"),
        (0.7, 0.75, True, "no epoch was better than always answering the same. Train with more"),
        (0.5, 0.8, True, "these weights are no better than always answering the same"),
    ],
)
def test_weights_that_are_no_better_than_guessing_are_told_of(restored, highest, early, says):
    note = no_better_than_guessing(restored, highest, 0.75, early=early)
    assert says in note and bool(note) == bool(says)
