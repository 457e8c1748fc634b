"""The model card of an exported network, in Markdown."""

import os
import re
from typing import Any

from augjax.data.tfds_builder import PREFIX
from augjax.export.formats import Format
from augjax.files import read_json
from augjax.printable import printable
from augjax.runs.folder import DATA_REPORT
from augjax.runs.loaded import Run
from augjax.runs.model_table import count_parameters

FEW = 20
"""Training images of a class, below which the card says so."""


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
    counts = _counts(run)
    return f"""\
# {escaped(run.folder.resolve().name)}

A network that tells {classes} classes of images apart, trained by augjax, as {form.title}.

| | |
|---|---|
| network | {escaped(about["network"])}, {count_parameters(run.variables):,} numbers |
| weights | after epoch {run.epoch} of {max(len(run.history), run.epoch)}, the best by `val_loss` |
| input | `images`: uint8 (batch, {size}, {size}, 3), RGB from 0 to 255, any batch |
| output | `probabilities`: float32 (batch, {classes}), in the order of the classes |
| classes | {", ".join(map(escaped, run.class_names))} |

## Use

In this folder, with {form.needs} installed, for `images` as a NumPy array:

```python
{form.load}{form.ask}```

Before, each image is resized to {size} x {size} pixels, its sides each on its own, with
interpolation "{run.interpolation}" as by `tf.image.resize` (pixel centres at halves, no
antialiasing), and rounded to uint8. The network divides by 255 itself. `preprocessing.json` has
this, and the classes, for programs.

Loaded again by this code, the network gave the run's own probabilities to within
{same["greatest_difference"]:.1e}, for {same["images"]} {same["of"]}.

## Data

{_data(run, counts)}

## Results

{_results(run)}

## Limits

{_limits(run, counts)}
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
    named = ""
    if isinstance(data, str):  # Of a folder its name only: a card is for others.
        named = escaped(data if data.startswith(PREFIX) else os.path.basename(data))
        named = f"Images of {named}."
    if counts:
        rows = [
            f"| {escaped(name)} | {' | '.join(str(of[name]) for of in counts.values())} |"
            for name in run.class_names
        ]
        sums = " | ".join(str(sum(of.values())) for of in counts.values())
        heads = " | ".join(map(escaped, counts))
        line = "---|" + "---:|" * len(counts)
        table = "\n".join([f"| images | {heads} |", f"|{line}", *rows, f"| all | {sums} |"])
        return f"{named}\n\n{table}".strip()
    known = {split: run.record.get(f"{split}_images") for split in ("train", "valid")}
    listed = [f"{count} for {split}" for split, count in known.items() if type(count) is int]
    said = f"Images: {', '.join(listed)}." if listed else "How many is not known."
    return f"{named} {said}".strip()


def _results(run: Run) -> str:
    row = next((row for row in run.history if row["epoch"] == run.epoch), {})
    rows = [
        f"| {escaped(name)} | {value:.4f} |"
        for name, value in row.items()
        if name not in ("epoch", "seconds")
    ]
    if not rows:
        return "Not known."
    return "\n".join([f"| after epoch {run.epoch} | |", "|---|---:|", *rows])


def _limits(run: Run, counts: dict[str, dict[str, int]]) -> str:
    trained = next(iter(counts.values()), {})
    few = [escaped(name) for name, count in trained.items() if count < FEW]
    limits = [
        "It gives every image one of these classes, also an image of none of them.",
        "The epoch was chosen by the validation images, so the results on them flatter a little; "
        "measure it on images of its use.",
        "Its probabilities are not calibrated, unless that was measured (`augjax evaluate`).",
        f"Images are squeezed into a square of {run.image_size} pixels: finer detail is lost.",
        *([f"Few training images (below {FEW}): {', '.join(few)}."] if few else []),
        *run.notes,
    ]
    return "\n".join(f"- {limit}" for limit in limits)
