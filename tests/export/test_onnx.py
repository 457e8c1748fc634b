"""ONNX, written by another environment, and what is said where that is not to be had."""

import os
import subprocess
import sys

import numpy as np
import pytest

from augjax.errors import InputError, RunError
from augjax.export.run import export_run
from augjax.models import NotebookCNN, ResNet
from augjax.runs.loaded import load_run
from tests.export.networks import images_of, run_of

ENVIRONMENT = os.environ.get("AUGJAX_ONNX_PYTHON", "")
"""The interpreter of an environment with the extra 'onnx'; without it the proof is skipped."""


def test_without_jax2onnx_one_line_says_how_to_get_it(small, tmp_path, monkeypatch):
    monkeypatch.setattr("augjax.export.formats.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install -e '\.\[onnx\]'; then add --python") as one:
        export_run(load_run(small), "onnx", out=tmp_path / "out")
    assert "\n" not in str(one.value)


def test_another_environment_that_cannot_do_it(small, tmp_path):
    run, out = load_run(small), tmp_path / "out"
    for python, words, error in (
        ("no/such", "--python no/such: cannot run it", InputError),
        (sys.executable, "No module named 'jax2onnx'", RunError),
    ):
        with pytest.raises(error, match=words) as one:
            export_run(run, "onnx", out=out, python=python)
        assert "\n" not in str(one.value)
    with pytest.raises(InputError, match="only --to onnx has an environment"):
        export_run(run, "stablehlo", out=out, python=sys.executable)
    assert not list(tmp_path.iterdir())


@pytest.mark.long
@pytest.mark.skipif(not ENVIRONMENT, reason="AUGJAX_ONNX_PYTHON names no interpreter")
@pytest.mark.parametrize(
    ("model", "size"), [(NotebookCNN(), 16), (NotebookCNN(num_classes=5), 32), (ResNet(5), 32)]
)
def test_onnx_answers_as_the_run_does_for_any_batch(small, model, size, tmp_path):
    run = run_of(load_run(small), model, size)
    out = export_run(run, "onnx", out=tmp_path / "out", python=ENVIRONMENT).folder
    program = """
import sys, numpy, onnxruntime
model = onnxruntime.InferenceSession(sys.argv[1])
for n in sys.argv[2:]:
    (said,) = model.run(None, {"images": numpy.load(n)})
    numpy.save(n, said)
"""
    files = [tmp_path / f"{n}.npy" for n in (1, 3, 16)]
    for file in files:
        np.save(file, images_of(int(file.stem), run.image_size))
    arguments = map(str, (out / "model.onnx", *files))
    subprocess.run([ENVIRONMENT, "-c", program, *arguments], check=True)
    for file in files:
        expected = run.predict(images_of(int(file.stem), run.image_size))
        np.testing.assert_allclose(np.load(file), expected, rtol=0, atol=1e-6)
