"""The API page is what its command writes, and the names on it are names."""

import re

from augjax.data.tf import import_tensorflow
from augjax.transforms.aliases import ALIASES
from augjax.transforms.catalog import catalog, mixes
from experiments.api_page import page as api_page

import_tensorflow()
import keras  # noqa: E402 (after TensorFlow, so that its start-up is silent)

PUBLIC = {*catalog(), *mixes()}
NAME = re.compile(r"`([A-Z]\w+)")


def test_the_page_is_that_of_today():
    assert api_page.PAGE.read_text() == api_page.page()


def test_every_transform_has_its_picture():
    pictures = {path.stem for path in api_page.PICTURES.glob("*.jpg")}
    assert pictures == PUBLIC


def test_the_names_of_ours_and_of_keras_exist():
    found = set()
    for row in api_page.TABLE.strip().splitlines()[2:]:
        ours, theirs = row.split("|")[1:3]
        found |= set(NAME.findall(ours))
        if "Keras 2" not in theirs:
            assert all(hasattr(keras.layers, name) for name in NAME.findall(theirs)), theirs
        if "the same" in theirs:
            assert all(hasattr(keras.layers, name) for name in NAME.findall(ours)), ours
    assert found == PUBLIC


def test_the_names_of_others_have_an_alias():
    rows = [row.strip("| ").split(" | ") for row in api_page.TABLE.strip().splitlines()[2:]]
    names = {name for _, *elsewhere in rows for name in NAME.findall(" ".join(elsewhere))}
    assert names - PUBLIC == set(ALIASES)
    for name, here in ALIASES.items():
        ours = [our for our, *elsewhere in rows if f"`{name}" in " ".join(elsewhere)]
        assert set(re.findall(r"\w+", here)) & set(NAME.findall(" ".join(ours))), name
