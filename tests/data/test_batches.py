import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augjax.data import BadImagesError, epoch_batches, epoch_order, load_image_folder
from augjax.errors import InputError
from tests.corpora.image_bytes import cut, encode, slopes
from tests.helpers import write_image_folder


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_image_folder(tmp_path_factory.mktemp("loader") / "data", per_class=5)


@settings(deadline=None)
@given(n=st.integers(1, 300), seed=st.integers(0, 2**32 - 1), epoch=st.integers(1, 1000))
def test_an_epochs_order_is_a_permutation_that_seed_and_epoch_determine(n, seed, epoch):
    order = epoch_order(n, seed=seed, epoch=epoch)
    assert sorted(order.tolist()) == list(range(n))
    np.testing.assert_array_equal(order, epoch_order(n, seed=seed, epoch=epoch))


def test_neighbouring_seeds_and_epochs_share_no_order():
    orders = {tuple(epoch_order(50, seed=s, epoch=e)) for s in range(4) for e in range(4)}
    assert len(orders) == 16


@pytest.mark.parametrize("cache_limit", [0, 2**30])
@pytest.mark.parametrize("batch_size", [1, 3, 5, 10, 16])
def test_each_image_comes_once_in_order_and_the_last_batch_is_padded(root, cache_limit, batch_size):
    split = load_image_folder(root, image_size=16, cache_limit=cache_limit).train
    order = epoch_order(len(split), seed=0, epoch=1)
    batches = list(epoch_batches(split, order, batch_size))
    assert len(batches) == -(-10 // batch_size)
    for batch in batches:
        assert batch.images.shape == (batch_size, 16, 16, 3) and batch.images.dtype == np.uint8
        assert batch.labels.shape == batch.mask.shape == (batch_size,)
        assert batch.ids.shape == (batch_size, 2)
        assert not batch.images[~batch.mask].any() and not batch.ids[~batch.mask].any()
    mask = np.concatenate([batch.mask for batch in batches])
    images, labels, ids = (
        np.concatenate([getattr(batch, name) for batch in batches])[mask]
        for name in ("images", "labels", "ids")
    )
    np.testing.assert_array_equal(labels, split.labels[order])
    np.testing.assert_array_equal(ids, split.ids[order])
    np.testing.assert_array_equal(images, np.stack([split.image(int(i)) for i in order]))


@pytest.mark.parametrize("cache_limit", [0, 2**30])
@pytest.mark.parametrize("rows", [None, slice(4, 8)])
def test_nothing_is_left_of_an_epoch_that_is_resumed_at_its_end(root, cache_limit, rows):
    split = load_image_folder(root, image_size=16, cache_limit=cache_limit).train
    order = epoch_order(len(split), seed=0, epoch=1)
    assert list(epoch_batches(split, order[len(split) :], 8, rows)) == []


SPOILT = ("Car/1.png", "Car/2.png", "Truck/4.png")


@pytest.fixture
def spoilt(tmp_path):
    """Ten images, of which three show only when they are decoded that they are damaged."""
    root = write_image_folder(tmp_path / "data", per_class=5)
    for name in SPOILT:
        content = (root / "train" / name).read_bytes()
        (root / "train" / name).write_bytes(content[: len(content) // 2])
    return root


def stream(root, **options):
    return load_image_folder(root, image_size=16, cache_limit=0, **options)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 5, 10, 16])
def test_an_image_that_cannot_be_decoded_leaves_its_row_empty(spoilt, batch_size):
    dataset = stream(spoilt, on_bad_image="skip")
    assert dataset.report is not None
    told = []
    dataset.report.tell = told.append
    split = dataset.train
    good = np.array([name not in SPOILT for name in split.sources])
    for epoch in (1, 2, 3):
        order = epoch_order(10, seed=0, epoch=epoch)
        batches = list(epoch_batches(split, order, batch_size))
        assert len(batches) == -(-10 // batch_size)
        images, labels, ids, mask = (
            np.concatenate(part)[:10] for part in zip(*batches, strict=True)
        )
        np.testing.assert_array_equal(mask, good[order])
        np.testing.assert_array_equal(labels, np.where(mask, split.labels[order], 0))
        np.testing.assert_array_equal(ids, np.where(mask[:, None], split.ids[order], 0))
        for row, index in enumerate(order):
            expected = split.image(int(index)) if good[index] else np.zeros((16, 16, 3))
            np.testing.assert_array_equal(images[row], expected)
    (line,) = told
    assert line.startswith("Left out 3 images that cannot be decoded")
    assert all(f"train/{name} (truncated or damaged)" in line for name in SPOILT)
    assert sorted(bad.path for bad in dataset.report.bad) == [f"train/{name}" for name in SPOILT]


def test_all_that_cannot_be_decoded_are_named_at_the_end_of_an_epoch(spoilt):
    split = stream(spoilt).train
    for _ in range(2):
        batches = []
        with pytest.raises(BadImagesError, match="cannot use 3 of 20 images") as error:
            batches.extend(epoch_batches(split, np.arange(10), 4))
        assert len(batches) == 3
        assert error.value.details == tuple(
            f"{spoilt}/train/{name} (truncated or damaged)" for name in SPOILT
        )


def test_a_split_of_which_nothing_can_be_decoded_is_an_error(spoilt):
    for path in (spoilt / "train").rglob("*.png"):
        path.write_bytes(path.read_bytes()[:400])
    dataset = stream(spoilt, on_bad_image="skip")
    with pytest.raises(InputError, match="train: none of its images can be used"):
        list(epoch_batches(dataset.train, np.arange(10), 4))
    with pytest.raises(InputError, match="none of the images of train can be decoded"):
        dataset.train.example()


def test_the_first_good_image_is_an_example(spoilt):
    (spoilt / "train" / "Car" / "0.png").write_bytes(
        (spoilt / "train" / "Car" / "0.png").read_bytes()[:400]
    )
    split = stream(spoilt).train
    with pytest.raises(InputError, match=r"train/Car/0\.png cannot be decoded"):
        split.image(0)
    np.testing.assert_array_equal(split.example(), split.image(3))
    assert split.example(at_least=40).shape == (40, 40, 3)


def test_an_image_outside_a_split_is_an_error(root):
    split = load_image_folder(root, image_size=16).train
    for index in (-1, len(split)):
        with pytest.raises(IndexError, match=rf"image {index}: train has 0 to {len(split) - 1}"):
            split.image(index)


def test_an_epoch_with_gaps_prints_nothing_of_its_own(spoilt, capfd):
    webp = encode(slopes(), "WEBP", lossless=True)
    (spoilt / "train" / "Car" / "half.webp").write_bytes(cut(webp, 0.5))
    dataset = stream(spoilt, on_bad_image="skip")
    assert dataset.report is not None
    told = []
    dataset.report.tell = told.append
    list(epoch_batches(dataset.train, np.arange(11), 4))
    assert "half.webp (truncated or damaged)" in told[0]
    assert capfd.readouterr() == ("", "")
