"""Several processes that read one data set: each a part of it, and all the same in the end."""

import re
import shutil
from collections import Counter
from typing import Any

import numpy as np
import pytest

from augjax.data import BadImagesError, epoch_batches, epoch_order, load_dataset
from augjax.data.folder import decode_all, verify
from augjax.errors import InputError, Interrupted
from tests.helpers import write_image_folder
from tests.oracles import Image
from tests.threads import in_threads

SIZE = 16


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_image_folder(tmp_path_factory.mktemp("shared") / "data", per_class=9)


def load(root, processes, **options):
    return load_dataset(root, image_size=SIZE, processes=processes, **options)


def rows_of(index, count, batch_size):
    return slice(batch_size * index // count, batch_size * (index + 1) // count)


def epoch(split, number, batch_size, rows=None):
    return list(
        epoch_batches(split, epoch_order(len(split), seed=0, epoch=number), batch_size, rows)
    )


def epochs(datasets, number, batch_size):
    """Each process's rows, streamed at the same time: at the end of an epoch they agree."""
    count = len(datasets)

    def own(processes):
        rows = rows_of(processes.index, count, batch_size)
        return epoch(datasets[processes.index].train, number, batch_size, rows)

    return in_threads(count, own)


@pytest.mark.parametrize("cache_limit", [0, 2**30])
@pytest.mark.parametrize("batch_size", [4, 32])
@pytest.mark.parametrize("count", [2, 4])
def test_the_rows_of_all_are_the_batches_of_one(root, cache_limit, batch_size, count):
    split = load_dataset(root, image_size=SIZE, cache_limit=cache_limit).train
    whole = epoch(split, 1, batch_size)
    shares = [epoch(split, 1, batch_size, rows_of(i, count, batch_size)) for i in range(count)]
    for n, batch in enumerate(whole):
        for field, expected in batch._asdict().items():
            parts = [getattr(share[n], field) for share in shares]
            np.testing.assert_array_equal(np.concatenate(parts), expected)
    assert all(len(share) == len(whole) for share in shares)


@pytest.mark.parametrize("cache_limit", [0, 2**30])
@pytest.mark.parametrize("count", [2, 3])
def test_all_come_to_the_data_set_of_one(root, cache_limit, count):
    one = load_dataset(root, image_size=SIZE, cache_limit=cache_limit)
    assert one.report is not None
    for other in in_threads(count, lambda p: load(root, p, cache_limit=cache_limit)):
        assert other.fingerprint == one.fingerprint and other.notes == one.notes
        assert other.class_names == one.class_names and other.report.counts == one.report.counts
        for theirs, ours in ((other.train, one.train), (other.valid, one.valid)):
            assert theirs.sources == ours.sources
            if cache_limit:
                np.testing.assert_array_equal(theirs.contents, ours.contents)
            for name in ("labels", "ids", "outlines"):
                np.testing.assert_array_equal(getattr(theirs, name), getattr(ours, name))
            images = [theirs.image(i) for i in range(len(theirs))]
            np.testing.assert_array_equal(images, [ours.image(i) for i in range(len(ours))])


def test_each_file_is_judged_and_decoded_by_one(root, monkeypatch):
    judged, decoded = [], []
    judge, decode = verify.judge_files, decode_all.decode_all

    def judging(paths, known):
        judged.extend(paths)
        return judge(paths, known)

    def decoding(pieces, **options):
        return decode(([decoded.extend(piece), piece][1] for piece in pieces), **options)

    monkeypatch.setattr(verify, "judge_files", judging)
    monkeypatch.setattr(verify, "decode_all", decoding)
    datasets = in_threads(3, lambda p: load(root, p))
    files = sorted(str(path) for path in root.glob("*/*/*.png"))
    assert sorted(judged) == files
    assert sorted(file.path.decode() for file in decoded) == files
    held = np.sum([dataset.train.held for dataset in datasets], axis=0)
    np.testing.assert_array_equal(held, 1)


@pytest.mark.parametrize("count", [2, 3])
def test_an_epoch_reads_what_its_rows_need_and_the_cache_has_not(root, count):
    batch_size = 6
    datasets = in_threads(count, lambda p: load(root, p))
    alone = load_dataset(root, image_size=SIZE).train
    most = -(-len(alone) // batch_size) * batch_size // count
    seen: list[Any] = [set(np.flatnonzero(dataset.train.held)) for dataset in datasets]
    for number in (1, 2, 3):
        whole = epoch(alone, number, batch_size)
        order = epoch_order(len(alone), seed=0, epoch=number)
        shares = epochs(datasets, number, batch_size)
        for i, (dataset, own) in enumerate(zip(datasets, shares, strict=True)):
            rows = rows_of(i, count, batch_size)
            for mine, all_rows in zip(own, whole, strict=True):
                np.testing.assert_array_equal(mine.images, all_rows.images[rows])
                np.testing.assert_array_equal(mine.mask, all_rows.mask[rows])
            wanted = {int(k) for n in range(0, len(order), batch_size) for k in order[n:][rows]}
            reads = dataset.train.reads.taken()
            assert reads.images == len(wanted - seen[i]) <= most
            new = np.array(sorted(wanted - seen[i]), int)
            assert reads.bytes == dataset.train.sizes[new].sum()
            seen[i] |= wanted
            assert seen[i] == set(np.flatnonzero(dataset.train.held))


def test_images_that_do_not_fit_into_memory_are_read_anew_each_epoch(root):
    datasets = in_threads(2, lambda p: load(root, p, cache_limit=0))
    for number in (1, 2):
        epochs(datasets, number, 6)
        for dataset in datasets:
            assert dataset.train.reads.taken().images == len(dataset.train) / 2


def test_all_name_all_bad_files(root, tmp_path):
    damaged = tmp_path / "damaged"
    shutil.copytree(root, damaged)
    names = ("train/Car/0.png", "train/Truck/8.png", "valid/Truck/0.png")
    for name in names:
        (damaged / name).write_bytes((damaged / name).read_bytes()[:60])
    alone = load_dataset(damaged, image_size=SIZE, on_bad_image="skip")
    assert alone.report is not None
    for error in in_threads(3, lambda p: load(damaged, p)):
        assert isinstance(error, BadImagesError)
        assert [bad.path for bad in error.report.bad] == list(names)
    for dataset in in_threads(3, lambda p: load(damaged, p, on_bad_image="skip")):
        assert dataset.notes == alone.notes and dataset.train.sources == alone.train.sources
        assert dataset.report.as_json() == alone.report.as_json()


def test_what_an_epoch_cannot_decode_all_leave_out_and_one_tells_of(root, tmp_path):
    spoilt = tmp_path / "spoilt"
    shutil.copytree(root, spoilt)
    datasets = in_threads(2, lambda p: load(spoilt, p, on_bad_image="skip", cache_limit=0))
    for name in ("Car/1.png", "Truck/1.png"):
        path = spoilt / "train" / name
        path.write_bytes(path.read_bytes()[:-20])
    told = [[], []]
    for dataset, news in zip(datasets, told, strict=True):
        dataset.report.tell = news.append
    batches = epochs(datasets, 1, 6)
    masked = Counter(int(k) for share in batches for batch in share for k in batch.mask)
    assert masked[0] == 2
    assert told[0] == told[1] and "Car/1.png" in told[0][0] and "Truck/1.png" in told[0][0]


@pytest.mark.parametrize("on_bad_image", ["fail", "skip"])
def test_other_bytes_under_the_same_name_are_not_taken_for_bad(root, tmp_path, on_bad_image):
    roots = [tmp_path / "one", tmp_path / "other"]
    for folder in roots:
        shutil.copytree(root, folder)
    for name in ("Car/1.png", "Truck/7.png"):
        image = Image.open(root / "train" / name)
        for folder, pixels in zip(roots, (image, image.rotate(180)), strict=True):
            pixels.save(folder / "train" / name, "BMP")
    datasets = in_threads(
        2, lambda p: load(roots[p.index], p, on_bad_image=on_bad_image, cache_limit=0)
    )
    for error in epochs(datasets, 1, 6):
        assert isinstance(error, InputError)
        assert re.search(r"^process [01]: train/.* has other bytes than for process", str(error))
        assert str(error).endswith("; give all processes the same images")


@pytest.mark.parametrize(
    "change, what",
    [
        (lambda root: (root / "train/Car/3.png").unlink(), "train/Car/3.png is not there"),
        (
            lambda root: shutil.copy(root / "train/Car/3.png", root / "train/Car/x.png"),
            "train/Car/x.png is there only",
        ),
        (
            lambda root: (root / "valid/Car/0.png").write_bytes(
                (root / "train/Truck/0.png").read_bytes() + b"0"
            ),
            "valid/Car/0.png is of another size or class",
        ),
    ],
)
def test_a_folder_that_differs_is_an_error_that_says_how(root, tmp_path, change, what):
    copies = [root, tmp_path / "b", tmp_path / "c"]
    for copy in copies[1:]:
        shutil.copytree(root, copy)
    change(copies[2])
    for error in in_threads(3, lambda p: load(copies[p.index], p)):
        assert isinstance(error, InputError) and what in str(error)
        assert str(error).removeprefix("process 2: ").startswith(str(copies[2]))


def test_a_folder_that_is_not_there_is_told_of_once(root, tmp_path):
    folders = [root, tmp_path / "missing"]
    first, own = in_threads(2, lambda p: load(folders[p.index], p))
    assert isinstance(first, InputError) and str(first) == f"process 1: {own}"
    assert "missing" in str(own)


def test_only_the_first_keeps_verdicts(root, monkeypatch):
    kept = []
    monkeypatch.setattr(verify, "load_verdicts", lambda data: {})
    monkeypatch.setattr(verify, "save_verdicts", lambda data, now: kept.append(now) or "")
    in_threads(3, lambda p: load(root, p))
    assert len(kept) == 1 and len(kept[0]) == len(list(root.glob("*/*/*.png")))


def test_a_stop_waits_for_the_vote_of_a_step_and_ends_no_epoch(root):
    class Asked:
        asked: int | None = None

        def interrupted(self, signum):
            return Interrupted(signum, "stopped")

    stop = Asked()
    datasets = in_threads(2, lambda p: load(root, p), stop=lambda index: stop)
    stop.asked = 15
    assert [len(batches) for batches in epochs(datasets, 1, 6)] == [3, 3]
    assert [type(one) for one in in_threads(2, lambda p: load(root, p), stop=lambda i: stop)] == [
        Interrupted
    ] * 2
