"""The car-or-truck run up to its first optimisation step.

    python -m experiments.benchmark.peers.ours_run {command,training} <flags of car_truck>

`command` is all that `experiments.car_truck` does before that; `training` leaves out what a bare
Keras script does not have either: the table of layers, the pictures of augmentations, and the run
folder.
"""

import gc
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from augjax.runtime.compilation_cache import keep_compiled_programs


def main() -> None:
    """Runs, and ends after a step."""
    keep_compiled_programs()  # Before JAX is imported.
    from augjax.runs import progress

    progress.EpochProgress = _EndsThen  # type: ignore[assignment,misc]
    what = sys.argv.pop(1)
    if what == "training":
        _train_only()
    else:
        from experiments.car_truck import __main__ as car_truck

        car_truck.main()


class _EndsThen:
    def __init__(self, *_: Any) -> None:
        pass

    def on_start(self, snapshot: Any) -> None:
        pass

    def compiling(self, step: str) -> AbstractContextManager[None]:
        print("compiling", flush=True)
        return nullcontext()

    def on_step(self, epoch: int, step: int, steps: int, metrics: Any) -> None:
        import jax

        jax.block_until_ready(metrics)
        print("first step", flush=True)
        os._exit(0)

    def on_epoch(self, row: Any, steps: int, best: Any) -> None:
        pass

    def close(self) -> None:
        pass


def _train_only() -> None:
    gc.disable()  # As the run does.

    import optax
    import tyro

    import augjax as aj
    from augjax.data import load_image_folder
    from augjax.models import NotebookCNN
    from augjax.training.early_stopping import EarlyStopping
    from augjax.training.loop import Augmentation, fit
    from augjax.training.mesh import data_mesh
    from experiments.car_truck.config import Config

    config = tyro.cli(Config)
    assert config.data and config.image_size and config.batch_size
    dataset = load_image_folder(config.data, image_size=config.image_size)
    gc.freeze()
    gc.enable()
    fit(
        dataset,
        model=NotebookCNN(),
        optimizer=optax.adam(config.learning_rate),
        augmentation=Augmentation(aj.preset("notebook")),
        batch_size=config.batch_size,
        epochs=1,
        early_stopping=EarlyStopping(config.patience, config.min_delta),
        seed=0,
        mesh=data_mesh(),
        listener=_EndsThen(),
    )


if __name__ == "__main__":
    main()
