"""A picture of what the network saw, against the pixels that the training step handed to it."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import augjax as aj
from augjax.data import epoch_order
from augjax.data.tf import DECODER
from augjax.errors import InputError
from augjax.models import MODELS
from augjax.runs import folder, record
from augjax.runs.environment import environment
from experiments import replay
from experiments.car_truck import __main__ as car_truck
from experiments.car_truck.config import Config, settings_of
from experiments.car_truck.replay import OLD_DECODER, PICTURES, check_out, other_versions
from tests.helpers import run_python, write_image_folder

SIZE, BATCH, EPOCHS, SEED = 16, 8, 3, 7


class Watched(nn.Module):
    """A network that lets the tests see its training images."""

    num_classes: int = 2
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x, *, train, mask=None):
        if train:
            jax.debug.callback(lambda images: seen.append(np.array(images)), x)
        means = nn.BatchNorm(use_running_average=not train)(x.mean((1, 2)))
        return nn.Dense(1)(means)[:, 0]


seen: list[np.ndarray] = []


def watched_run(base: Path, **flags):
    """A run's folder, and its images by epoch and index as the training step saw them."""
    data = write_image_folder(base / "data", per_class=6)  # 12 images: the last batch is padded.
    seen.clear()
    with pytest.MonkeyPatch.context() as patch, jax.numpy_dtype_promotion("standard"):
        patch.setitem(MODELS, "notebook", Watched)
        car_truck.run(
            car_truck.Config(
                data=str(data), run_dir=base / "run", seed=SEED,
                image_size=SIZE, batch_size=BATCH, epochs=EPOCHS, **flags,
            )
        )  # fmt: skip
    jax.effects_barrier()
    steps = [images for images in seen if images.shape[0] == BATCH]
    assert len(steps) == 2 * EPOCHS
    by_epoch = {}
    for epoch in range(1, EPOCHS + 1):
        rows = np.concatenate(steps[2 * epoch - 2 : 2 * epoch])
        by_epoch[epoch] = dict(
            zip(epoch_order(12, seed=SEED, epoch=epoch).tolist(), rows, strict=False)
        )
    return base / "run", by_epoch


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run as the notebook's."""
    return watched_run(tmp_path_factory.mktemp("replay"))


def config(run: Path, path: str, epoch: int, out: Path) -> replay.Config:
    return replay.Config(run, path, epoch=epoch, out=out)


def pixels_of(file: Path) -> np.ndarray:
    with Image.open(file) as picture:
        return np.asarray(picture)


def test_it_is_what_the_training_step_saw(trained, tmp_path):
    run, by_epoch = trained
    sources = [f"{name}/{i}.png" for name in ("Car", "Truck") for i in range(6)]
    for epoch in by_epoch:
        for index in (0, 5, 9):
            out = tmp_path / f"{epoch}-{index}.png"
            draws, notes = replay.run(config(run, sources[index], epoch, out))
            np.testing.assert_allclose(
                pixels_of(out), by_epoch[epoch][index] * 255, atol=0.5 + 255 * 2e-5
            )
            assert notes == [f"Written to {out}"]
            assert set(json.loads(draws)["RandomTranslation"]) == {"dx", "dy"}
    assert (pixels_of(tmp_path / "1-0.png") != pixels_of(tmp_path / "2-0.png")).any()


@pytest.mark.long
def test_a_run_with_a_pipeline_of_its_own_and_a_strength_that_rises(tmp_path):
    file = tmp_path / "mine.json"
    mine = aj.RandomTranslation((0.25, 0.25), 0.0)
    file.write_text(json.dumps(aj.to_dict(mine)))
    run, by_epoch = watched_run(tmp_path, pipeline=str(file), augment_strength="0:1:2")
    file.unlink()
    strengths = {1: (0.0, 0.25), 2: (0.5, 0.75), 3: (1.0, 1.0)}  # Two steps make an epoch.
    found = set()
    for epoch, images in by_epoch.items():
        for index, place in ((0, "Car/0.png"), (5, "Car/5.png"), (9, "Truck/3.png")):
            out = tmp_path / "x.png"
            draws, notes = replay.run(config(run, place, epoch, out))
            np.testing.assert_allclose(pixels_of(out) / 255, images[index], atol=0.51 / 255)
            step = np.flatnonzero(epoch_order(12, seed=SEED, epoch=epoch) == index)[0] // BATCH
            strength = strengths[epoch][step]
            assert json.loads(draws)["RandomTranslation"]["dy"] == 4 * strength
            told = [f"The strength was {strength:g}"] if strength != 1 else []
            assert notes == [*told, f"Written to {out}"]
            found.add(strength)
    assert len(found) > 3


@pytest.mark.long
def test_a_run_without_augmentation_is_replayed_without(tmp_path):
    run, by_epoch = watched_run(tmp_path, augment=False)
    draws, _ = replay.run(config(run, "Car/0.png", 1, tmp_path / "x.png"))
    assert json.loads(draws) == {}
    np.testing.assert_allclose(pixels_of(tmp_path / "x.png") / 255, by_epoch[1][0], atol=0.51 / 255)


def test_a_run_that_mixed_is_replayed_up_to_there(trained, tmp_path):
    run, by_epoch = trained
    mixed = tmp_path / "run"
    shutil.copytree(run, mixed)
    flags = json.loads((mixed / "config.json").read_text())
    (mixed / "config.json").write_text(json.dumps({**flags, "mix": "cutmix"}))
    out = tmp_path / "x.png"
    _, notes = replay.run(config(mixed, "Car/0.png", 1, out))
    assert notes == [
        "Note: this is the image before --mix cutmix, which depends on the whole batch",
        f"Written to {out}",
    ]
    np.testing.assert_allclose(pixels_of(out) / 255, by_epoch[1][0], atol=0.51 / 255)


@pytest.mark.long
def test_the_command_prints_the_draws_and_leaves_the_run_alone(trained, tmp_path):
    run, by_epoch = trained
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    done = run_python(
        "-m", "experiments.replay", str(run), "./Truck/3.png", "--epoch=2", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "Written to 3-epoch2.png\n"
    draws = json.loads(done.stdout)
    seen = by_epoch[2][9]
    np.testing.assert_allclose(pixels_of(tmp_path / "3-epoch2.png") / 255, seen, atol=0.51 / 255)
    # The draws are those that make it: edited or not, they can be applied.
    image = pixels_of(run.parent / "data" / "train" / "Truck" / "3.png")
    small = image[np.ix_(*[(np.arange(SIZE) * 20 + 10) // SIZE] * 2)]
    again = aj.preset("notebook").apply(jax.tree.map(jnp.asarray, draws), small)
    np.testing.assert_allclose(again, seen, atol=2e-5)
    assert before == {path: path.stat().st_mtime_ns for path in run.rglob("*")}


@pytest.mark.parametrize(
    ("path", "epoch", "out", "words"),
    [
        ("Car/9.png", 1, "x.png", "Car/9.png: no training image of the run; expected a path "
         "relative to the folder train, such as Car/0.png"),
        ("train/Car/0.png", 1, "x.png", "train/Car/0.png: no training image of the run"),
        ("Car/0.png", 0, "x.png", "--epoch 0: {run} has come to epoch 3; expected a number from 1"),
        ("Car/0.png", 4, "x.png", "--epoch 4: {run} has come to epoch 3; expected a number from 1"),
        ("Car/0.png", 1, "x.jpg", "x.jpg: expected a name that ends in .png"),
        ("Car/0.png", 1, "{run}/../data/x.png", "lies inside the data, where nothing is written"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown(trained, tmp_path, path, epoch, out, words):
    run, _ = trained
    out = tmp_path / out.format(run=run)
    with pytest.raises(InputError, match=re.escape(words.format(run=run))) as error:
        replay.run(config(run, path, epoch, out))
    assert error.value.exit_code == 2 and not out.exists()


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("data/train/Car/0.png", "is a link"),
        ("data/train/Car/new.png", "lies inside the data"),
        ("through/train/Car/new.png", "lies inside the data"),
        ("link.png", "is a link"),
        ("dangling.png", "is a link"),
        ("library/0.png", "is or lies in {tmp_path}/library/0.png, where a link in the data leads"),
        ("library/class/sub/new.png", "is or lies in {tmp_path}/library/class, where a link"),
        ("run/loss.png", "one of the run's own files"),
        ("run/Accuracy.PNG", "one of the run's own files"),
        ("again/augmentations.png", "one of the run's own files"),
        ("run/checkpoints/last/x.png", "one of the run's own files"),
        ("run/0-epoch1.png", None),
        ("library/other.png", None),
        ("mine.png", None),
    ],
)
def test_where_nothing_is_written(tmp_path, out, words):
    data = write_image_folder(tmp_path / "data", per_class=2)
    for name in ("library/class/sub", "run/checkpoints/last"):
        (tmp_path / name).mkdir(parents=True)
    links = {
        "data/train/Car/0.png": "library/0.png",
        "data/train/Truck/more": "library/class",
        "through": "data",
        "again": "run",
        "link.png": "mine.png",
        "dangling.png": "nowhere.png",
    }
    (data / "train/Car/0.png").rename(tmp_path / "library/0.png")
    for link, target in links.items():
        (tmp_path / link).symlink_to(tmp_path / target)
    settings = settings_of(Config(data=str(data), run_dir=tmp_path / "run", follow_links=True))
    if words is None:
        check_out(tmp_path / out, settings)
        return
    with pytest.raises(InputError, match=re.escape(words.format(tmp_path=tmp_path))) as error:
        check_out(tmp_path / out, settings)
    assert str(error.value).startswith(f"--out {tmp_path / out} ")


def test_nothing_is_written_among_the_drawn_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.car_truck.replay.drawn_car_truck", lambda: tmp_path / "drawn")
    with pytest.raises(InputError, match="lies inside the data"):
        check_out(
            tmp_path / "drawn/train/Car/new.png", settings_of(Config(run_dir=tmp_path / "run"))
        )


def test_the_pictures_of_a_run_are_known():
    assert {name for name in folder._FILES if name.endswith(".png")} == PICTURES


@pytest.mark.parametrize("flags", ["{}", '{"image_size": 16}', '{"batch_size": 8}'])
def test_flags_that_are_not_recorded_are_defaults(tmp_path, flags):
    (tmp_path / "config.json").write_text(flags)
    with pytest.raises(InputError, match=r"cannot read its run\.json"):
        replay.run(config(tmp_path, "Car/1.jpg", 1, tmp_path / "x.png"))


def test_there_is_no_run_is_one_line_and_code_2(tmp_path):
    done = run_python("-m", "experiments.replay", str(tmp_path), "Car/0.png", "--epoch=1")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == f"error: {tmp_path}: there is no run (no config.json); give the folder of a run\n"
    )


def test_an_unfinished_run_may_be_in_the_middle_of_an_epoch(trained, tmp_path):
    run, by_epoch = trained
    begun = tmp_path / "run"
    shutil.copytree(run, begun)
    (begun / "summary.json").unlink()
    rows = (begun / "history.jsonl").read_text().splitlines(keepends=True)
    (begun / "history.jsonl").write_text(rows[0])
    out = tmp_path / "x.png"
    _, notes = replay.run(config(begun, "Car/0.png", 2, out))
    assert notes[0].startswith("Note: the run has not finished epoch 2; it may not have seen")
    np.testing.assert_allclose(pixels_of(out) / 255, by_epoch[2][0], atol=0.51 / 255)
    with pytest.raises(InputError, match="--epoch 3"):
        replay.run(config(begun, "Car/0.png", 3, out))


def test_data_that_have_changed_are_noted(trained, tmp_path):
    run, _ = trained
    changed = tmp_path / "run"
    shutil.copytree(run, changed)
    known = json.loads((changed / "run.json").read_text())
    (changed / "run.json").write_text(json.dumps({**known, "dataset_fingerprint": "other"}))
    _, notes = replay.run(config(changed, "Car/0.png", 1, tmp_path / "x.png"))
    assert notes[0].startswith("Note: the data have changed since the run")
    (changed / "run.json").write_text("no JSON")
    with pytest.raises(InputError, match=r"cannot read its run\.json"):
        replay.run(config(changed, "Car/0.png", 1, tmp_path / "y.png"))


OLD = {"augjax": "0.0.1"}


@pytest.mark.parametrize(
    ("changes", "resumed", "words"),
    [
        ({}, [], []),
        ({"decoder": "fast"}, [], ["decoder 'fast' -> "]),
        ({"decoder": None}, [], [f"decoder '{OLD_DECODER}' -> "]),
        ({"versions": OLD}, [], ["augjax '0.0.1' -> "]),
        ({"versions": OLD, "decoder": "fast"}, [], ["augjax '0.0.1'", "decoder 'fast'"]),
        ({"versions": OLD}, [{}], ["augjax '0.0.1' -> "]),
        ({}, [{"decoder": "fast"}, {}], ["decoder 'fast' -> "]),
        ({"versions": {"python-only": "1"}}, [], []),
        ({"versions": [7], "decoder": []}, [], ["decoder [] -> "]),
    ],
)
def test_other_versions_are_noted(changes, resumed, words):
    here = {"versions": environment()["versions"], "decoder": DECODER}

    def changed(changes):
        return {name: value for name, value in {**here, **changes}.items() if value is not None}

    found = other_versions({**changed(changes), "resumed": [changed(one) for one in resumed]})
    assert len(found) == len(words)
    assert all(one.startswith(start) for one, start in zip(found, words, strict=True))


def test_a_run_of_another_decoder_is_noted(trained, tmp_path):
    run, _ = trained
    changed = tmp_path / "run"
    shutil.copytree(run, changed)
    known = json.loads((changed / "run.json").read_text())
    del known["decoder"]
    (changed / "run.json").write_text(json.dumps(known))
    _, notes = replay.run(config(changed, "Car/0.png", 1, tmp_path / "x.png"))
    assert notes[0] == (
        "Note: it may have seen other pixels, made by other versions: "
        f"decoder '{OLD_DECODER}' -> '{DECODER}'"
    )


def test_the_old_decoder_is_called_as_when_a_run_is_resumed():
    assert record._UNRECORDED["decoder"] == OLD_DECODER


def test_help_is_instant():
    program = "import sys, experiments.replay; print({'jax', 'tensorflow'} & set(sys.modules))"
    assert run_python("-c", program).stdout == "set()\n"
