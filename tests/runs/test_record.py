"""What a resumed run is compared with."""

import json

import jax
import pytest

from augjax.errors import InputError
from augjax.runs.folder import locked_run_folder
from augjax.runs.record import record_run

DATA = {"train_images": 16}


def record(folder, *, resumed: bool, data=DATA) -> list[str]:
    return record_run(folder, command="go", settings={}, data=data, resumed=resumed)


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
    assert record(tmp_path, resumed=True) == []


def test_other_settings_of_jax_are_noted(tmp_path):
    record(tmp_path, resumed=False)
    with jax.enable_x64(True), jax.default_prng_impl("rbg"):
        told = record(tmp_path, resumed=True)
    assert told == [
        "jax_default_prng_impl 'threefry2x32' -> 'rbg'", "jax_enable_x64 False -> True"
    ]  # fmt: skip


def test_a_run_of_before_the_accurate_decoder_gets_one_note(tmp_path):
    record(tmp_path, resumed=False)
    written = json.loads((tmp_path / "run.json").read_bytes())
    del written["decoder"], written["jax"]
    (tmp_path / "run.json").write_text(json.dumps(written))
    (told,) = record(tmp_path, resumed=True)
    assert told.startswith("decoder 'TensorFlow, JPEGs by the fast inverse DCT' -> ")
    assert record(tmp_path, resumed=True) == []


def test_other_data_are_refused_and_leave_the_record_alone(tmp_path):
    record(tmp_path, resumed=False)
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(InputError, match="train_images 16 -> 15; bring them back"):
        record(tmp_path, resumed=True, data={"train_images": 15})
    assert (tmp_path / "run.json").read_bytes() == before


def test_a_run_killed_before_it_began_leaves_a_folder_that_may_be_used(tmp_path):
    record(tmp_path, resumed=False)
    (tmp_path / "config.json").unlink()  # It would have come last.
    (tmp_path / ".config.json.abcdefgh.part").write_text("{")
    with locked_run_folder(tmp_path, existing=False):
        record(tmp_path, resumed=False)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["config.json", "run.json"]


def test_somebody_elses_run_json_is_not_overwritten(tmp_path):
    (tmp_path / "run.json").write_text('{"mine": 1}')
    with (
        pytest.raises(InputError, match="already holds files"),
        locked_run_folder(tmp_path, existing=False),
    ):
        pass
