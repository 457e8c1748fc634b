"""Names in the figures of runs."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from augjax.data.lettering import LACKING
from augjax.runs.figures import overlaid, save_png

HISTORY = [{"epoch": 1, "a": 1.0}, {"epoch": 2, "a": 2.0}]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Straße ελ", "Straße ελ"),
        ("$x_1$ and $\\frac{", "$x_1$ and $\\frac{"),
        ("猫\n", rf"{LACKING}\n"),
        ("_hidden", "_hidden"),
    ],
)
def test_groups_are_named_in_the_legend_as_they_are(tmp_path, name, shown):
    figure = overlaid([{name: HISTORY}, {"other": HISTORY}], {"a": "A"})
    (legend,) = figure.legends
    texts = legend.get_texts()
    assert [text.get_text() for text in texts] == [shown, "other"]
    assert not any(text.get_parse_math() for text in texts)
    save_png(figure, tmp_path / "x.png")


def test_long_names_are_within_the_figure():
    name = f"runs/{'W' * 300}"
    figure = overlaid([{f"{name}/a": HISTORY, f"{name}/b": HISTORY}], {"a": "A", "b": "B"})
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    (legend,) = figure.legends
    names, whole = legend.get_window_extent(), figure.bbox
    assert whole.x0 <= names.x0 and names.x1 <= whole.x1
