"""Which settings a report lists, and by what commands the run is made again."""

import dataclasses
import json

import pytest

from augjax.report import facts
from augjax.report.page import report_page
from augjax.runs.loaded import Run, load_run
from augjax.transforms import RandomFlip, Sequential, to_dict
from tests.report.conftest import copy, section
from tests.report.html_tree import tree_of


def test_settings_without_effect_are_not_listed(two, tmp_path):
    base = copy(two, tmp_path)
    path = base / "run" / "config.json"
    kept = json.loads(path.read_bytes())
    for optimizer, listed in (("adam", set()), ("adamw", {"weight decay"}), ("sgd", {"momentum"})):
        given = {"optimizer": optimizer, "weight_decay": 0.01, "momentum": 0.9, "split_seed": 0}
        path.write_text(json.dumps(kept | given))
        run = load_run(base / "run")
        names = {*facts.main_settings(run), *facts.other_settings(run)}
        assert names & {"weight decay", "momentum", "split seed"} == listed


def test_settings_that_differ_from_their_defaults_are_read_first(two):
    settings = {**two.settings, "class_weights": "balanced", "ema": None, "precision": "float32"}
    run = dataclasses.replace(two, settings=settings)
    first, other = facts.main_settings(run), facts.other_settings(run)
    assert first["class weights"] == "balanced"
    assert "class weights" not in other and other["precision"] == "float32"
    assert not {*first} & {*other}


def test_a_training_loss_of_its_own_is_told_beside_the_curves(two):
    ways = {"class_weights": "balanced", "label_smoothing": 0.1, "mix": "cutmix"}
    own = "with balanced class weights and label smoothing 0.1 and mixed labels (cutmix); the valid"
    for given, told in (({}, False), (ways, True)):
        run = dataclasses.replace(two, settings={**two.settings, **given})
        part = section(tree_of(report_page(run).html), "curves")
        assert (own in part.text, "the one that was minimised" in part.text) == (told, told)


@pytest.mark.parametrize(
    ("stages", "mix", "told"),
    [([], "none", False), ([], "mixup", True), ([RandomFlip()], "none", True)],
)
def test_the_curves_note_speaks_of_augmented_images_where_there_are_some(
    two, tmp_path, stages, mix, told
):
    path = copy(two, tmp_path) / "run" / "run.json"
    kept = json.loads(path.read_bytes())
    path.write_text(json.dumps(kept | {"pipeline": to_dict(Sequential(stages))}))
    run = load_run(path.parent)
    run = dataclasses.replace(run, settings={**run.settings, "mix": mix})
    assert ("on augmented images" in section(tree_of(report_page(run).html), "curves").text) is told


def recorded(run: Run, *resumed: tuple[str, str]) -> Run:
    """The run, of 8 epochs, with these resumptions: from where, and with what flags."""
    record = {
        "command": "augjax train shapes",
        "started_in": "/here",
        "git_commit": "abc",
        "resumed": [
            {"command": f"augjax resume a{flags}", "checkpoint": start} for start, flags in resumed
        ],
    }
    return dataclasses.replace(run, record=record, history=[{"epoch": n} for n in range(1, 9)])


FIRST, DONE = "000004-000000001", "000009-000000000"


@pytest.mark.parametrize(
    ("resumed", "commands", "times"),
    [
        ((), 1, 0),
        (((FIRST, ""), (DONE, ""), (DONE, "")), 1, 1),
        ((("", ""), ("", ""), (FIRST, "")), 1, 2),
        (((FIRST, " --epochs 8"), (DONE, " --epochs 8")), 2, 1),
    ],
)
def test_the_first_command_makes_the_run_again(two, resumed, commands, times):
    found = facts.repeat(recorded(two, *resumed))
    assert (len(found.commands), found.resumed) == (commands, times)
    assert found.commands[0] == "augjax train shapes"


def test_how_to_reproduce_says_where_and_whose_commit(two):
    run = dataclasses.replace(recorded(two, ("", ""), (DONE, "")), history=two.history)
    part = section(tree_of(report_page(run).html), "reproduction")
    assert [code.text for code in part.every("pre")] == ["augjax train shapes"]
    assert "Started in /here . Give it a new --run-dir ." in part.text
    assert "git commit of augjax abc" in part.text
