"""The notebook's run, loaded again: what it says is what its validation said."""

import jax
import numpy as np
import pytest

import augjax as aj
from experiments.car_truck.__main__ import run
from experiments.car_truck.config import Config
from tests.helpers import write_image_folder


@pytest.mark.long
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_the_notebooks_run_is_reproduced(tmp_path, interpolation):
    data = write_image_folder(tmp_path / "data", per_class=9, size=50)
    flags = {"image_size": 32, "batch_size": 16, "epochs": 2, "interpolation": interpolation}
    with jax.numpy_dtype_promotion("standard"):  # As for `adam_may_promote`.
        run(Config(data=str(data), run_dir=tmp_path / "run", **flags))
    loaded = aj.load_run(tmp_path / "run")
    evaluation = loaded.evaluate()
    assert loaded.summary is not None
    assert evaluation.accuracy == loaded.summary["val_binary_accuracy"]
    assert evaluation.loss == pytest.approx(loaded.summary["val_loss"], rel=1e-6)
    files = [data / "valid" / source for source in evaluation.sources]
    np.testing.assert_array_equal(loaded.predict(files), evaluation.probabilities)
    np.testing.assert_allclose(
        np.concatenate([loaded.predict(file) for file in files]),
        evaluation.probabilities,
        atol=1e-6,
    )
