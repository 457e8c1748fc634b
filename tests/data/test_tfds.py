"""TensorFlow Datasets, with its own mock data."""

import json
import warnings

import numpy as np
import pytest

from augjax.data import load_dataset, load_image_set, load_tfds
from augjax.data.tf import import_tensorflow
from augjax.errors import InputError
from tests.corpora import image_zoo
from tests.corpora.hard_patterns import LEVELS, PATTERNS, SIZE, by_pillow, jpeg
from tests.corpora.image_bytes import SIDE
from tests.corpora.image_kind import ImageKind
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


def test_load_dataset_reads_any_number_of_classes(cifar10):
    for spec, count in (("tfds:cifar10", 10), ("tfds:cifar10:truck,cat,ship", 3)):
        one, other = load_dataset(spec, image_size=8), load_tfds(spec, image_size=8)
        assert one.fingerprint == other.fingerprint and len(one.class_names) == count
        np.testing.assert_array_equal(one.train.cache, other.train.cache)
    with pytest.raises(InputError, match=r"^tfds:cifar10:truck has one class only"):
        load_dataset("tfds:cifar10:truck", image_size=8)
    with pytest.raises(InputError, match=r"^--valid-fraction 0.2: tfds:cifar10 has splits of its"):
        load_dataset("tfds:cifar10", image_size=8, valid_fraction=0.2)
    with pytest.raises(InputError, match=r"^tfds:none: TensorFlow Datasets has no data set"):
        load_dataset("tfds:none", image_size=8)


def test_an_image_set_has_the_labels_of_the_classes_given(cifar10):
    theirs = load_tfds("tfds:cifar10:automobile,truck", image_size=8).valid
    names = ("truck", "tram", "automobile")
    found = load_image_set("tfds:cifar10:automobile,truck", image_size=8, class_names=names)
    assert found.class_names == names and found.images.name == "test"
    assert found.notes == ("Classes without an image in test: tram.",)
    assert found.images.sources == theirs.sources
    np.testing.assert_array_equal(found.images.labels, np.array([2, 0])[theirs.labels])
    with pytest.raises(
        InputError, match=r"^tfds:cifar10 has other classes: airplane, bird, .*tram"
    ):
        load_image_set("tfds:cifar10", image_size=8, class_names=names)


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


def content_of(kind: ImageKind, folder) -> bytes:
    path = folder / kind.file
    kind.write(path)
    return path.read_bytes()


def test_every_kind_of_picture_is_read_as_in_a_folder(cifar10, monkeypatch, tmp_path):
    kinds = [kind for kind in image_zoo.kinds() if kind.pixels is not None]
    serve(monkeypatch, [content_of(kind, tmp_path) for kind in kinds])
    dataset = load_tfds("tfds:cifar10", image_size=SIDE)
    for split in (dataset.train, dataset.valid):
        for i, kind in enumerate(kinds):
            off = np.abs(split.image(i).astype(int) - kind.pixels).max()
            assert off <= kind.tolerance, kind.name
    assert dataset.notes == ()


@pytest.mark.parametrize("name", ["text", "TIFF named .jpg", "JPEG cut at 50%", "PNG cut at 90%",
                                  "PNG with a byte flipped", "WebP cut at 50%",
                                  "JPEG said to be 0 x 0"])  # fmt: skip
def test_an_image_that_cannot_be_decoded_is_named(cifar10, monkeypatch, tmp_path, capfd, name):
    (kind,) = (kind for kind in image_zoo.kinds() if kind.name == name)
    good = jpeg(PATTERNS["ramp"])
    serve(monkeypatch, [good, good, content_of(kind, tmp_path), good])
    with pytest.raises(InputError) as raised:
        load_tfds("tfds:cifar10", image_size=SIDE)
    start = "--data tfds:cifar10: split train: cannot decode train-2 ("
    assert str(raised.value).startswith(start) and kind.reason in str(raised.value)
    assert "\n" not in str(raised.value)
    assert capfd.readouterr().err == ""


def test_images_that_decode_with_a_complaint_are_noted(cifar10, monkeypatch, tmp_path, capfd):
    good = [jpeg(pixels) for pixels in PATTERNS.values()]
    doubtful = [content_of(kind, tmp_path) for kind in image_zoo.kinds() if kind.doubtful]
    serve(monkeypatch, [good[0], doubtful[0], *good, doubtful[1]])
    dataset = load_tfds("tfds:cifar10", image_size=SIDE)
    last = len(good) + 2
    assert dataset.notes == (
        "Warning: decoders complained of 4 images, which may be damaged: "
        f"train-1, train-{last}, test-1, and 1 more.",
    )
    assert len(dataset.train) == last + 1
    assert capfd.readouterr().err == ""


def test_a_record_that_cannot_be_read_is_one_line(cifar10, monkeypatch):
    def as_dataset(self, **options):
        def broken(i):
            with tf.control_dependencies([tf.debugging.assert_less(i, tf.constant(3, tf.int64))]):
                return {"image": jpeg(PATTERNS["ramp"]), "label": i, "tfds_id": tf.as_string(i)}

        return tf.data.Dataset.range(5).map(broken)

    monkeypatch.setattr(tfds.core.DatasetBuilder, "as_dataset", as_dataset)
    message = r"split train: damaged \(InvalidArgumentError\); repair it and prepare it again$"
    with pytest.raises(InputError, match=message):
        load_tfds("tfds:cifar10", image_size=16)


@pytest.mark.parametrize(
    ("feature", "shown"),
    [
        (tfds.features.Image(shape=(20, 20, 1), dtype=np.uint16), "uint16 of shape (20, 20, 1)"),
        (tfds.features.Image(shape=(None, None, 3), dtype=np.uint16),
         "uint16 of shape (None, None, 3)"),
        (tfds.features.Image(shape=(9, 9, 1), dtype=np.float32), "float32 of shape (9, 9, 1)"),
        (tfds.features.Image(shape=(None, None, 4)), "uint8 of shape (None, None, 4)"),
        (tfds.features.Tensor(shape=(9, 9, 3), dtype=np.float32), "float32 of shape (9, 9, 3)"),
        (tfds.features.Tensor(shape=(9, 9, 2), dtype=np.uint8), "uint8 of shape (9, 9, 2)"),
        (tfds.features.Tensor(shape=(9, 9), dtype=np.uint8), "uint8 of shape (9, 9)"),
        (tfds.features.Video(shape=(None, 9, 9, 3)), "uint8 of shape (None, 9, 9, 3)"),
        (tfds.features.Sequence(tfds.features.Image(shape=(9, 9, 3))),
         "uint8 of shape (None, 9, 9, 3)"),
        (tfds.features.Text(), "object of shape ()"),
    ],
)  # fmt: skip
def test_images_of_another_type_or_shape_are_refused(cifar10, monkeypatch, feature, shown):
    label = tfds.features.ClassLabel(names=NAMES)
    features = tfds.features.FeaturesDict({"image": feature, "label": label})
    monkeypatch.setattr(tfds.core.DatasetInfo, "features", features)
    with pytest.raises(InputError) as raised:
        load_tfds("tfds:cifar10", image_size=16)
    assert str(raised.value) == (
        f"--data tfds:cifar10: its feature 'image' is {shown}; "
        "expected uint8 of shape (height, width, 1 or 3)"
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_images_stored_as_pixels_are_read(cifar10, monkeypatch, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (10, 16, 16, channels), np.uint8)

    def as_dataset(self, *, decoders, **options):
        assert decoders is None
        examples = {"image": pixels, "label": np.arange(10), "tfds_id": [str(i) for i in range(10)]}
        return tf.data.Dataset.from_tensor_slices(examples)

    feature = tfds.features.Tensor(shape=(16, 16, channels), dtype=np.uint8)
    label = tfds.features.ClassLabel(names=NAMES)
    features = tfds.features.FeaturesDict({"image": feature, "label": label})
    monkeypatch.setattr(tfds.core.DatasetInfo, "features", features)
    monkeypatch.setattr(tfds.core.DatasetBuilder, "as_dataset", as_dataset)
    dataset = load_tfds("tfds:cifar10", image_size=16)
    np.testing.assert_array_equal(dataset.train.cache, np.broadcast_to(pixels, (10, 16, 16, 3)))


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
