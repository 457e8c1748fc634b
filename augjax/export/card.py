"""The model card of an exported network, in Markdown."""

import os
import re
from typing import Any

from augjax.data.tfds_builder import PREFIX
from augjax.export.formats import Format
from augjax.export.opening import IMAGE, NUMPY, opening
from augjax.export.place import ABOUT
from augjax.files import read_json
from augjax.printable import counted, printable
from augjax.runs.contents import evaluated_epoch
from augjax.runs.folder import DATA_REPORT, EVALUATION
from augjax.runs.loaded import Run
from augjax.runs.model_table import count_parameters
from augjax.training.history import metric_names

FEW = 20
"""Training images of a class, below which the card says so."""
_ANSWER = f"""\
with open("{ABOUT}", encoding="utf-8") as file:
    names = json.load(file)["class_names"]
best = probabilities[0].argmax()
print(f"{{names[best]}} {{probabilities[0, best]:.4f}}")
"""


def escaped(text: str) -> str:
    """Text that Markdown shows as it is; what is not visible stands as an escape."""
    return re.sub(r"[\\`*_{}\[\]<>()#+.!|&~:@=$]", r"\\\g<0>", printable(text))


def model_card(run: Run, form: Format, about: dict[str, Any]) -> str:
    """What the network is, how to use it, what it was trained on, its results and its limits.

    Args:
      run: the run.
      form: the format.
      about: the content of preprocessing.json.
    """
    size, same, classes = run.image_size, about["compared"], len(run.class_names)
    parameters = count_parameters(run.variables.get("params", {}))
    counts, measured = _counts(run), _measured(run)
    return f"""\
# {escaped(run.folder.resolve().name)}

An image classifier of {classes} classes, trained with augjax, as {form.title}.

| | |
|---|---|
| network | {escaped(about["network"])}, {parameters:,} parameters |
| weights | {_weights(run)} |
| input | `images`: uint8 (batch, {size}, {size}, 3), RGB from 0 to 255, any batch |
| output | `probabilities`: float32 (batch, {classes}), in the order of the classes |
| classes | {", ".join(map(escaped, run.class_names))} |

## Use

Run this in this folder, with {form.needs}, numpy and pillow installed, and the path of your image
in place of `{IMAGE}`. Keep images out of this folder: the next export replaces it only if
it is as the last one left it.

```python
import json

{opening(size, run.interpolation)}
{form.load.removeprefix(NUMPY)}{form.ask}
{_ANSWER}```

It prints the most probable class and its probability; `probabilities` holds those of all classes.

It resizes the image to {size} x {size} pixels, without keeping the aspect ratio, with interpolation
"{run.interpolation}" as by `tf.image.resize` (pixel centres at halves, no antialiasing), rounded to
uint8. The network divides by 255 itself. In training, transparent parts of images were put on
white, which this code does not do. `preprocessing.json` has this, and the classes, for programs.

Loaded by this code, the network gave the run's own probabilities to within
{same["greatest_difference"]:.1e}, for {same["images"]} {same["of"]}.

## Data

{_data(run, counts)}

## Results

{_results(run, counts, measured)}

## Limits

{_limits(run, counts, measured)}
"""


def _counts(run: Run) -> dict[str, dict[str, int]]:
    """Images by split and class, as the run has recorded them; empty where it has not."""
    try:
        counts = read_json(run.folder / DATA_REPORT)["counts"]
        return {
            str(split): {name: int(of_class[name]) for name in run.class_names}
            for split, of_class in counts.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _data(run: Run, counts: dict[str, dict[str, int]]) -> str:
    data = run.settings.get("data") or run.record.get("data")
    named = _named(data) if isinstance(data, str) else ""
    if counts:
        rows = [
            f"| {escaped(name)} | {' | '.join(f'{of[name]:,}' for of in counts.values())} |"
            for name in run.class_names
        ]
        sums = " | ".join(f"{sum(of.values()):,}" for of in counts.values())
        heads = " | ".join(map(escaped, counts))
        line = "---|" + "---:|" * len(counts)
        table = "\n".join([f"| images | {heads} |", f"|{line}", *rows, f"| all | {sums} |"])
        return f"{named}\n\n{table}".strip()
    known = {split: run.record.get(f"{split}_images") for split in ("train", "valid")}
    listed = [f"{count:,} for {split}" for split, count in known.items() if type(count) is int]
    said = f"Images: {', '.join(listed)}." if listed else "How many is not known."
    return f"{named} {said}".strip()


def _named(data: str) -> str:
    """What images they are; of a folder its name only, as a card is for others."""
    if data.startswith(PREFIX):
        return f"Images of {_code(data)}."
    name = os.path.basename(os.path.normpath(data))
    kind = "table" if name.lower().endswith((".csv", ".jsonl")) else "folder"
    return f"Images of the {kind} {_code(name)}."


def _code(name: str) -> str:
    shown = printable(name)
    return escaped(name) if "`" in shown or not shown.strip() else f"`{shown}`"


def _weights(run: Run) -> str:
    said = f"after epoch {run.epoch} of {max(len(run.history), run.epoch)}, the best by `val_loss`"
    ema = run.settings.get("ema")
    return f"{said}; an average over the steps (EMA, {ema:g})" if isinstance(ema, float) else said


def _results(run: Run, counts: dict[str, dict[str, int]], measured: dict[str, Any]) -> str:
    row = next((row for row in run.history if row["epoch"] == run.epoch), {})
    names = [name for name in metric_names(len(run.class_names)) if {name, f"val_{name}"} <= {*row}]
    if not names:
        return "Not known."
    rows = [
        f"| {name.removeprefix('binary_').replace('_', ' ')} | {row[name]:.4f} "
        f"| {row[f'val_{name}']:.4f} |"
        for name in names
    ]
    valid = list(counts.values())[1:2]
    if valid and (images := sum(valid[0].values())):
        most = max(valid[0], key=lambda name: valid[0][name])
        share = valid[0][most] / images
        rows.append(f"| accuracy of always answering {escaped(most)} | | {share:.4f} |")
    table = [f"| after epoch {run.epoch} | training | validation |", "|---|---:|---:|", *rows]
    if measured:
        views = f", the mean of {measured['views']} views of each" if measured["views"] > 1 else ""
        table += [
            "",
            f"`augjax evaluate` found, on {counted(measured['images'], measured['kind'])}"
            f"{measured['of']}{views}: accuracy {measured['accuracy']:.4f}, calibration error "
            f"{measured['calibration_error']:.4f}.",
        ]
    return "\n".join(table)


def _measured(run: Run) -> dict[str, Any]:
    """What `augjax evaluate` has left in the run's folder of this epoch; empty if nothing."""
    try:
        found = read_json(run.folder / EVALUATION)
        data = found.get("data")
        measured = {
            "of": f" of {_code(os.path.basename(os.path.normpath(data)))}" if data else "",
            "kind": "image" if data else "validation image",
            **{name: int(found[name]) for name in ("epoch", "images", "views")},
            **{name: float(found[name]) for name in ("accuracy", "calibration_error")},
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return {}
    return measured if measured["epoch"] == run.epoch else {}


def _identical(run: Run) -> int:
    """How many validation images are identical to training images, as far as the run has said."""
    try:
        return len(read_json(run.folder / DATA_REPORT)["leaks"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _limits(run: Run, counts: dict[str, dict[str, int]], measured: dict[str, Any]) -> str:
    trained = next(iter(counts.values()), {})
    few = [escaped(name) for name, count in trained.items() if count < FEW]
    calibration = "`augjax evaluate` measures how far off they are."
    if measured:
        error = measured["calibration_error"]
        calibration = f"on average, confidence and accuracy differ by {error:.3f}."
    elif (other := evaluated_epoch(run.folder)) not in (None, run.epoch):
        calibration = (
            f"the run's evaluation is of epoch {other}, not of this one, and `augjax evaluate` "
            "measures anew how far off they are."
        )
    limits = [
        "It gives every image one of these classes, also an image of none of them.",
        "The epoch was chosen by the validation images, so the results on them are a little too "
        "high; test it on images like those you will use it on.",
        f"Nobody has calibrated its probabilities; {calibration}",
        f"Images are squeezed into a square of {run.image_size} pixels: finer detail is lost.",
        *([f"Few training images (below {FEW}): {', '.join(few)}."] if few else []),
        *run.notes,
    ]
    if identical := _identical(run):
        one = identical == 1
        are = "is identical to a training image" if one else "are identical to training images"
        limits.insert(
            2,
            f"{counted(identical, 'validation image')} {are}, so the validation results mislead.",
        )
    return "\n".join(f"- {limit}" for limit in limits)
