"""How tests compare with an oracle, so that `experiments.parity` can tell how far off they are."""

import json

import numpy as np
import pytest

TOLERANCE = 1e-2 / 255
"""1e-2 on Keras's scale of 0..255."""


@pytest.fixture
def same(request, record_property):
    """Compares ours with what the oracle named by the test's `parity` mark made.

    `same(ours, theirs, tolerance=..., tipped=...)`: up to `tolerance` in [0, 1], but for a share
    `tipped` of pixels that lie between two answers. The worst error is kept with the test.
    """
    marks = list(request.node.iter_markers("parity"))
    assert marks, "a test that compares with an oracle names both in pytest.mark.parity"

    def compare(ours, theirs, tolerance: float = TOLERANCE, tipped: float = 0.0) -> None:
        assert np.shape(ours) == np.shape(theirs)
        apart = np.abs(np.asarray(ours, np.float64) - np.asarray(theirs, np.float64))
        share = float((apart > tolerance).mean()) if apart.size else 0.0
        worst = float(np.where((apart > tolerance) & (tipped > 0), 0.0, apart).max(initial=0.0))
        for mark in marks:
            transform, oracle = mark.args
            note = mark.kwargs.get("note", "")
            record_property("parity", json.dumps([transform, oracle, worst, share, note]))
        assert worst <= tolerance
        assert share <= tipped

    return compare
