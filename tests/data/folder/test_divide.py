"""Images without splits, divided by each one's identity."""

import math
import unicodedata
from collections import Counter
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augjax.data.folder.divide import divided, on_valid_side
from augjax.data.folder.scan import FoundFile, FoundSplit
from augjax.errors import InputError

NAMES = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=40, unique=True)
FRACTIONS = st.floats(0.001, 0.999)
SEEDS = st.integers(-(2**63), 2**63 - 1)


def found(paths: list[str], class_names: tuple[str, ...] = ("Car",)) -> FoundSplit:
    files = [FoundFile(path, class_names.index(path.split("/")[0]), 1, 1, "") for path in paths]
    return FoundSplit("", "", Path("data"), class_names, tuple(files), Counter(), ())


def test_the_side_is_that_of_a_hash_worked_by_hand():
    """The id of Car/0001.jpg: 64 bits of BLAKE2b; its hash, another 64 with salt and purpose."""
    identity = blake2b(b"Car/0001.jpg", digest_size=8).digest()
    digest = blake2b(
        identity, digest_size=8, salt=b"\7" + bytes(7), person=b"augjax.split\0\0\0\0"
    ).digest()
    uniform = (int.from_bytes(digest, "little") >> 11) / 2**53
    assert 0.1 < uniform < 0.9
    for fraction in (uniform, np.nextafter(uniform, 0)):
        assert on_valid_side(["Car/0001.jpg"], fraction=float(fraction), seed=7).tolist() == [False]
    above = float(np.nextafter(uniform, 1))
    assert on_valid_side(["Car/0001.jpg"], fraction=above, seed=7).tolist() == [True]


@given(NAMES, FRACTIONS, SEEDS, st.randoms(use_true_random=False))
def test_no_image_changes_sides_when_others_come_or_go_or_are_listed_otherwise(
    names, fraction, seed, random
):
    whole = dict(
        zip(names, on_valid_side(names, fraction=fraction, seed=seed).tolist(), strict=True)
    )
    some = random.sample(names, random.randint(1, len(names)))
    sides = on_valid_side(some, fraction=fraction, seed=seed).tolist()
    assert sides == [whole[name] for name in some]


@given(NAMES, st.tuples(FRACTIONS, FRACTIONS), SEEDS)
def test_as_the_fraction_grows_none_goes_back_to_training(names, fractions, seed):
    fewer, more = (on_valid_side(names, fraction=f, seed=seed) for f in sorted(fractions))
    assert not (fewer & ~more).any()


@given(NAMES, FRACTIONS)
def test_composed_and_decomposed_names_are_on_one_side(names, fraction):
    composed, decomposed = (
        on_valid_side([unicodedata.normalize(form, name) for name in names], fraction=fraction)
        for form in ("NFC", "NFD")
    )
    np.testing.assert_array_equal(composed, decomposed)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.5, 0.9])
def test_each_class_has_about_the_fraction(fraction, seed):
    """Within 4.5 standard deviations of the binomial: once in 150,000 by chance."""
    for name in ("Car", "Truck", "Élan"):
        paths = [f"{name}/{number:04}.jpg" for number in range(1000)]
        count = on_valid_side(paths, fraction=fraction, seed=seed).sum()
        assert abs(count - 1000 * fraction) < 4.5 * math.sqrt(1000 * fraction * (1 - fraction))


def test_seeds_divide_independently():
    paths = [f"{number}.jpg" for number in range(4000)]
    one, other = (on_valid_side(paths, fraction=0.5, seed=seed) for seed in (0, 1))
    assert abs((one & other).mean() - 0.25) < 4.5 * math.sqrt(0.25 * 0.75 / 4000)


def test_both_sides_keep_the_files_as_they_were_found():
    paths = [f"{name}/{number}.jpg" for name in ("Car", "Truck") for number in range(50)]
    whole = found(paths, ("Car", "Truck"))
    train, valid, how = divided(whole, fraction=0.3, seed=3)
    assert (train.name, valid.name) == ("train", "valid")
    chosen = on_valid_side(paths, fraction=0.3, seed=3)
    assert valid.files == tuple(f for f, side in zip(whole.files, chosen, strict=True) if side)
    assert sorted(train.files + valid.files) == sorted(whole.files)
    assert how == "--valid-fraction 0.3 (split seed 3)"


def test_a_class_without_a_training_image_is_named():
    """By their hashes for seed 0: Car/1.png 0.74, Car/2.png 0.34, Truck/1.png 0.52."""
    whole = found(["Car/1.png", "Car/2.png", "Truck/1.png"], ("Car", "Truck"))
    with pytest.raises(InputError, match="no training image of Truck; add images of it"):
        divided(whole, fraction=0.6)
    assert len(divided(whole, fraction=0.5)[1].files) == 1
