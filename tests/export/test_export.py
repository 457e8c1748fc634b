"""A run's network, exported: it answers as the run does, or it is not there."""

import dataclasses
import json
import os
import re
import shutil
import stat
from pathlib import Path

import jax
import numpy as np
import pytest
from flax.traverse_util import flatten_dict
from PIL import Image

import augjax.export.run as export_module
from augjax.data.tf import import_tensorflow
from augjax.errors import RunError
from augjax.export.formats import FORMATS, PLATFORMS
from augjax.export.opening import IMAGE
from augjax.export.place import check_place
from augjax.export.run import CARD, Exported, export_run
from augjax.models import NotebookCNN, ResNet
from augjax.runs.loaded import Run, load_run
from tests.export.networks import images_of, run_of
from tests.runs.small_network import SmallCNN


@pytest.fixture(scope="module")
def run(small) -> Run:
    return load_run(small)


def loaded(folder: Path, to: str):
    """Asks an exported network, by the code in its model card."""
    names: dict = {}
    here = Path.cwd()
    os.chdir(folder)
    try:
        if to == "savedmodel":
            import_tensorflow()
        exec(FORMATS[to].load, names)
    finally:
        os.chdir(here)

    def ask(images):
        names["images"] = images
        exec(FORMATS[to].ask, names)
        return names["probabilities"]

    return ask


def check_it_answers(run: Run, to: str, out: Path) -> None:
    done = export_run(run, to, out=out)  # pyright: ignore[reportArgumentType]
    assert (done.folder, done.agreement.images) == (out, 8)
    ask = loaded(out, to)
    for n in (1, 3, 16):
        images = images_of(n, run.image_size)
        answers = ask(images)
        assert answers.dtype == np.float32
        np.testing.assert_allclose(answers, run.predict(images), rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def program(run, tmp_path_factory) -> Exported:
    """The run's network as a program of jax.export."""
    return export_run(run, "stablehlo", out=tmp_path_factory.mktemp("exported") / "out")


def test_it_answers_as_the_run_does_for_any_batch(run, program):
    ask = loaded(program.folder, "stablehlo")
    for n in (1, 3, 16):
        images = images_of(n, run.image_size)
        np.testing.assert_allclose(ask(images), run.predict(images), rtol=0, atol=1e-6)


def test_the_code_of_the_card_gives_the_runs_probabilities_of_a_file(
    run, program, tmp_path, monkeypatch, capsys
):
    """What stands between the fences of README.md, run as it is in the folder of the network."""
    shutil.copytree(program.folder, tmp_path / "out")
    pixels = np.random.default_rng(0).integers(0, 256, (37, 90, 3), np.uint8)
    Image.fromarray(pixels).resize((900, 370)).save(tmp_path / "image.jpg")
    (code,) = re.findall(r"^```python\n(.*?)^```", (program.folder / CARD).read_text(), re.M | re.S)
    names: dict = {}
    monkeypatch.chdir(tmp_path / "out")
    exec(code.replace(IMAGE, "../image.jpg"), names)
    expected = run.predict([tmp_path / "image.jpg"])
    np.testing.assert_allclose(names["probabilities"], expected, rtol=0, atol=1e-6)
    best = names["probabilities"][0].argmax()
    said = f"{run.class_names[best]} {names['probabilities'][0, best]:.4f}\n"
    assert capsys.readouterr().out == said
    check_place(tmp_path / "out")  # Another export may replace it still.


@pytest.mark.long
@pytest.mark.parametrize(
    ("model", "size", "to"),
    [
        (NotebookCNN(), 16, "stablehlo"),
        (NotebookCNN(), 16, "savedmodel"),
        (NotebookCNN(num_classes=5), 32, "stablehlo"),
        (ResNet(), 32, "savedmodel"),
        (ResNet(num_classes=5), 16, "stablehlo"),
        (ResNet(num_classes=5, dtype=jax.numpy.bfloat16), 32, "stablehlo"),
        (ResNet(num_classes=5, dtype=jax.numpy.bfloat16), 32, "savedmodel"),
    ],
)
def test_every_network_can_be_exported(run, model, size, to, tmp_path):
    run = run_of(run, model, size)
    if model.__dict__.get("dtype") == jax.numpy.bfloat16:
        run = dataclasses.replace(run, settings={**run.settings, "precision": "bf16"})
        same = export_run(run, to, out=tmp_path / "out").agreement
        assert same.greatest_difference <= same.allowed == 1e-2
    else:
        check_it_answers(run, to, tmp_path / "out")


def test_programs_are_lowered_for_every_platform(program):
    content = (program.folder / "model.stablehlo").read_bytes()
    exported = jax.export.deserialize(bytearray(content))
    assert exported.platforms == PLATFORMS == ("cpu", "cuda", "tpu")
    (images,) = exported.in_avals
    assert (str(images.shape[0]), images.shape[1:], images.dtype) == ("batch", (16, 16, 3), "uint8")


@pytest.mark.long
def test_a_saved_model_for_any_batch_has_its_weights_beside_it(run, tmp_path):
    check_it_answers(run, "savedmodel", tmp_path / "out")
    reader = import_tensorflow().train.load_checkpoint(
        str(tmp_path / "out/model/variables/variables")
    )
    names = [name for name in reader.get_variable_to_shape_map() if name.startswith("weights")]
    saved = {reader.get_tensor(name).tobytes() for name in names}
    assert saved == {np.asarray(a).tobytes() for a in flatten_dict(run.variables).values()}


def test_what_is_written_beside_it(program):
    about = json.loads((program.folder / "preprocessing.json").read_bytes())
    assert about["class_names"] == ["Car", "Truck"]
    assert about["input"]["shape"] == ["batch", 16, 16, 3]
    assert about["resize"]["interpolation"] == "nearest"
    assert about["compared"] == program.agreement._asdict()
    assert about["compared"]["of"] == "validation images"
    assert about["compared"]["greatest_difference"] <= 1e-6
    names = {"README.md", "manifest.json", "model.stablehlo", "preprocessing.json"}
    assert {entry.name for entry in program.folder.iterdir()} == names
    assert stat.S_IMODE(program.folder.stat().st_mode) == 0o777 & ~umask()


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_images_are_resized_as_preprocessing_json_says(run, small, program):
    """By TensorFlow, with nothing of augjax."""
    about = json.loads((program.folder / "preprocessing.json").read_bytes())["resize"]
    tf = import_tensorflow()
    file = next((small.parent / "data" / "valid").rglob("*.png"))
    image = tf.io.decode_png(file.read_bytes(), channels=3)
    resized = tf.image.resize(
        image, about["size"], about["interpolation"], antialias=about["antialias"],
        preserve_aspect_ratio=about["keep_aspect_ratio"],
    )  # fmt: skip
    answers = loaded(program.folder, "stablehlo")(resized.numpy()[None])
    np.testing.assert_allclose(answers, run.predict(file), rtol=0, atol=1e-6)


def test_without_its_data_noise_is_compared(run, tmp_path):
    away = dataclasses.replace(run, settings={**run.settings, "data": str(tmp_path / "away")})
    done = export_run(away, "stablehlo", out=tmp_path / "out")
    assert done.agreement.of == "images of noise"
    assert done.agreement.greatest_difference <= 1e-6


@pytest.mark.parametrize("wrong", ["other weights", "broken"])
def test_what_differs_is_not_left_behind(run, wrong, tmp_path, monkeypatch):
    form, words = FORMATS["stablehlo"], "differ from the run's by up to"

    def write(run, folder, python):
        form.write(other, folder, python)
        if wrong == "broken":
            (folder / "model.stablehlo").write_bytes(b"none")

    doubled = jax.tree.map(lambda array: array + np.float32(0.1), run.variables)
    other = dataclasses.replace(run, variables=doubled)
    if wrong == "broken":
        words = "failed"
    monkeypatch.setitem(FORMATS, "stablehlo", dataclasses.replace(form, write=write))
    with pytest.raises(RunError, match=words) as caught:
        export_run(run, "stablehlo", out=tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("place", ["agreement", "write_json", "model_card"])
def test_an_interruption_leaves_what_was_there(run, error, place, tmp_path, monkeypatch):
    out = tmp_path / "out"

    def interrupted(*_, **__):
        raise error

    monkeypatch.setitem(
        FORMATS,
        "stablehlo",
        dataclasses.replace(FORMATS["stablehlo"], write=lambda run, folder, python: None),
    )
    same = export_module.Agreement(1, "images", 0.0, 0.0)
    monkeypatch.setattr(export_module, "agreement", lambda *_: same)
    for before in ([], ["out"]):
        with monkeypatch.context() as patch:
            patch.setattr(export_module, place, interrupted)
            with pytest.raises((KeyboardInterrupt, RunError)):
                export_run(run, "stablehlo", out=out)
        assert [e.name for e in tmp_path.iterdir()] == before
        export_run(run, "stablehlo", out=out)
    assert len(list(out.iterdir())) == 3


def test_a_network_that_cannot_be_exported_is_one_line(run, tmp_path):
    class Odd(SmallCNN):
        def __call__(self, images, *, train, mask=None):  # pyright: ignore
            return super().__call__(images[: int(images.shape[0])], train=train)

    odd = dataclasses.replace(run, model=Odd())
    with pytest.raises(RunError, match=r"^--to stablehlo: cannot export .*Odd") as caught:
        export_run(odd, "stablehlo", out=tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
