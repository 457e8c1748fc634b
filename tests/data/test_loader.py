import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augjax.data import epoch_batches, epoch_order, load_image_folder
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
