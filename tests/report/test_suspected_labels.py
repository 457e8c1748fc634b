"""Which labels a report says are wrong, or may be."""

import dataclasses
import json

import numpy as np
import pytest

from augjax.report.page import report_page
from augjax.runs.evaluation import Evaluation
from augjax.runs.loaded import Run, load_run
from tests.report.conftest import Judged, copy, section
from tests.report.html_tree import tree_of


def judged(run: Run, probabilities: np.ndarray) -> Judged:
    """The run with other probabilities of the first class of two."""
    valid, rows = run.dataset.valid, np.stack([probabilities, 1 - probabilities], 1)
    found = Judged(**vars(dataclasses.replace(run)))
    found.__dict__["evaluation"] = Evaluation(
        run.class_names, valid.sources, valid.labels, rows.astype(np.float32)
    )
    return found


def test_suspected_labels_are_more_like_another_class(two):
    labels = two.dataset.valid.labels
    probabilities = np.where(labels == 0, 0.9, 0.1)
    probabilities[np.flatnonzero(labels == 1)[0]] = 0.95
    part = section(tree_of(report_page(judged(two, probabilities)).html), "label-errors")
    assert "1 validation image may have a wrong label" in part.text
    given, instead = part.one("figure").every("span", class_="pair")
    assert (given.text, instead.text) == ("label Truck 5.0%", "is more like Car 95.0%")
    assert "does not examine the labels of training images" in part.text


@pytest.mark.parametrize(("right", "known"), [(7, False), (8, True)])
def test_a_network_of_many_errors_suspects_no_label(two, right, known):
    """Of 10 images, 5 of each class: always answering one makes 5 errors, so 2 are allowed."""
    labels = two.dataset.valid.labels
    probabilities = np.where(labels == 0, 0.9, 0.1)
    probabilities[right:] = 1 - probabilities[right:]
    part = section(tree_of(report_page(judged(two, probabilities)).html), "label-errors")
    shut = "makes too many errors to tell which labels are wrong: 3, where at most 2 are allowed"
    assert (shut in part.text) != known
    assert ("only if the network makes at most half as many errors as" in part.text) == known
    assert bool(part.every("figure")) == known


def test_identical_files_with_two_labels_are_named(two, tmp_path):
    base = copy(two, tmp_path)
    path = base / "run" / "fingerprints.json"
    known = json.loads(path.read_bytes())
    train, valid = (
        next(n for n in known["images"] if n.startswith(start))
        for start in ("train/Car/", "valid/Truck/")
    )
    known["images"][train] = known["images"][valid]
    path.write_text(json.dumps(known))
    part = section(tree_of(report_page(load_run(base / "run")).html), "label-errors")
    (line,) = (code.text for code in part.one("ul", class_="paths").every("code"))
    run = load_run(base / "run")
    names = [n.removeprefix(s) for n, s in ((train, "train/"), (valid, "valid/"))]
    sources = [
        next(s for s in split.sources if s.endswith(name))
        for split, name in zip((run.dataset.train, run.dataset.valid), names, strict=True)
    ]
    assert line == f"{sources[0]} (Car, training) = {sources[1]} (Truck, validation)"
    assert "Identical files have more than one label" in part.text
