"""`augjax evaluate`: how good a run is, class by class."""

import math
from pathlib import Path

from rich.console import Console
from rich.table import Table

from augjax.commands.console import print_json, screen
from augjax.commands.flags import Evaluate
from augjax.commands.place import check_files, check_place, check_place_of_run
from augjax.commands.progress import working
from augjax.data import ImageSet, load_image_set
from augjax.data.tfds_builder import PREFIX
from augjax.files import write_json
from augjax.printable import counted, printable, some
from augjax.runs.evaluation import WARNING, Evaluation
from augjax.runs.folder import EVALUATION, PREDICTIONS
from augjax.runs.loaded import Run, load_run
from augjax.runs.predictor import check_views

CONFUSION_UP_TO = 12
"""Classes of which the whole confusion matrix fits on the screen; of more, the worst pairs do."""
WORST = 10


def main(flags: Evaluate) -> int:
    """Prints the scores, and writes them and all predictions."""
    check_views(flags.tta)
    run = load_run(flags.run)
    out = flags.out or (flags.run if flags.data is None else Path("evaluation"))
    if flags.data is not None and not flags.data.startswith(PREFIX):
        check_place(out, out, flags.data, follow_links=flags.follow_links)
    if out != flags.run:
        check_place_of_run(out, out, run.folder, run.settings)
    check_files(out, (EVALUATION, PREDICTIONS))
    data = None if flags.data is None else _read(run, flags)
    with working(f"Evaluating epoch {run.epoch} of {printable(str(flags.run))} ..."):
        evaluation = run.evaluate(data, tta=flags.tta)
    about = {"run": str(flags.run), "epoch": run.epoch, "data": flags.data}
    scores = {**about, **evaluation.as_json()}
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / EVALUATION, scores, in_rows=True)
    evaluation.write_predictions(out / PREDICTIONS)
    console = screen()
    if flags.json:
        print_json(scores)
    else:
        _print(evaluation, console)
        for name in (EVALUATION, PREDICTIONS):
            console.print(f"Written: {printable(str(out / name))}")
    return 0


def _read(run: Run, flags: Evaluate) -> ImageSet:
    assert flags.data is not None
    return load_image_set(
        flags.data,
        image_size=run.image_size,
        method=run.interpolation,
        class_names=run.class_names,
        on_bad_image=flags.on_bad_image,
        follow_links=flags.follow_links,
    )


def _print(evaluation: Evaluation, console: Console) -> None:
    warnings = [note for note in evaluation.notes if note.startswith(WARNING)]
    for note in evaluation.notes:
        if note not in warnings:
            console.print(f"Note: {note}")
    names = [printable(name) for name in evaluation.class_names]
    scores, support = evaluation.class_scores, evaluation.class_scores.support
    table = Table(title="Scores of each class", title_justify="left")
    for column in ("class", "precision", "recall", "F1", "images"):
        table.add_column(column, justify="left" if column == "class" else "right")
    for row in zip(names, scores.precision, scores.recall, scores.f1, support, strict=True):
        name, *shares, images = row
        table.add_row(name, *map(_share, shares), f"{images:,}")
    console.print(table)
    if len(names) <= CONFUSION_UP_TO:
        console.print(_confusion(evaluation, names))
    elif pairs := _worst_pairs(evaluation, names):
        console.print(f"Most confused: {some(pairs, WORST)}.")
    most = int(support.argmax())
    console.print(
        f"{counted(len(evaluation), 'image')}: accuracy {evaluation.accuracy:.4f} "
        f"(always answering {names[most]} gives {support[most] / len(evaluation):.4f}), "
        f"loss {evaluation.loss:.4f}, calibration error {evaluation.calibration_error:.4f}"
    )
    if evaluation.top_5_accuracy is not None:
        console.print(f"Top-5 accuracy {evaluation.top_5_accuracy:.4f}")
    if evaluation.roc is not None and evaluation.precision_recall is not None:
        console.print(
            f"For {names[1]}: area under the ROC curve {_share(evaluation.roc.area)}, "
            f"average precision {_share(evaluation.precision_recall.average_precision)}"
        )
    for warning in warnings:  # Below the scores, where they are seen.
        console.print(warning)


def _confusion(evaluation: Evaluation, names: list[str]) -> Table:
    table = Table(title="True class (row), predicted class (column)", title_justify="left")
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right")
    for name, row in zip(names, evaluation.confusion.tolist(), strict=True):
        table.add_row(name, *(f"{count:,}" if count else "·" for count in row))
    return table


def _worst_pairs(evaluation: Evaluation, names: list[str]) -> list[str]:
    wrong = evaluation.confusion.copy()
    for label in range(len(names)):
        wrong[label, label] = 0
    order = wrong.ravel().argsort(kind="stable")[::-1][:WORST]
    pairs = [divmod(int(place), len(names)) for place in order if wrong.ravel()[place]]
    return [f"{names[a]} taken for {names[b]} ({wrong[a, b]:,})" for a, b in pairs]


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"
