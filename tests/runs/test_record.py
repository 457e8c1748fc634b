"""What a resumed run is compared with."""

import json

import jax
import pytest

from augjax.errors import InputError
from augjax.runs.fingerprints import Fingerprints
from augjax.runs.folder import locked_run_folder
from augjax.runs.record import record_run
from tests.runs.datasets import IMAGES, dataset_of

DATA = {"data": "here"}


def record(folder, dataset=None, *, resumed: bool, data=DATA) -> list[str]:
    dataset = dataset or dataset_of()
    return record_run(folder, dataset, command="go", settings={}, data=data, resumed=resumed)


def train(folder, *, epochs: int = 1) -> None:
    """Leaves the folder of the checkpoint that a run has after so many epochs."""
    (folder / "checkpoints" / "last" / f"{epochs + 1:06d}-000000000").mkdir(parents=True)


def change(folder, **entries) -> None:
    path = folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | entries))


def test_nothing_is_noted_where_nothing_has_changed(tmp_path):
    assert record(tmp_path, resumed=False) == []
    assert record(tmp_path, resumed=True) == []


def test_other_devices_and_versions_are_noted_once(tmp_path):
    record(tmp_path, resumed=False)
    was = json.loads((tmp_path / "run.json").read_bytes())
    change(tmp_path, devices=["cuda:0"], versions={**was["versions"], "jax": "0.1", "gone": "1"})
    told = record(tmp_path, resumed=True)
    assert [line.partition(" -> ")[0] for line in told] == [
        "devices ['cuda:0']",
        "gone '1'",
        "jax '0.1'",
    ]
    train(tmp_path)
    assert record(tmp_path, resumed=True) == []


def test_what_decodes_and_computes_is_recorded(tmp_path):
    record(tmp_path, resumed=False)
    versions = json.loads((tmp_path / "run.json").read_bytes())["versions"]
    assert versions.keys() >= {"augjax", "jax", "jaxlib", "flax", "optax", "numpy", "pillow"}
    assert any(name.startswith("tensorflow") for name in versions)


def test_other_settings_of_jax_are_noted(tmp_path):
    record(tmp_path, resumed=False)
    with jax.enable_x64(True), jax.default_prng_impl("rbg"):
        told = record(tmp_path, resumed=True)
    assert told == [
        "JAX_DEFAULT_PRNG_IMPL 'threefry2x32' -> 'rbg'", "JAX_ENABLE_X64 False -> True"
    ]  # fmt: skip


def test_nothing_is_compared_with_a_resumption_that_trained_nothing(tmp_path):
    record(tmp_path, resumed=False)
    train(tmp_path)
    for _ in range(2):
        with jax.enable_x64(True):
            assert record(tmp_path, resumed=True) == ["JAX_ENABLE_X64 False -> True"]
    assert record(tmp_path, resumed=True) == []
    with jax.enable_x64(True):
        assert record(tmp_path, resumed=True) == ["JAX_ENABLE_X64 False -> True"]
        train(tmp_path, epochs=2)
        assert record(tmp_path, resumed=True) == []
    assert record(tmp_path, resumed=True) == ["JAX_ENABLE_X64 True -> False"]


def test_it_says_in_which_folder_it_was_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record(tmp_path, resumed=False)
    assert json.loads((tmp_path / "run.json").read_bytes())["started_in"] == str(tmp_path)


def test_resumptions_of_before_are_taken_to_have_trained(tmp_path):
    record(tmp_path, resumed=False)
    train(tmp_path)
    with jax.enable_x64(True):
        record(tmp_path, resumed=True)
    written = json.loads((tmp_path / "run.json").read_bytes())
    del written["resumed"][0]["checkpoint"]
    change(tmp_path, **written)
    assert record(tmp_path, resumed=True) == ["JAX_ENABLE_X64 True -> False"]


def without(folder, *entries) -> None:
    """Makes a run's folder one of a version that did not write so much."""
    written = json.loads((folder / "run.json").read_bytes())
    for entry in entries:
        del written[entry]
    (folder / "run.json").write_text(json.dumps(written))


def test_a_run_of_before_the_accurate_decoder_gets_one_note(tmp_path):
    record(tmp_path, resumed=False)
    without(tmp_path, "decoder", "jax")
    (told,) = record(tmp_path, resumed=True)
    assert told.startswith("decoder 'TensorFlow, JPEGs by the fast inverse DCT' -> ")
    train(tmp_path)
    assert record(tmp_path, resumed=True) == []


def test_a_run_of_before_fingerprints_gets_one_note_and_has_them_from_then_on(tmp_path):
    record(tmp_path, resumed=False)
    without(tmp_path, "fingerprint")
    (tmp_path / "fingerprints.json").unlink()
    with pytest.raises(InputError, match="have changed: dataset_fingerprint 'sizes' -> 'others'"):
        record(tmp_path, dataset_of(sizes="others"), resumed=True)
    other = dataset_of({**IMAGES, "Car/0.png": (98, 99)})
    assert record(tmp_path, other, resumed=True) == [
        "fingerprint 'names and sizes of files' -> 'all bytes of each file'"
    ]
    train(tmp_path)
    assert record(tmp_path, other, resumed=True) == []
    with pytest.raises(InputError, match=r"the data have changed: train/Car/0\.png has other"):
        record(tmp_path, dataset_of(), resumed=True)


REFUSED = {
    "other ends": ({"Car/1.png": (20, 22)}, "train/Car/1.png has other content"),
    "other ends, not decoded yet": ({"Car/1.png": (20, 0)}, "train/Car/1.png has other content"),
    "other bytes": ({"Car/1.png": (21, 23)}, "train/Car/1.png has other content"),
    "one more": ({"Car/9.png": (91, 92)}, "train/Car/9.png is new"),
    "two exchanged": (
        {"Car/0.png": (31, 32), "Truck/0.png": (11, 12)},
        "train/Car/0.png has other content, train/Truck/0.png has other content",
    ),
    "many": ({f"Car/{i}.png": (1, 1) for i in range(3, 9)}, "train/Car/5.png is new, and 3 more"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_other_content_is_refused_by_name_and_leaves_the_record_alone(tmp_path, kind):
    change, words = REFUSED[kind]
    record(tmp_path, resumed=False)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match=f"the data have changed: .*{words}; bring"):
        record(tmp_path, dataset_of({**IMAGES, **change}), resumed=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_images_gone_and_another_source_are_refused(tmp_path):
    record(tmp_path, resumed=False)
    fewer = dataset_of({name: known for name, known in IMAGES.items() if name != "Car/0.png"})
    with pytest.raises(InputError, match=r"changed: train/Car/0\.png is gone; bring them back"):
        record(tmp_path, fewer, resumed=True)
    with pytest.raises(InputError, match="changed: data 'here' -> 'there'; bring them back"):
        record(tmp_path, resumed=True, data={"data": "there"})
    (tmp_path / "fingerprints.json").unlink()
    with pytest.raises(InputError, match=r"cannot read its fingerprints\.json"):
        record(tmp_path, resumed=True)


def test_what_has_been_decoded_is_known_from_then_on(tmp_path):
    unread = {name: (ends, 0) for name, (ends, _) in IMAGES.items()}
    first = dataset_of(unread, {})
    record(tmp_path, first, resumed=False)
    fingerprints = Fingerprints(tmp_path, first)
    first.train.contents.assign([12, 0, 32])
    fingerprints.save_new()
    resumed = dataset_of(unread, {})
    resumed.train.contents.assign([0, 22, 32])
    assert record(tmp_path, resumed, resumed=True) == []
    assert resumed.train.contents.numpy().tolist() == [12, 22, 32]
    with pytest.raises(InputError, match=r"train/Car/0\.png has other content"):
        record(tmp_path, dataset_of({**unread, "Car/0.png": (11, 13)}, {}), resumed=True)


def test_a_run_killed_before_it_began_leaves_a_folder_that_may_be_used(tmp_path):
    record(tmp_path, resumed=False)
    (tmp_path / "config.json").unlink()  # It would have come last.
    (tmp_path / ".config.json.abcdefgh.part").write_text("{")
    with locked_run_folder(tmp_path, existing=False):
        record(tmp_path, resumed=False)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "config.json", "fingerprints.json", "run.json",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["run.json", "fingerprints.json", "data_report.json"])
@pytest.mark.parametrize("content", ['{"mine": 1}', "mine", "[]", "3"])
def test_somebody_elses_file_is_not_overwritten(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with (
        pytest.raises(InputError, match="already holds files"),
        locked_run_folder(tmp_path, existing=False),
    ):
        pass
