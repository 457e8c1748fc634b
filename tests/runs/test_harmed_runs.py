"""What is no run, or has come to harm, is refused in one line."""

from pathlib import Path

import pytest

from augjax.errors import InputError
from augjax.runs.loaded import load_run
from tests.runs.small_network import with_metadata


def replaced(name: str, content: str):
    return lambda folder: (folder / name).write_text(content)


def gone(name: str):
    return lambda folder: (folder / name).unlink()


def flipped(folder: Path) -> None:
    weights = bytearray((folder / "best.safetensors").read_bytes())
    weights[-2] ^= 1
    (folder / "best.safetensors").write_bytes(weights)


def metadata(**entries):
    return lambda folder: with_metadata(folder, **entries)


HARMED = {
    "no run": (
        gone("config.json"),
        r"there is no run \(no config.json\); give the folder of a run",
    ),
    "odd flags": (replaced("config.json", "[]"), "config.json is not what a run has written"),
    "odd record": (replaced("run.json", "{"), "run.json is not what a run has written"),
    "odd summary": (replaced("summary.json", "3"), "summary.json is not what a run has written"),
    "half a history": (replaced("history.jsonl", '{"epoch": 1, "lo'), "history.jsonl is not what"),
    "odd history": (replaced("history.jsonl", '{"epoch": "x"}\n'), "history.jsonl is not what"),
    "half a run": (gone("best.safetensors"), "the run has no weights yet"),
    "a flipped bit": (flipped, "damaged; its contents are not what was written"),
    "cut": (replaced("best.safetensors", "abc"), "damaged, or not written by augjax"),
    "no names": (metadata(class_names=None), r"no usable class_names \(None\)"),
    "odd names": (metadata(class_names=["a", 3]), "no usable class_names"),
    "equal names": (metadata(class_names=["a", "a"]), "no usable class_names"),
    "another number": (metadata(class_names=["a", "b", "c"]), "does not fit this network"),
    "no size": (metadata(image_size=None), r"no usable image_size \(None\)"),
    "odd size": (metadata(image_size=16.0), "no usable image_size"),
    "odd method": (metadata(interpolation=["nearest"]), "no usable interpolation"),
    "odd epoch": (metadata(epoch=0), "no usable epoch"),
    "odd model": (metadata(model=3), "no usable model"),
    "no such model": (metadata(model="no.such:Network"), "--model no.such:Network"),
    "too small": (metadata(model="notebook", image_size=8), "notebook cannot be used: .*16x16"),
}


@pytest.mark.parametrize("harm", HARMED)
def test_what_is_no_run_is_refused_in_one_line(copied, harm):
    change, words = HARMED[harm]
    change(copied)
    with pytest.raises(InputError, match=words) as caught:
        load_run(copied)
    assert str(copied) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_folder(tmp_path):
    with pytest.raises(InputError, match="nothing: no such run folder"):
        load_run(tmp_path / "nothing")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file: not a folder"):
        load_run(tmp_path / "file")
    with pytest.raises(InputError, match="aaa: no such run folder"):
        load_run(tmp_path / ("a" * 300))
