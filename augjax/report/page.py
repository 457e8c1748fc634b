"""The page itself: all that it shows of a run, put into its templates."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from augjax.errors import InputError
from augjax.printable import counted, printable
from augjax.report import facts, scores
from augjax.report.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from augjax.report.curves import (
    history_charts,
    precision_recall_chart,
    reliability_chart,
    roc_chart,
)
from augjax.report.data import data_summary, two_labels
from augjax.report.examples import MOST, listed_examples, with_heat_maps, with_pictures
from augjax.report.pictures import file_picture
from augjax.runs.evaluation import Evaluation
from augjax.runs.loaded import Run

SECTIONS = {
    "configuration": "Configuration",
    "data": "Data",
    "curves": "Curves",
    "augmentation": "Augmentation",
    "confusion": "Confusion matrix",
    "mistakes": "Most confident mistakes",
    "label-errors": "Suspected label errors",
    "classes": "Scores by class",
    "calibration": "Calibration",
    "ranking": "ROC and precision-recall",
    "reproduction": "How to reproduce",
}
"""The parts of the page by their place in it, which is also the name of their template."""
LISTED = 200
"""So many paths or epochs stand in a list at most."""


class Page(NamedTuple):
    """A run on one page.

    Attributes:
      html: the page.
      missing: why it lacks what needs the run's images, in a line; "" where it has all.
    """

    html: str
    missing: str


def report_page(run: Run) -> Page:
    """The page of a run, without what needs its images where they are not there any more.

    Raises:
      InputError: if what the run has kept of its images cannot be read.
    """
    data = data_summary(run)
    found: dict[str, Any] = {
        "run": run,
        "headline": facts.headline(run, data),
        "main_settings": facts.main_settings(run),
        "other_settings": facts.other_settings(run),
        "pipeline": facts.pipeline(run),
        "parameters": facts.parameters(run),
        "data": data,
        "charts": history_charts(run.history, run.epoch),
        "augments": facts.augments(run),
        "own_loss": facts.own_loss(run),
        "augmentations": file_picture(run.folder / "augmentations.png"),
        "reproduction": facts.reproduction(run),
        "repeat": facts.repeat(run),
        "notes": run.notes,
    }
    try:
        evaluation = run.evaluate()
    except InputError as error:
        found["missing"] = [str(error).removesuffix("; give DATA"), *error.details]
    else:
        found |= _evaluated(run, evaluation)
    there = {
        "curves": bool(found["charts"]),
        "augmentation": found["augmentations"] is not None or found["pipeline"] is not None,
        **{name: "evaluation" in found for name in _OF_THE_EVALUATION},
        "ranking": "ranking" in found,
    }
    sections = {name: title for name, title in SECTIONS.items() if there.get(name, True)}
    html = _TEMPLATES.get_template("report.html").render(found, sections=sections)
    return Page(html, found.get("missing", [""])[0])


_OF_THE_EVALUATION = ("confusion", "mistakes", "label-errors", "classes", "calibration")


def _evaluated(run: Run, evaluation: Evaluation) -> dict[str, Any]:
    """What needs the images of the run."""
    mistakes, suspects = evaluation.mistakes(), evaluation.label_errors()
    allowed = scores.allowed_errors(evaluation)
    suspects = suspects if len(mistakes) <= allowed else suspects[:0]
    wrong = listed_examples(evaluation, mistakes[:MOST], evaluation.predicted[mistakes[:MOST]])
    rather = evaluation.confident_classes[suspects]
    doubtful = listed_examples(evaluation, suspects[:LISTED], rather[:LISTED])
    found = {
        "evaluation": evaluation,
        "notes": evaluation.notes,
        "mistakes": len(mistakes),
        "mistake_examples": with_pictures(run, wrong),
        "no_heat": "",
        "allowed_errors": allowed,
        "two_labels": two_labels(run),
        "suspects": len(suspects),
        "suspect_examples": with_pictures(run, doubtful[:MOST]),
        "listed_suspects": doubtful,
        "is_large": len(run.class_names) > scores.MOST_CLASSES,
        "confusion": scores.confusion_rows(evaluation),
        "pairs": scores.confused_pairs(evaluation),
        "class_rows": scores.class_rows(evaluation),
        "mean_rows": scores.mean_rows(evaluation),
        "reliability": reliability_chart(evaluation.reliability, evaluation.calibration_error),
    }
    try:
        found["mistake_examples"] = with_heat_maps(run, found["mistake_examples"])
    except InputError as error:
        found["no_heat"] = str(error)
    if evaluation.roc is not None and evaluation.precision_recall is not None:
        positive = printable(run.class_names[1])
        found["ranking"] = [
            roc_chart(evaluation.roc, positive),
            precision_recall_chart(evaluation.precision_recall, positive),
        ]
    return found


def _or_dash(form: Callable[[float], str]) -> Callable[[float | None], str]:
    """A filter of numbers for which a dash stands where there is none."""

    def formed(number: float | None) -> str:
        return "-" if number is None or not math.isfinite(number) else form(number)

    return formed


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _shown(value: Any) -> Any:
    """What an expression in a template gives: text in one line, with what is invisible escaped."""
    return value if hasattr(value, "__html__") else printable(str(value))


_TEMPLATES = Environment(
    loader=PackageLoader("augjax.report"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {
    "percent": _or_dash(lambda share: f"{share:.1%}"),
    "decimals": _or_dash(lambda number: f"{number:.4f}"),
    "short": _or_dash(lambda number: f"{number:.3f}"),
    "thousands": _or_dash(lambda number: f"{number:,.0f}"),
    "duration": _or_dash(_duration),
    "counted": counted,
}
_TEMPLATES.globals |= {
    "canvas": {
        "width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP, "bottom": BOTTOM
    },
    "listed": LISTED,
    "worst": scores.worst,
}  # fmt: skip
