"""What a run leaves and says at its end: the curves, the summary, and how good it is."""

from pathlib import Path

import numpy as np
from rich.console import Console

from augjax.data import Dataset
from augjax.files import write_json
from augjax.printable import argument, printable
from augjax.runs.contents import evaluated_epoch
from augjax.runs.figures import curves, save_png
from augjax.runs.folder import BEST_WEIGHTS, EVALUATION, PREDICTIONS, SUMMARY
from augjax.training.early_stopping import EarlyStopping
from augjax.training.history import accuracy_name
from augjax.training.loop import FitResult


def sum_up(
    run_dir: Path,
    dataset: Dataset,
    result: FitResult,
    console: Console,
    *,
    augmented: bool,
    early_stopping: EarlyStopping,
) -> None:
    """Draws the curves, writes the summary, and says how it went and where everything lies."""
    accuracy = accuracy_name(len(dataset.class_names))
    for metric, title in (("loss", "Loss"), (accuracy, "Accuracy")):
        names = {
            metric: "training (augmented)" if augmented else "training",
            f"val_{metric}": "validation",
        }
        if metric == accuracy and "val_top_5_accuracy" in result.best:
            names["val_top_5_accuracy"] = "validation, top 5"
        figure = curves(result.history, names, title=title, best_epoch=result.best["epoch"])
        save_png(figure, run_dir / f"{metric.removeprefix('binary_')}.png")
    highest = max(row[f"val_{accuracy}"] for row in result.history)
    write_json(
        run_dir / SUMMARY,
        {
            **result.best,
            f"highest_val_{accuracy}": highest,
            "epochs": len(result.history),
            "stopped_early": result.stopped_early,
            "total_seconds": round(sum(row["seconds"] for row in result.history), 3),
        },
    )
    if result.stopped_early:
        patience = early_stopping.patience
        console.print(f"Stopped: no better validation loss for {patience} epochs.")
    name, share = by_guessing(dataset)
    console.print(
        f"Restored the weights of epoch {result.best['epoch']}: "
        f"val_loss {result.best['val_loss']:.4f}, "
        f"val_{accuracy} {result.best[f'val_{accuracy}']:.4f} "
        f"(always answering {name} gives {share:.4f})."
    )
    delta = early_stopping.min_delta
    if delta and result.best["epoch"] < len(result.history):
        console.print(f"No later val_loss was lower by more than --min-delta {delta:g}.")
    console.print(f"Highest validation accuracy: {highest:.4f}")
    restored = result.best[f"val_{accuracy}"]
    if note := no_better_than_guessing(restored, highest, share, early=result.stopped_early):
        console.print(note)
    if (evaluated := evaluated_epoch(run_dir)) not in (None, result.best["epoch"]):
        console.print(
            f"Note: {EVALUATION} and {PREDICTIONS} are of epoch {evaluated}; "
            f"`augjax evaluate {argument(str(run_dir))}` makes them anew"
        )
    console.print(f"Everything is in {printable(str(run_dir))}")
    console.print(f"The weights are in {printable(str(run_dir / BEST_WEIGHTS))}")


def no_better_than_guessing(restored: float, highest: float, share: float, *, early: bool) -> str:
    """A note if the restored weights are right no more often than always the same answer is."""
    if restored > share:
        return ""
    which = "no epoch was" if highest <= share else "these weights are no"
    longer = "with more --patience" if early else "for more epochs"
    return (
        f"Note: {which} better than always answering the same. Train {longer}: in the first few "
        "hundred steps, BatchNorm's averages lag behind the weights."
    )


def by_guessing(dataset: Dataset) -> tuple[str, float]:
    """What the accuracy is to be held against: the largest class, or the first, and its share."""
    valid, report = dataset.valid, dataset.report
    bad = {image.path for image in report.bad} if report else set()
    used = [valid.key(source) not in bad for source in valid.sources]
    counts = np.bincount(valid.labels[used], minlength=len(dataset.class_names)).tolist()
    return printable(dataset.class_names[counts.index(max(counts))]), max(counts) / sum(counts)
