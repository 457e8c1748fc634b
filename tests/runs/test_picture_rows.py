"""Rows of pictures with their names."""

import numpy as np
import pytest
from PIL import Image

from augjax.data.lettering import LACKING, font
from augjax.runs import picture_rows
from augjax.runs.picture_rows import captioned, drawn_rows, save_rows

WIDE = np.full((8, 32, 3), (0, 0, 255), np.uint8)


def test_rows_of_pictures():
    red = np.full((16, 16, 3), (255, 0, 0), np.uint8)
    wide = np.full((8, 32, 3), (0, 0, 255), np.uint8)
    sheet = np.asarray(drawn_rows({"a": [red, wide], "b": [wide]}, "title"))
    # The smallest side of all is 16 high, so the scale is 8: cells are 256 wide and 128 high.
    assert sheet.shape == (8 + 20 + 4 + 2 * (20 + 128 + 8), 8 + 2 * 260 - 4 + 8, 3)
    for y, x, height, width, color in (
        (52, 8, 128, 128, (255, 0, 0)),
        (52, 268, 64, 256, (0, 0, 255)),
        (208, 8, 64, 256, (0, 0, 255)),
    ):
        assert (sheet[y : y + height, x : x + width] == color).all()
        assert (sheet[y + height, x : x + width] == 255).all()
        assert (sheet[y : y + height, x + width] == 255).all()


def test_few_pictures_are_enlarged_until_text_fits():
    assert drawn_rows({"a": [WIDE[:, :8], WIDE[:, :8]]}, "").width == 8 + 240 + 4 + 240 + 8


def test_rows_of_one_picture_stand_beside_one_another():
    red = np.full((16, 16, 3), (255, 0, 0), np.uint8)
    sheet = np.asarray(drawn_rows({"a": [red], "b" * 99: [np.zeros((16, 16, 3))]}, "title"))
    # Names have three lines at most, and pictures begin at one height.
    assert sheet.shape == (8 + 20 + 4 + 3 * 20 + 240 + 8, 8 + 240 + 4 + 240 + 8, 3)
    assert (sheet[-248:-8, 8:248] == (255, 0, 0)).all() and (sheet[-248:-8, 252:492] == 0).all()
    assert (sheet[32:92, 252:492] < 128).any() and (sheet[32:92, 492:] == 255).all()


def test_large_pictures_are_averaged():
    odd = np.zeros((1024, 1024, 3), np.uint8)
    odd[:, ::2] = 200
    sheet = np.asarray(drawn_rows({"a": [odd, odd]}, "", largest=256))
    assert sheet.shape[1] == 8 + 256 + 4 + 256 + 8 and (sheet[-100, 8:264] == 100).all()


def test_every_line_is_within_the_picture(monkeypatch):
    lines = []
    monkeypatch.setattr(picture_rows, "_write", lambda draw, texts, x, y: lines.extend(texts))
    title = f"What this run trains on: {'--mix either ' * 9}\n{'W' * 999}"
    sheet = drawn_rows({f"a/1.png; share: {'0.50, ' * 20}0.75": [WIDE[:, :8]] * 2}, title)
    assert len(lines) > 4 and lines[-1].endswith("0.75")
    assert all(font().getlength(line) <= sheet.width - 16 for line in lines)


def test_names_are_no_formulas_and_need_no_fonts(tmp_path):
    rows = {"a$b^{$\u6c7d\u8f66\n\udcff\x1b[31m\t": [WIDE], LACKING: [WIDE]}
    save_rows(rows, "$\\frac{\x07", tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as image:
        assert image.format == "PNG"


@pytest.mark.parametrize(
    ("path", "class_name", "caption"),
    [
        ("Car/1.png", "Car", "Car/1.png"),
        ("a/Car/b/1.png", "Car", "a/Car/b/1.png"),
        ("a/1.png", "Car", "a/1.png (Car)"),
        ("Car", "Car", "Car (Car)"),
        ("Cars/1.png", "Car", "Cars/1.png (Car)"),
        ("a/1.png", "", "a/1.png"),
    ],
)
def test_a_class_is_told_once(path, class_name, caption):
    assert captioned(path, class_name) == caption
