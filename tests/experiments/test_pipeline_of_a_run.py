"""A run's pipeline: chosen by name or file, and kept with the run."""

import json
import re

import jax
import pytest

import augjax as aj
from augjax.errors import InputError
from augjax.runs.augmentation import (
    chosen_pipeline,
    recorded_pipeline,
    strength_schedule,
)
from experiments.car_truck.__main__ import run
from experiments.car_truck.config import Config, resumed_config
from tests.helpers import write_image_folder

pytestmark = pytest.mark.usefixtures("adam_may_promote", "small_network_throughout")

FLIP = {"transform": "RandomFlip", "mode": "horizontal"}


def sequence(*transforms, **more):
    return {"transform": "Sequential", "transforms": list(transforms), **more}


def test_a_preset_is_chosen_by_its_name():
    assert chosen_pipeline("notebook", 32) == aj.preset("notebook")
    assert chosen_pipeline("imagenet", 48).out_shape((48, 48, 3)) == (48, 48, 3)


def test_a_file_holds_what_to_dict_makes(tmp_path):
    file = tmp_path / "mine.json"
    for transform in (aj.RandomFlip("vertical"), aj.Sequential([aj.RandomFlip()], fuse=False)):
        file.write_text(json.dumps(aj.to_dict(transform)))
        chosen = chosen_pipeline(str(file), 32)
        assert isinstance(chosen, aj.Sequential)
        assert chosen == transform or chosen.children == (transform,)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{", "not JSON (Expecting property name enclosed in double quotes: line 1"),
        (b"\xff\xfe\x00", "not JSON ("),
        ("[" * 100_000, "not JSON (nested too deeply)"),
        ("3", "expected what augjax.to_dict makes of one, but got 3"),
        ({"transform": "CutMix"}, "CutMix mixes batches; --mix of a run says how"),
        ({"transform": "Rotate"}, "'Rotate', nor is one registered; here it is RandomRotation"),
        ({"transform": "MyOwn"}, "'MyOwn', nor is one registered; only augjax's own transforms"),
        (sequence(FLIP, {**FLIP, "mode": "up"}), "transforms[1].mode: expected one of 'hori"),
        (sequence(FLIP, FLIP), "Sequential holds 'RandomFlip' more than once"),
        ({"transform": "Pad", "padding": 2}, "makes images of 36x36 pixels, but the network is "
         "validated on those of 32x32; put Resize(32, 32) at its end"),
        ({"transform": "RandomCrop", "height": 40, "width": 40}, "is larger than the image"),
        ({"transform": "Normalize", "mean": 0.5, "std": 0.5}, "Normalize leaves [0, 1], in which"),
        (sequence(FLIP, value_range=[0, 255]), "value_range=(0.0, 255.0) leaves [0, 1]"),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_what_a_file_may_not_hold(tmp_path, written, words):
    file = tmp_path / "mine.json"
    if isinstance(written, dict):
        written = json.dumps(written)
    file.write_bytes(written if isinstance(written, bytes) else written.encode())
    with pytest.raises(InputError) as error:
        chosen_pipeline(str(file), 32)
    assert str(error.value).startswith(f"--pipeline {file}")
    assert words in str(error.value) and "\n" not in str(error.value)


def test_there_is_no_such_file_or_preset(tmp_path):
    with pytest.raises(
        InputError, match=re.escape("--pipeline hevy: no such file, nor a preset; the")
    ):
        chosen_pipeline("hevy", 32)
    with pytest.raises(InputError, match="not a regular file"):
        chosen_pipeline(str(tmp_path), 32)


def test_a_run_that_cannot_have_its_pipeline_leaves_nothing(tmp_path):
    config = Config(run_dir=tmp_path / "run", pipeline="none.json", batch_size=8)
    with pytest.raises(InputError, match=r"--pipeline none\.json: no such file"):
        run(config)
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_image_folder(tmp_path_factory.mktemp("pipeline") / "data")


def flags(data, run_dir, **more):
    more = {"image_size": 16, "batch_size": 8, "epochs": 1, **more}
    return Config(data=str(data), run_dir=run_dir, **more)


def test_a_resumed_run_has_its_pipeline_though_the_file_has_not(data, tmp_path):
    file, whole, parts = tmp_path / "mine.json", tmp_path / "whole", tmp_path / "parts"
    mine = aj.Sequential([aj.RandomFlip(), aj.RandomBrightness(0.4)])
    file.write_text(json.dumps(aj.to_dict(mine)))
    ramp = {"pipeline": str(file), "augment_strength": "0:1:2"}
    expected = run(flags(data, whole, epochs=3, **ramp))
    run(flags(data, parts, **ramp))
    file.write_text("{}")
    again = resumed_config(parts, [f"--resume={parts}", "--epochs=3"])
    assert again.augment_strength == "0:1:2" and again.pipeline == str(file)
    result = run(again)
    assert recorded_pipeline(parts, "it") == mine
    losses = [[row["loss"] for row in fit.history] for fit in (result, expected)]
    assert losses[0] == losses[1]


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory, small_network_throughout):
    run_dir = tmp_path_factory.mktemp("finished") / "run"
    with jax.numpy_dtype_promotion("standard"):  # As for `adam_may_promote`.
        run(flags(data, run_dir))
    return run_dir


@pytest.mark.parametrize("flag", ["--pipeline=light", "--augment-strength=0.5", "--no-augment"])
def test_a_resumed_run_takes_no_other_augmentation(finished, flag):
    with pytest.raises(
        InputError, match=f"the run has {flag.partition('=')[0].replace('no-', '')}"
    ):
        resumed_config(finished, [f"--resume={finished}", flag])


@pytest.mark.parametrize("record", ["no JSON", "{}", "[]", '{"pipeline": {"transform": "os"}}'])
def test_a_damaged_record_is_an_error(tmp_path, record):
    (tmp_path / "run.json").write_text(record)
    with pytest.raises(InputError, match=r"^it: .*run\.json"):
        recorded_pipeline(tmp_path, "it")


def test_the_strength_at_each_step():
    constant = strength_schedule("0.5", 100, 16)
    assert constant(0) == constant(10_000) == 0.5
    ramp = strength_schedule("1:0.5:2", 100, 16)  # Seven steps make an epoch.
    assert [float(ramp(step)) for step in (0, 7, 14, 700)] == [1.0, 0.75, 0.5, 0.5]
