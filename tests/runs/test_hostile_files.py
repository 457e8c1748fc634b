"""Files of a run that are not what a run has written are one line, and nothing is waited for."""

import os
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from augjax.errors import InputError
from augjax.runs.augmentation import chosen_pipeline, recorded_pipeline
from augjax.runs.checkpoints import _read_progress
from augjax.runs.fingerprints import Fingerprints
from augjax.runs.folder import locked_run_folder
from augjax.runs.history import epochs_done
from augjax.runs.manifest import Damaged, seal, verify
from augjax.runs.record import record_run
from augjax.runs.weights import is_intact, load_weights, save_weights
from augjax.training.history import columns
from experiments.car_truck.config import Config, recorded_config
from tests.runs.datasets import dataset_of

DEEP = b"[" * 100_000
CONTENTS = {
    "empty": b"", "not JSON": b"{", "not UTF-8": b"\xff\xfe\xfa", "a list": b"[]", "null": b"null",
    "a number": b"3", "deep": DEEP, "a deep value": b'{"pipeline": ' + DEEP,
    "other images": b'{"fingerprint": "all bytes of each file", "images": {"a": "1 2"}}',
    "digits": b"9" * 10_000, "a surrogate": b'{"data": "\\ud800"}', "NUL": b'{"data": "\\u0000"}',
}  # fmt: skip
READERS = {
    "config.json": lambda folder: recorded_config(folder, "--resume x"),
    "run.json": lambda folder: record_run(
        folder, dataset_of(), command="go", settings={}, data={}, resumed=True
    ),
    "fingerprints.json": lambda folder: Fingerprints(folder, dataset_of()).changes("--resume x"),
    "run.json, pipeline": lambda folder: recorded_pipeline(folder, "--resume x"),
    "best.safetensors": lambda folder: load_weights(folder / "best.safetensors"),
    "progress.json": lambda folder: _read_progress(folder / "progress.json", columns(2)),
    "manifest.json": verify,
    "pipeline.json": lambda folder: chosen_pipeline(str(folder / "pipeline.json"), 32),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("content", [*CONTENTS, "a pipe", "a folder"])
def test_what_a_run_did_not_write_is_one_line(tmp_path, reader, content):
    path = tmp_path / reader.partition(",")[0]
    if content == "a pipe":
        os.mkfifo(path)
    elif content == "a folder":
        path.mkdir()
    else:
        path.write_bytes(CONTENTS[content])
    with pytest.raises((InputError, Damaged)) as caught:
        READERS[reader](tmp_path)
    assert "\n" not in str(caught.value)


def test_a_history_that_cannot_be_read_is_waited_for_by_nobody(tmp_path):
    os.mkfifo(tmp_path / "history.jsonl")
    with pytest.raises(InputError, match=r"history.jsonl: cannot read it \(not a regular file"):
        epochs_done(tmp_path)
    (tmp_path / "history.jsonl").unlink()
    assert epochs_done(tmp_path) == 0
    (tmp_path / "history.jsonl").write_bytes(b"\xff\xfe\n{}\n")
    assert epochs_done(tmp_path) == 2
    (tmp_path / "history.jsonl").write_bytes(b"{}\n{")
    assert epochs_done(tmp_path) == 2
    os.truncate(tmp_path / "history.jsonl", 2**40)  # Takes no room: a hole.
    with pytest.raises(InputError, match=r"history.jsonl: cannot read it \(too long\)"):
        epochs_done(tmp_path)


@pytest.mark.parametrize("name", ["extra", "arrays/extra"])
def test_a_giant_file_that_is_not_of_a_checkpoint_is_not_read(tmp_path, name):
    (tmp_path / "arrays").mkdir()
    (tmp_path / "arrays/a").touch()
    seal(tmp_path)
    verify(tmp_path)
    (tmp_path / name).touch()
    os.truncate(tmp_path / name, 2**40)  # It would take an hour.
    with pytest.raises(Damaged, match=f"'{name}' is not of it"):
        verify(tmp_path)


@pytest.mark.parametrize(
    ("arrays", "metadata"),
    [
        (["a"], "[]"),
        (["a"], "3"),
        (["a"], "[" * 100_000),
        (["a", "a/b"], '{"sha256": ""}'),
        (["a/b", "a"], '{"sha256": ""}'),
    ],
)
def test_hostile_weights_are_one_line(tmp_path, arrays, metadata):
    path = tmp_path / "best.safetensors"
    content = {name: np.zeros(2, np.float32) for name in arrays}
    path.write_bytes(safetensors.numpy.save(content, {"augjax": metadata}))
    assert not is_intact(path)
    with pytest.raises(InputError, match=r"best\.safetensors: "):
        load_weights(path)


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a/b/c"), ("a", "a/")])
def test_sealed_weights_of_which_one_has_the_name_of_a_group(tmp_path, names):
    path = tmp_path / "best.safetensors"
    save_weights(path, dict.fromkeys(names, np.zeros(2, np.float32)), {})
    assert not is_intact(path)
    with pytest.raises(InputError, match="not written by augjax"):
        load_weights(path)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 3), np.float64), "float64, expected float32"),
        (np.zeros((2, 3), np.float16), "float16, expected float32"),
        (np.zeros((2, 3), np.int8), "int8, expected float32"),
        (np.zeros((2, 3), bool), "bool, expected float32"),
        (np.zeros((3, 2), np.float32), r"\(3, 2\), expected \(2, 3\)"),
    ],
)
def test_weights_of_another_network_are_one_line(tmp_path, array, words):
    path, like = tmp_path / "weights", {"params": {"kernel": np.zeros((2, 3), np.float32)}}
    save_weights(path, like, {})
    load_weights(path, like)
    save_weights(path, {"params": {"kernel": array}}, {})
    with pytest.raises(InputError, match=f"'params/kernel' does not fit this network: {words}"):
        load_weights(path, like)


@pytest.mark.parametrize("option", ["data", "run_dir", "pipeline"])
@pytest.mark.parametrize("name", ["a\0b", "\ud800", "tfds:\0"])
def test_a_name_that_no_file_has_is_one_line(option, name):
    flag = option.replace("_", "-")
    with pytest.raises(InputError, match=f"--{flag} .*: no file has such a name"):
        Config(**{option: name})


PATHS = {
    "not UTF-8": (os.fsdecode(b"a\xff"), "checkpoints cannot be written to .*, which is not UTF-8"),
    "not in this locale": (
        "\udcc3\udcbc",  # As Python has b"\xc3\xbc" where file names are ASCII.
        "checkpoints cannot be written to .*, which is not UTF-8, or not in this locale; choose",
    ),
    "a backslash": ("a\\b", "checkpoints cannot be written to .*, which has a backslash"),
    "a scheme": ("gs:/run", "which Orbax takes for a bucket's"),
    "a scheme at the end": ("gs:", "which Orbax takes for a bucket's"),
    "a bucket": ("/s3/bucket/run", "which Orbax takes for a bucket's"),
    "too long a name": ("a" * 300, r"cannot use it \(File name too long\)"),
    "too long a path": ("a/" * 3000, r"cannot use it \(File name too long\)"),
    "in a file": ("file/run", r"cannot use it \(Not a directory\)"),
    "a file": ("file", "is not a folder"),
    "a circle": ("circle", r"cannot use it \(File exists\)"),
}


@pytest.mark.parametrize("kind", PATHS)
def test_a_run_folder_that_cannot_be_is_one_line_at_the_start(tmp_path, kind):
    name, words = PATHS[kind]
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to("circle")
    with (
        pytest.raises(InputError, match=rf"--run-dir .*{words}"),
        locked_run_folder(tmp_path / name, existing=False),
    ):
        raise AssertionError
    assert sorted(os.listdir(tmp_path)) == ["circle", "file"]


def test_a_relative_run_folder_needs_a_folder_in_utf8(tmp_path, monkeypatch):
    (tmp_path / os.fsdecode(b"a\xff")).mkdir()
    monkeypatch.chdir(tmp_path / os.fsdecode(b"a\xff"))
    with (
        pytest.raises(InputError, match=r"--run-dir run: checkpoints .* is not UTF-8"),
        locked_run_folder(Path("run"), existing=False),
    ):
        raise AssertionError


def test_a_run_json_that_is_deep_is_not_taken_for_a_dead_runs(tmp_path):
    (tmp_path / "run.json").write_bytes(DEEP)
    with (
        pytest.raises(InputError, match="holds files"),
        locked_run_folder(tmp_path, existing=False),
    ):
        raise AssertionError
