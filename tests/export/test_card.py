"""Model cards: what they say, and names that Markdown must not take for its own."""

import dataclasses
import json
import re

import pytest

from augjax.export.agreement import Agreement
from augjax.export.card import escaped, model_card
from augjax.export.formats import FORMATS
from augjax.export.place import ABOUT
from augjax.export.run import description
from augjax.files import write_json
from augjax.report import facts
from augjax.runs.loaded import load_run

markdown = pytest.importorskip("markdown_it")

NAMES = (
    "line\nbreak", "🦆", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "a|b", "**bold**",
    "[a](javascript:b)", "`code`", "http://a.b", "&lt;", "back\\slash", "\udcff", "\u202eturned",
)  # fmt: skip
SAME = Agreement(8, "validation images", 1.5e-8, 1e-5)


def card_of(run) -> str:
    form = FORMATS["stablehlo"]
    return model_card(run, form, description(run, "stablehlo", form, SAME))


def shown(text: str) -> str:
    """What a reader of Markdown sees of a paragraph."""
    html = markdown.MarkdownIt("gfm-like", {"linkify": False}).render(text)
    assert re.fullmatch(r"<p>[^<>]*</p>\n", html)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        html = html.replace(entity, character)
    return html[3:-5]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown_as_they_are(name):
    expected = {
        "line\nbreak": r"line\nbreak", "\udcff": r"\xff", "\u202eturned": r"\u202eturned",
    }  # fmt: skip
    assert shown(escaped(name)) == expected.get(name, name)


def test_odd_names_stay_in_their_cells(copied):
    counts = {split: dict.fromkeys(NAMES, 3) for split in ("train", "valid")}
    write_json(copied / "data_report.json", {"counts": counts})
    run = dataclasses.replace(load_run(copied), class_names=NAMES)
    card = card_of(run)
    html = markdown.MarkdownIt("gfm-like", {"linkify": False}).render(card)
    assert "<script" not in html
    assert "<a " not in html
    assert html.count("<strong>") == 0
    rows = [line for line in card.splitlines() if line.endswith("| 3 | 3 |")]
    assert [row[2:].removesuffix(" | 3 | 3 |") for row in rows] == [*map(escaped, NAMES)]
    assert "| all | 39 | 39 |" in card
    assert f"Few training images (below 20): {escaped(NAMES[0])}, " in card
    write_json(copied / ABOUT, description(run, "onnx", FORMATS["onnx"], SAME))
    assert json.loads((copied / ABOUT).read_bytes())["class_names"] == list(NAMES)


def test_it_says_what_data_and_how_good(small, copied):
    run = load_run(copied)
    card = card_of(run)
    best = run.history[run.epoch - 1]
    assert f"| loss | {best['loss']:.4f} | {best['val_loss']:.4f} |" in card
    accuracies = f"{best['binary_accuracy']:.4f} | {best['val_binary_accuracy']:.4f}"
    assert f"| accuracy | {accuracies} |" in card
    assert f", {facts.parameters(run):,} parameters |" in card
    assert f"after epoch {run.epoch} of 2" in card
    assert "1.5e-08, for 8 validation images" in card
    assert str(small.parent) not in card
    assert "Images of the folder `data`." in card
    assert "EMA" not in card and "identical" not in card
    assert "Images: 10 for train, 10 for valid." in card
    (copied / "summary.json").unlink()
    assert "- The run has not ended" in card_of(load_run(copied))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("/a/my_photos/", "Images of the folder `my_photos`."),
        ("/a/labels.CSV", "Images of the table `labels.CSV`."),
        ("tfds:mnist", "Images of `tfds:mnist`."),
        ("/a/back`tick", r"Images of the folder back\`tick."),
    ],
)
def test_data_are_named_and_not_described(copied, data, said):
    run = load_run(copied)
    assert said in card_of(dataclasses.replace(run, settings={**run.settings, "data": data}))


def test_it_says_what_flatters_and_what_chance_gives(copied):
    run = load_run(copied)
    counts = {"train": {"Car": 1200, "Truck": 30}, "valid": {"Car": 6, "Truck": 2}}
    leaks = [{"valid": "Car/0.png", "train": "Car/1.png"}]
    write_json(copied / "data_report.json", {"counts": counts, "leaks": leaks})
    card = card_of(dataclasses.replace(run, settings={**run.settings, "ema": 0.99}))
    assert "| accuracy of always answering Car | | 0.7500 |" in card
    assert "1 validation image is identical to a training image, so" in card
    assert "the best by `val_loss`; an average over the steps (EMA, 0.99) |" in card
    assert "| all | 1,230 | 8 |" in card


def test_it_gives_what_evaluate_has_measured(copied):
    run = load_run(copied)
    assert "Nobody has calibrated its probabilities; `augjax evaluate` measures" in card_of(run)
    scores = {"data": None, **run.evaluate().as_json()}
    expected = (
        f"accuracy {scores['accuracy']:.4f}, calibration error {scores['calibration_error']:.4f}."
    )
    for data, views, said in (
        (None, 1, "on 10 validation images: "),
        ("/a/new", 4, "on 10 images of `new`, the mean of 4 views of each: "),
    ):
        found = {**scores, "epoch": run.epoch, "data": data, "views": views}
        write_json(copied / "evaluation.json", found)
        card = card_of(run)
        assert f"`augjax evaluate` found, {said}{expected}" in card
        assert f"confidence and accuracy differ by {scores['calibration_error']:.3f}." in card
    for changed in ({"epoch": run.epoch + 1}, {"accuracy": None}, {"images": 10**400}):
        write_json(copied / "evaluation.json", {**scores, "epoch": run.epoch, **changed})
        assert "`augjax evaluate` found" not in card_of(run) or "images" in changed


def test_an_evaluation_of_another_epoch_is_not_given_as_none(copied):
    run = load_run(copied)
    write_json(copied / "evaluation.json", {"epoch": run.epoch + 1})
    assert (
        "- Nobody has calibrated its probabilities; the run's evaluation is of epoch "
        f"{run.epoch + 1}, not of this one, and `augjax evaluate` measures anew how far off"
    ) in card_of(run)
    write_json(copied / "evaluation.json", {"epoch": "last"})
    assert "its probabilities; `augjax evaluate` measures how far off" in card_of(run)
