import pytest
from hypothesis import given
from hypothesis import strategies as st

from augjax.printable import printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Car/1.jpg", "Car/1.jpg"),
        ("Élan 車 \N{AUTOMOBILE}", "Élan 車 \N{AUTOMOBILE}"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\udcff\udc80", r"a\xff\x80"),
        ("\ud800", r"\ud800"),
        ("a\u202egpj", r"a\u202egpj"),
        ("a\u2028b", r"a\u2028b"),
        ("\U000e0001", r"\U000e0001"),
        ("C:\\n", "C:\\n"),
        ("", ""),
    ],
)
def test_what_is_not_visible_text_becomes_an_escape(name, shown):
    assert printable(name) == shown


@given(st.text(st.characters()))
def test_any_name_can_be_printed_and_twice_is_as_once(name):
    shown = printable(name)
    assert shown.isprintable() and printable(shown) == shown
    shown.encode()
