"""TensorFlow Datasets, with its own mock data."""

import json
import warnings

import numpy as np
import pytest

from augjax.data import load_tfds
from augjax.data.tf import import_tensorflow
from augjax.errors import InputError
from tests.corpora.hard_patterns import LEVELS, PATTERNS, SIZE, by_pillow, jpeg
from tests.helpers import run_python

tf = import_tensorflow()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorFlow Datasets' own, at import.
    import tensorflow_datasets as tfds

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


@pytest.fixture
def cifar10(tmp_path):
    """CIFAR-10 as if prepared: real names of classes and splits, invented images."""
    folder = tmp_path / "cifar10" / tfds.builder_cls("cifar10").VERSION.__str__()
    folder.mkdir(parents=True)
    files = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"
    splits = [
        {"name": name, "shardLengths": ["60"], "numBytes": "1", "filepathTemplate": files}
        for name in ("test", "train")
    ]
    info = {"name": "cifar10", "version": folder.name, "fileFormat": "tfrecord", "splits": splits}
    (folder / "dataset_info.json").write_text(json.dumps(info))
    image, label = tfds.features.Image(shape=(32, 32, 3)), tfds.features.ClassLabel(names=NAMES)
    tfds.features.FeaturesDict({"image": image, "label": label}).save_config(str(folder))
    with tfds.testing.mock_data(num_examples=60, data_dir=str(tmp_path)):
        yield


def test_chosen_classes_are_relabelled_in_the_order_listed(cifar10):
    by_name = load_tfds("tfds:cifar10:truck,automobile", image_size=16)
    by_index = load_tfds("tfds:cifar10:9,1", image_size=16)
    assert by_name.class_names == by_index.class_names == ("truck", "automobile")
    assert by_name.valid.name == "test"
    assert set(by_name.train.labels.tolist()) == {0, 1}
    np.testing.assert_array_equal(by_name.train.labels, by_index.train.labels)
    assert by_name.train.image(0).shape == (16, 16, 3)
    assert len(set(by_name.train.sources)) == len(by_name.train)
    everything = load_tfds("tfds:cifar10", image_size=16)
    assert everything.class_names == tuple(NAMES) and len(everything.train) == 60
    trucks = everything.train.labels == 9
    assert trucks.sum() == (by_name.train.labels == 0).sum()


def serve(monkeypatch, images: list[bytes]):
    """CIFAR-10 with these JPEGs or PNGs, as they are stored."""

    def as_dataset(self, *, split, decoders, **options):
        assert set(decoders) == {"image"}  # They are not decoded by others.
        ids = [f"{split}-{i}" for i in range(len(images))]
        examples = {"image": images, "label": np.arange(len(images)) % 10, "tfds_id": ids}
        return tf.data.Dataset.from_tensor_slices(examples)

    monkeypatch.setattr(tfds.core.DatasetBuilder, "as_dataset", as_dataset)


def test_pixels_are_those_of_pillow(cifar10, monkeypatch):
    images = [
        jpeg(pixels, quality=quality, subsampling=subsampling)
        for pixels in PATTERNS.values() for quality in (30, 90) for subsampling in (0, 2)
    ]  # fmt: skip
    serve(monkeypatch, images)
    dataset = load_tfds("tfds:cifar10", image_size=SIZE)
    for split in (dataset.train, dataset.valid):
        assert len(split) == len(images)
        for i, content in enumerate(images):
            assert np.abs(split.image(i) - by_pillow(content)).max() <= LEVELS, i


def test_every_byte_of_every_image_counts(cifar10, monkeypatch):
    images = [jpeg(pixels) + bytes(100) for pixels in PATTERNS.values()]
    serve(monkeypatch, images)
    before = load_tfds("tfds:cifar10", image_size=16)
    serve(monkeypatch, [*images[:3], images[3][:-50] + b"\1" + images[3][-49:], *images[4:]])
    after = load_tfds("tfds:cifar10", image_size=16)
    assert np.flatnonzero(before.train.contents.numpy() != after.train.contents.numpy()) == [3]
    assert (before.train.outlines != 0).all()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("tfds:no_such_set", "has no data set 'no_such_set'"),
        ("tfds:cifar10:tractor,truck", "no class tractor; it has airplane, automobile"),
        ("tfds:cifar10:1,10", "no class 10"),
        ("tfds:cifar10:truck,9", "listed twice"),
    ],
)
def test_what_does_not_exist_is_named(cifar10, spec, message):
    with pytest.raises(InputError, match=message):
        load_tfds(spec, image_size=16)


def test_a_set_beyond_the_memory_limit_is_refused(cifar10):
    with pytest.raises(InputError, match="smaller --image-size"):
        load_tfds("tfds:cifar10", image_size=64, cache_limit=10_000)


@pytest.mark.parametrize("error", [ConnectionError("no route\nto host"), OSError("resolve failed")])
def test_no_network_is_one_line(cifar10, monkeypatch, error):
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail_with(error))
    with pytest.raises(InputError, match="check the network") as raised:
        load_tfds("tfds:cifar10", image_size=16)
    assert "\n" not in str(raised.value)


@pytest.mark.long
def test_no_network_is_one_line_soon(tmp_path):
    """In truth: every request goes to a port where nobody listens."""
    nowhere = dict.fromkeys(
        ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"
    )
    done = run_python(
        "-m", "experiments.car_truck", "--data=tfds:cifar10:automobile,truck",
        f"--run-dir={tmp_path / 'run'}", TFDS_DATA_DIR=str(tmp_path), NO_PROXY="", no_proxy="",
        **nowhere,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: --data tfds:cifar10:automobile,truck: cannot download")
    assert "check the network" in done.stderr and done.stderr.count("\n") == 1


def test_a_missing_package_is_not_called_a_missing_network(cifar10, monkeypatch):
    error = ModuleNotFoundError("No module named 'scipy'")
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail_with(error))
    with pytest.raises(ModuleNotFoundError, match="scipy"):
        load_tfds("tfds:cifar10", image_size=16)


def fail_with(error):
    def download_and_prepare(self, *args, **kwargs):
        raise error

    return download_and_prepare
