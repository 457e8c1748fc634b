"""Names in pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, features

from augjax.data.lettering import LACKING, SMALL, drawable, elided, fitted, font, wrapped, write

anything = st.text(st.characters(), max_size=120)
rooms = st.integers(40, 600)


def pixels(line):
    picture = Image.new("L", (160, 40), 255)
    write(ImageDraw.Draw(picture), (5, 5), line)
    return np.asarray(picture) < 128


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Straße", "Straße"),
        ("Ёлка ελιά Łódź", "Ёлка ελιά Łódź"),
        ("e\u0301", "é"),
        ("猫 \N{PARTY POPPER}.png", f"{LACKING} {LACKING}.png"),
        ("a\n\x1b[1m\udcff\u202e", r"a\n\x1b[1m\xff\u202e"),
        ("$x_1$", "$x_1$"),
    ],
)
def test_letters_of_the_font_are_drawn(name, shown):
    assert drawable(name) == shown


@given(anything)
def test_what_is_drawn_is_visible_and_twice_is_as_once(name):
    shown = drawable(name)
    assert shown.isprintable() and drawable(shown) == shown


@given(anything, rooms)
def test_lines_are_within_the_room(name, room):
    assert font().getlength(fitted(name, room, ": 3")) <= room
    assert font(SMALL).getlength(elided(name, room)) <= room
    lines = wrapped(name, room, 3)
    assert 1 <= len(lines) <= 3 and all(font().getlength(line) <= room for line in lines)


@given(st.text("ab c", max_size=60), st.integers(60, 200))
def test_wrapped_lines_hold_all_words(text, room):
    joined = "".join(wrapped(text, room, 99))
    assert joined.replace(" ", "") == text.replace(" ", "")


def test_what_is_cut_and_broken():
    assert fitted("short", 300, ": 3") == "short: 3"
    assert fitted("x" * 99, 100, ": 3").endswith("x...: 3")
    short = elided(f"first {'x' * 99} last.png", 96)
    assert short.startswith("first") and short.endswith("last.png") and "…" in short
    assert wrapped("one two three", font().getlength("one two"), 5) == ["one two", "three"]
    assert wrapped("", 100, 5) == [""]


def test_letters_with_marks_are_drawn_with_them():
    plain, marked, other = (pixels(drawable(name)) for name in ("a", "ä", "Ж"))
    assert (plain != marked).any() and (marked != other).any()


@pytest.mark.skipif(not features.check("raqm"), reason="Pillow does not order letters here")
def test_a_line_runs_from_the_left_whatever_it_begins_with():
    alone = pixels("שלום")
    width = np.flatnonzero(alone.any(0))[-1] + 1
    np.testing.assert_array_equal(pixels("שלום: images")[:, :width], alone[:, :width])
