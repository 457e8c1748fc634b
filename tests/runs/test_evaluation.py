"""The scores of an evaluation together, and the files that are made of it."""

import csv
import io
import json
import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augjax.errors import RunError
from augjax.files import json_text, write_json
from augjax.runs.contents import evaluated_epoch
from augjax.runs.evaluation import Evaluation, csv_line
from augjax.training import scores

NAMES = (
    "=cmd",
    'a "quoted", name',
    "<script>",
    "back\rand\nnewline",
    "emoji 🚚",
    os.fsdecode(b"\xff"),
)


def evaluation(labels, probabilities, names=("Car", "Truck"), **more) -> Evaluation:
    sources = tuple(f"{i}.png" for i in range(len(labels)))
    labels, probabilities = np.array(labels, np.int32), np.array(probabilities, np.float32)
    return Evaluation(names, sources, labels, probabilities, **more)


TWO = evaluation([0, 0, 1, 1], [[0.9, 0.1], [0.25, 0.75], [0.5, 0.5], [0.0, 1.0]], notes=("so",))


def test_two_classes_by_hand():
    """Of equal probabilities the first class is predicted."""
    assert TWO.predicted.tolist() == [0, 1, 0, 1]
    assert TWO.accuracy == 0.5
    assert TWO.confusion.tolist() == [[1, 1], [1, 1]]
    assert TWO.loss == pytest.approx(-(math.log(0.9) + math.log(0.25) + math.log(0.5)) / 4)
    assert TWO.mistakes().tolist() == [1, 2]
    assert TWO.mistakes(1).tolist() == [1]
    assert TWO.roc is not None and TWO.roc.area == 0.75
    assert TWO.top_5_accuracy is None


def test_a_sure_mistake_has_a_finite_loss():
    assert evaluation([1], [[1.0, 0.0]]).loss == pytest.approx(87.34, abs=0.01)


def test_as_json():
    found = json.loads(json_text(TWO.as_json()))
    assert found["classes"] == ["Car", "Truck"]
    assert (found["images"], found["views"], found["notes"]) == (4, 1, ["so"])
    assert found["confusion"] == [[1, 1], [1, 1]]
    row = {"class": "Car", "precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert found["per_class"][0] == row
    assert found["macro"] == found["weighted"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert found["roc_auc"] == 0.75
    assert len(found["reliability"]) == scores.BINS
    assert found["reliability"][-1] == {
        "above": 14 / 15, "up_to": 1.0, "confidence": 1.0, "accuracy": 1.0, "images": 1
    }  # fmt: skip
    assert found["reliability"][0]["accuracy"] is None


def test_what_divides_by_zero_is_null():
    """A class without images has no recall, and one that is never predicted no precision."""
    found = evaluation([0, 0], [[0.8, 0.1, 0.1]] * 2, ("a", "b", "c")).as_json()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["per_class"][1] == {
        "class": "b", "precision": None, "recall": None, "f1": None, "support": 0
    }  # fmt: skip
    assert "roc_auc" not in found
    only = evaluation([1, 1], [[0.2, 0.8]] * 2).as_json()
    assert only["roc_auc"] is None


def test_top_5_from_ten_classes_on():
    tenth = np.full((1, 10), 0.1)
    found = evaluation([4], tenth, tuple("abcdefghij"))
    assert found.top_5_accuracy == found.as_json()["top_5_accuracy"] == 1.0
    assert evaluation([5], tenth, tuple("abcdefghij")).top_5_accuracy == 0.0


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 1, width=32), min_size=6, max_size=6))
def test_predictions_are_read_back_as_they_were(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("predictions") / "predictions.csv"
    found = Evaluation(
        NAMES, (os.fsdecode(b"a\xfe\r.png"),), np.array([4]), np.array([numbers], np.float32)
    )
    found.write_predictions(path)
    text = path.read_bytes().decode(errors="surrogateescape")
    header, row = csv.reader(io.StringIO(text, newline=""))
    assert header == ["path", "label", "prediction", *(f"probability of {n}" for n in NAMES)]
    assert row[:3] == [os.fsdecode(b"a\xfe\r.png"), NAMES[4], NAMES[int(np.argmax(numbers))]]
    np.testing.assert_array_equal(
        np.array(row[3:], float).astype(np.float32), np.array(numbers, np.float32)
    )


def test_pandas_reads_the_predictions(tmp_path):
    TWO.write_predictions(tmp_path / "predictions.csv")
    table = pd.read_csv(tmp_path / "predictions.csv")
    assert table.path.tolist() == list(TWO.sources)
    assert table.prediction.tolist() == ["Car", "Truck", "Car", "Truck"]
    read = table[["probability of Car", "probability of Truck"]].to_numpy(np.float32)
    np.testing.assert_array_equal(read, TWO.probabilities)


def test_names_of_any_kind_become_json(tmp_path):
    probabilities = np.full((1, len(NAMES)), 1 / len(NAMES))
    write_json(tmp_path / "evaluation.json", evaluation([5], probabilities, NAMES).as_json())
    found = json.loads((tmp_path / "evaluation.json").read_bytes())
    assert tuple(found["classes"]) == NAMES


def test_an_unwritable_place_is_one_line():
    with pytest.raises(RunError, match=r"cannot write /nowhere/predictions\.csv"):
        TWO.write_predictions(Path("/nowhere/predictions.csv"))


def test_lines_of_a_table_end_alike_and_hold_breaks_in_quotes():
    assert csv_line(("a", 1, np.float32(0.1))) == "a,1,0.1\n"
    assert csv_line(("a\rb", "=cmd")) == '"a\rb",=cmd\n'


def test_label_errors_are_those_of_confident_learning():
    of_second = np.array([0.1, 0.3, 0.8, 0.8, 0.85, 0.3])
    found = evaluation([0, 0, 0, 1, 1, 1], np.stack([1 - of_second, of_second], 1))
    assert found.label_errors().tolist() == [2, 5]


@pytest.mark.parametrize(
    ("written", "epoch"),
    [
        (b'{"epoch": 2}', 2),
        (b'{"epoch": 0}', None),
        (b'{"epoch": true}', None),
        (b'{"epoch": "2"}', None),
        (b'{"epoch": 1%s}' % (b"0" * 400), None),
        (b'{"epoch": 1%s}' % (b"0" * 9000), None),
        (b"{}", None),
        (b"[]", None),
        (b"null", None),
        (b"\xff\x00", None),
        (b"[" * 100_000, None),
        (None, None),
    ],
    ids=lambda value: str(value)[:20],
)
def test_of_which_epoch_the_scores_are(tmp_path, written, epoch):
    if written is not None:
        (tmp_path / "evaluation.json").write_bytes(written)
    assert evaluated_epoch(tmp_path) == epoch


def test_a_folder_in_the_place_of_the_scores_tells_no_epoch(tmp_path):
    (tmp_path / "evaluation.json").mkdir()
    assert evaluated_epoch(tmp_path) is None
