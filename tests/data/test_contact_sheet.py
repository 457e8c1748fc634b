"""Contact sheets: which images, in which files, and their pixels."""

import itertools
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from augjax.data import contact_sheet as module
from augjax.data import inspect
from augjax.data.contact_sheet import file_names, planned_sheets, write_sheets
from tests.helpers import write_image_folder

FORMS = ("NFC", "NFD", "NFKC", "NFKD")
COLORS = {"red": (200, 10, 10), "blue": (10, 20, 220)}


@pytest.fixture
def flat(tmp_path):
    """Two classes of one colour each, of 3 and of 70 images of many sizes."""
    for (name, color), count in zip(COLORS.items(), (3, 70), strict=True):
        (tmp_path / "data" / name).mkdir(parents=True)
        for n in range(count):
            Image.new("RGB", (9 + n, 30), color).save(tmp_path / f"data/{name}/{n:02}.png")
    (tmp_path / "out").mkdir()
    return tmp_path


def test_thumbnails_have_the_colours_of_their_class(flat):
    found = inspect(flat / "data", image_size=16)
    blue, red = sheets = list(write_sheets(planned_sheets(found), flat / "out"))
    assert [s.file for s in sheets] == ["class-blue.png", "class-red.png"]
    assert (blue.total, len(blue.paths), red.total, len(red.paths)) == (70, 64, 3, 3)
    assert blue.paths[0].endswith("blue/00.png") and blue.paths[-1].endswith("blue/69.png")
    for sheet, rows, last in ((blue, 8, 8), (red, 1, 3)):
        with Image.open(flat / "out" / sheet.file) as image:
            pixels = np.asarray(image)
        assert pixels.shape == (34 + rows * 116 + 4, 8 + 8 * 100 + 4, 3)
        for row in range(rows):
            for column in range(8):
                cell = pixels[34 + 116 * row :, 8 + 100 * column :][:112, :96]
                there = row < rows - 1 or column < last
                expected = COLORS[sheet.class_name] if there else (255, 255, 255)
                assert (cell[:96] == expected).all()
                assert (cell[96:] < 128).any() == there, "a name below"
        assert (pixels[:34] < 128).any(), "a title"


def test_a_sheet_for_each_class_that_has_images_of_each_split(tmp_path):
    root = write_image_folder(tmp_path / "data", per_class=1)
    (root / "train/Bus").mkdir()
    files = [sheet.file for sheet in planned_sheets(inspect(root, image_size=16))]
    assert files == ["train-Car.png", "train-Truck.png", "valid-Car.png", "valid-Truck.png"]


def test_many_classes_have_fewer_thumbnails(flat, monkeypatch):
    found = inspect(flat / "data", image_size=16)
    for most, expected in ((20, 10), (2, 8)):
        monkeypatch.setattr(module, "MOST_IN_ALL", most)
        blue = planned_sheets(found)[0]
        assert len(set(blue.paths)) == expected and blue.paths[-1].endswith("69.png")


def test_an_interruption_leaves_whole_sheets_only(flat, monkeypatch):
    drawn = []

    def interrupted(images, names, title):
        drawn.append(title)
        if len(drawn) == 2:
            raise KeyboardInterrupt
        return Image.new("RGB", (4, 4))

    monkeypatch.setattr(module, "contact_sheet", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(write_sheets(planned_sheets(inspect(flat / "data", image_size=16)), flat / "out"))
    assert drawn == ["blue: 64 of 70 images", "red: 3 images"]
    assert [path.name for path in (flat / "out").iterdir()] == ["class-blue.png"]


def test_a_link_in_the_place_of_a_sheet_is_replaced_not_followed(flat):
    (flat / "mine").write_text("mine")
    (flat / "out/class-red.png").symlink_to(flat / "mine")
    list(write_sheets(planned_sheets(inspect(flat / "data", image_size=16)), flat / "out"))
    assert (flat / "mine").read_text() == "mine"
    assert not (flat / "out/class-red.png").is_symlink()


def test_names_are_paths_from_where_they_differ(tmp_path, monkeypatch):
    for name in ("deep/1.png", "deep/er/1.png", "2.png"):
        (tmp_path / "data/a" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9)).save(tmp_path / "data/a" / name)
    (tmp_path / "data/b").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "data/b/only.png")
    drawn = []
    monkeypatch.setattr(
        module, "contact_sheet",
        lambda images, names, title: drawn.append(names) or Image.new("RGB", (4, 4)),
    )  # fmt: skip
    list(write_sheets(planned_sheets(inspect(tmp_path / "data", image_size=16)), tmp_path))
    assert drawn == [["2.png", "deep/1.png", "deep/er/1.png"], ["only.png"]]


odd = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=300)
look_alikes = st.sampled_from(
    ["a", "A", "a.", "a ", "..", "-", "a_", "a?", "a*", "con", "ﬁ", "fi", "é", "e\u0301", "É",
     "ß", "ẞ", "ss", "\u0131", "I", "i", "İ", "K", "\N{KELVIN SIGN}", "\u03c3", "ς", "가", "가"]
)  # fmt: skip


def stored(name, case, form):
    """As a file system without cases, or with another form of letters, keeps a name."""
    return unicodedata.normalize(form, case(unicodedata.normalize("NFD", name)))


@given(st.lists(odd | look_alikes, unique=True, max_size=12))
def test_names_of_files_are_safe_and_their_own(classes):
    named = [(split, name) for split in ("", "train") for name in classes]
    files = file_names(named)
    for case, form in itertools.product((str, str.casefold, str.upper, str.lower), FORMS):
        assert len({stored(file, case, form) for file in files}) == len(files)
    for file in files:
        assert all(c.isalnum() or c in "_ .+-" for c in file)
        assert len(file) < 100 and len(file.encode()) <= 143
        assert file == unicodedata.normalize("NFC", file)
        assert file.startswith(("class-", "train-")) and file.endswith(".png")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Straße", "class-Straße.png"),
        ("Кошка 2", "class-Кошка 2.png"),
        ("猫", "class-猫.png"),
        ("e\u0301", "class-é.png"),
        ("猫 \N{PARTY POPPER}", "class-猫 _-"),
        ("a\N{HANGUL FILLER}", "class-a_-"),
        ("\N{DESERET SMALL LETTER LONG I}", "class-_-"),
        ("²", "class-_-"),
        ("猫" * 40, f"class-{'猫' * 36}-"),
    ],
)
def test_letters_that_any_file_system_knows_stay(name, file):
    assert file_names([("", name)])[0].startswith(file)


def test_a_locale_without_the_letters_has_names_too(monkeypatch):
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "latin-1")
    assert file_names([("", "Straße")]) == ["class-Straße.png"]
    assert file_names([("", "猫")])[0].startswith("class-_-")


def test_a_name_that_looks_hashed_is_hashed_itself():
    (hashed,) = file_names([("", "a/b")])
    imitated = hashed.removeprefix("class-").removesuffix(".png")
    assert len(set(file_names([("", "a/b"), ("", imitated)]))) == 2
    assert file_names([("valid", "Red fox"), ("", "x")]) == ["valid-Red fox.png", "class-x.png"]
