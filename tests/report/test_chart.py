"""Axes, curves and their paths, by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augjax.report.chart import BOTTOM, LEFT, RIGHT, TOP, Axis, enclosing, line, place_x, place_y
from augjax.report.curves import history_charts, precision_recall_chart, reliability_chart
from augjax.training import scores

UNIT = Axis("share", 0.0, 1.0)


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (UNIT, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (Axis("loss", 0.598, 0.612), [0.6, 0.605, 0.61]),
        (Axis("epoch", 1, 50, whole=True), [10, 20, 30, 40, 50]),
        (Axis("epoch", 1, 3, whole=True), [1, 2, 3]),
        (Axis("epoch", 0.5, 1.5, whole=True), [1]),
    ],
)
def test_ticks_are_round_numbers(axis, ticks):
    np.testing.assert_allclose(axis.ticks(), ticks, rtol=1e-12)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_an_axis_has_some_ticks_and_not_many(low, width):
    axis = Axis("any", low, low + width)
    found = axis.ticks()
    assert 2 <= len(found) <= 7
    slack = 1e-6 * max(width, abs(low) * 1e-6)
    assert low - slack <= found[0] and found[-1] <= low + width + slack


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=5))
def test_what_an_axis_encloses_lies_on_the_canvas(numbers):
    axis = enclosing("loss", [*numbers, math.nan, math.inf], lowest=0.0, highest=math.inf)
    places = place_y(axis, np.array(numbers))
    assert (places >= TOP - 1e-6).all() and (places <= BOTTOM + 1e-6).all()


def test_corners_of_the_canvas():
    assert (place_x(UNIT, 0.0), place_x(UNIT, 1.0)) == (LEFT, RIGHT)
    assert (place_y(UNIT, 0.0), place_y(UNIT, 1.0)) == (BOTTOM, TOP)


def test_a_curve_has_gaps_where_it_is_not_finite():
    found = line("a", "first", UNIT, UNIT, [0, 0.5, 0.6, 1], [0, math.nan, 1, 1])
    across = LEFT + 0.6 * (RIGHT - LEFT)
    assert found.path == f"M{LEFT}.0 {BOTTOM}.0M{across:.1f} {TOP}.0L{RIGHT}.0 {TOP}.0"
    assert [p.text for p in found.points] == [
        "a, share 0: 0.0000", "a, share 0.6: 1.0000", "a, share 1: 1.0000"
    ]  # fmt: skip
    assert line("a", "first", UNIT, UNIT, [0.5], [math.nan]).path == ""


def test_a_long_curve_keeps_its_ends_and_is_short():
    n = 100_000
    found = line("a", "first", UNIT, UNIT, np.linspace(0, 1, n), np.linspace(0, 1, n))
    assert found.path.count("L") == 999
    assert found.path.startswith(f"M{LEFT}.0 {BOTTOM}.0L")
    assert found.path.endswith(f"L{RIGHT}.0 {TOP}.0")
    assert not found.points


def test_the_charts_of_a_history():
    row = {"loss": 0.7, "accuracy": 0.5, "val_loss": math.nan, "val_accuracy": 0.25}
    history = [{"epoch": 1, **row}, {"epoch": 2, **row, "loss": 0.4}]
    loss, accuracy = history_charts(history, 2)
    assert (loss.title, accuracy.title) == ("Loss by epoch", "Accuracy by epoch")
    trained, valid = loss.lines
    assert (trained.name, valid.name, valid.path) == ("training", "validation", "")
    assert [p.text for p in trained.points] == [
        "training, epoch 1: 0.7000", "training, epoch 2: 0.4000"
    ]  # fmt: skip
    assert loss.mark_place == RIGHT
    assert history_charts([], 1) == []
    (alone,) = history_charts([{"epoch": 1, "loss": 1.0, "val_loss": 2.0}], 1)
    assert alone.lines[0].points[0].x == (LEFT + RIGHT) / 2


def test_bars_are_the_bins_that_have_images():
    labels = np.array([0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.88, 0.12], [0.3, 0.7]], np.float32)
    chart = reliability_chart(scores.reliability(labels, probabilities), 0.1)
    low, high = chart.bars
    assert low.text == "1 image: confidence 0.700, accuracy 1.000"
    assert high.text == "2 images: confidence 0.890, accuracy 0.500"
    assert (low.y, high.y) == (TOP, (TOP + BOTTOM) / 2)
    assert high.y + high.height == BOTTOM


def test_precision_falls_in_steps():
    curve = scores.precision_recall_curve(np.array([1, 0, 1]), np.array([0.9, 0.6, 0.3]))
    (drawn,) = precision_recall_chart(curve, "Truck").lines
    half = (LEFT + RIGHT) / 2
    third = BOTTOM - 2 / 3 * (BOTTOM - TOP)
    assert drawn.path == (
        f"M{LEFT}.0 {TOP}.0L{half:.1f} {TOP}.0L{half:.1f} {(TOP + BOTTOM) / 2:.1f}"
        f"L{half:.1f} {(TOP + BOTTOM) / 2:.1f}L{half:.1f} {third:.1f}L{RIGHT}.0 {third:.1f}"
    )
