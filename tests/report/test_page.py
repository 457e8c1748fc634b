"""The page of a run: sound HTML that asks for nothing, and says what the evaluation says."""

import dataclasses
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from augjax.commands import report
from augjax.commands.app import parsed
from augjax.errors import InputError
from augjax.printable import printable
from augjax.report.page import SECTIONS, report_page
from augjax.runs.evaluation import Evaluation
from augjax.runs.loaded import load_run
from tests.report.conftest import FILE, HOSTILE, Judged, copy, section
from tests.report.html_tree import Element, tree_of

PAGES = ("two_page", "five_page")
OF_IMAGES = {"confusion", "mistakes", "label-errors", "classes", "calibration", "ranking"}


def sections(tree: Element) -> list[str]:
    return [s.attributes["id"] for s in tree.every("section")]


@pytest.mark.parametrize("page", PAGES)
def test_links_labels_and_headings_lead_somewhere(request, page):
    tree = tree_of(request.getfixturevalue(page))
    ids = [e.attributes["id"] for e in tree.every() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    targets = [a.attributes["href"] for a in tree.every("a")]
    assert targets and {t.removeprefix("#") for t in targets} <= set(ids)
    assert [t.removeprefix("#") for t in targets[1:]] == sections(tree)
    for element in tree.every():
        assert set(element.attributes.get("aria-labelledby", "").split()) <= set(ids)
    levels = [int(e.tag[1]) for e in tree.every() if re.fullmatch("h[1-6]", e.tag)]
    assert levels == [1] + [2] * (len(levels) - 1)
    assert tree.one("html").attributes["lang"] == "en"
    assert all(image.attributes["alt"] for image in tree.every("img"))
    assert all(drawing.every("title") for drawing in tree.every("svg"))


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_asked_for_and_no_script_runs(request, page):
    text = request.getfixturevalue(page)
    tree = tree_of(text)
    assert not tree.every("script")
    assert "://" not in text and "url(" not in text and "@import" not in text
    (policy,) = (
        m.attributes["content"]
        for m in tree.every("meta")
        if m.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert {"default-src 'none'", "img-src data:"} <= set(policy.split("; "))
    for element in tree.every():
        assert not any(name.startswith("on") for name in element.attributes)
        for name in ("src", "href"):
            value = element.attributes.get(name, "data:")
            assert value.startswith(("data:", "#"))


def test_names_are_text_and_nothing_else(five_page, five_tree):
    for raw in ("<img src=x", "<svg onload", "\u202e", "\ue000"):
        assert raw not in five_page
    shown = [
        HOSTILE[0], HOSTILE[1], HOSTILE[2], r"new\nline {{ 7 * 7 }}", r"\xff javascript:alert(2)"
    ]  # fmt: skip
    for name in ("data", "classes"):
        rows = section(five_tree, name).every("table")[0].rows()
        assert sorted(row[0] for row in rows[1:6]) == sorted(shown)
    assert FILE.replace("\u202e", r"\u202e") in five_tree.one("main").text
    five_page.encode()  # There is nothing that is not UTF-8.


def test_the_table_of_contents_holds_every_part(two_tree, five_tree):
    assert sections(two_tree) == list(SECTIONS)
    assert sections(five_tree) == [name for name in SECTIONS if name != "ranking"]


@pytest.mark.parametrize("name", ["two", "five"])
def test_numbers_are_those_of_the_evaluation(request, name):
    run, tree = (request.getfixturevalue(n) for n in (name, f"{name}_tree"))
    found = run.evaluate().as_json()
    tiles = tree.one("dl", class_="tiles").text
    assert f"Validation accuracy {found['accuracy']:.1%}" in tiles
    assert f"Validation loss {found['loss']:.4f}" in tiles
    share = max(map(sum, found["confusion"])) / found["images"]
    assert name == "two" or f": {share:.1%}" in tiles
    header, *rows = section(tree, "confusion").one("table").rows()
    assert [[int(n) for n in row[1:]] for row in rows] == found["confusion"]
    assert header[1:] == [row[0] for row in rows]
    *rows, mean, weighted = section(tree, "classes").one("table").rows()[1:]
    scores = ("precision", "recall", "f1")

    def cells(of):
        return ["-" if of[s] is None else f"{of[s]:.3f}" for s in scores]

    assert [row[1:4] for row in rows] == [cells(one) for one in found["per_class"]]
    assert [int(row[4]) for row in rows] == [one["support"] for one in found["per_class"]]
    assert (mean[1:4], weighted[1:4]) == (cells(found["macro"]), cells(found["weighted"]))
    calibration = section(tree, "calibration")
    assert f"{found['calibration_error']:.4f}" in calibration.text
    bars = [bar.text for bar in calibration.every("rect")]
    assert [int(b.split()[0]) for b in bars] == [
        b["images"] for b in found["reliability"] if b["images"]
    ]
    if name == "two":
        ranking = section(tree, "ranking").text
        assert f"ROC curve is {found['roc_auc']:.4f}" in ranking
        assert f"average precision {found['average_precision']:.4f}" in ranking


@pytest.mark.parametrize("name", ["two", "five"])
def test_examples_are_those_of_the_evaluation(request, name):
    run, tree = (request.getfixturevalue(n) for n in (name, f"{name}_tree"))
    evaluation = run.evaluate()
    names = [printable(n) for n in evaluation.class_names]
    shown, indices = section(tree, "mistakes").every("figure"), evaluation.mistakes(24)
    assert len(shown) == len(indices) > 0
    for figure, i in zip(shown, indices, strict=True):
        label, other = evaluation.labels[i], evaluation.predicted[i]
        p = evaluation.probabilities[i]
        (given, instead), path = figure.every("span", class_="pair"), figure.one("code")
        assert given.text == f"label {names[label]} {p[label]:.1%}"
        assert instead.text == f"predicted {names[other]} {p[other]:.1%}"
        assert path.text == printable(evaluation.sources[i])
        assert len(figure.every("img")) == 2


def test_the_same_run_has_the_same_page(two, two_page):
    assert report_page(two).html == two_page


def test_a_page_is_small_whatever_its_pictures_are(five, five_page, tmp_path):
    """The worst: 24 pictures and heat maps of noise, and noise for a figure."""
    base = copy(five, tmp_path)
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1500, 3), np.uint8)
    Image.fromarray(noise).save(base / "run" / "augmentations.png")
    page = report_page(load_run(base / "run")).html
    pictures = tree_of(page).every("img")
    assert len(five_page) < len(page) < 4_000_000
    assert all(p.attributes["src"].startswith("data:image/jpeg;base64,") for p in pictures)


def test_a_run_that_has_not_ended(two, tmp_path):
    base = copy(two, tmp_path)
    (base / "run" / "summary.json").unlink()
    tree = tree_of(report_page(load_run(base / "run")).html)
    assert "has not ended" in tree.one("dl", class_="tiles").text
    assert "The run has not ended: its weights are those of epoch" in tree.one("header").text
    assert sections(tree) == list(SECTIONS)


def test_without_its_images_a_run_has_a_page_without_what_needs_them(five, tmp_path):
    base = copy(five, tmp_path)
    shutil.rmtree(base / "data")
    tree = tree_of(report_page(load_run(base / "run")).html)
    assert set(sections(tree)) == set(SECTIONS) - OF_IMAGES
    notes = tree.one("header").one("div", class_="note").text
    assert "cannot be evaluated" in notes and "no such folder" in notes
    assert "give DATA" not in notes
    assert five.summary is not None
    assert f"{five.summary['val_accuracy']:.1%}" in tree.one("dl", class_="tiles").text
    assert "6" in section(tree, "data").one("table").rows()[1]


def test_without_its_images_no_fuller_page_is_replaced(five, tmp_path, capsys):
    base = copy(five, tmp_path)
    shutil.rmtree(base / "data")
    kept = base / "run" / "report.html"
    kept.write_text("a fuller page")
    with pytest.raises(InputError, match=r"no such folder.* is left as it is: give --out"):
        report.main(parsed(["report", str(base / "run")]))
    assert kept.read_text() == "a fuller page"
    out = tmp_path / "other.html"
    assert report.main(parsed(["report", str(base / "run"), f"--out={out}"])) == 0
    note = capsys.readouterr().out.splitlines()[-1]
    assert note.startswith("Note: it has no scores and no mistakes: ") and out.exists()


def test_changed_images_are_noted(two, tmp_path):
    base = copy(two, tmp_path)
    Image.new("RGB", (20, 20)).save(base / "data" / "valid" / "Car" / "0.png")
    tree = tree_of(report_page(load_run(base / "run")).html)
    assert "valid/Car/0.png has other content" in tree.one("header").text


def test_what_is_odd_of_the_data_is_told(five, tmp_path):
    base = copy(five, tmp_path)
    path = base / "run" / "data_report.json"
    told = json.loads(path.read_bytes())
    told |= {
        "bad": [{"path": "a/<b>.png", "reason": "not an image"}],
        "skipped": {".txt": 3},
        "doubtful": ["c.jpg"],
        "dark": ["d.png"],
        "leaks": [{"valid": "valid/e.png", "train": "train/f.png"}],
    }
    path.write_text(json.dumps(told))
    same = base / "data" / "train" / HOSTILE[2]
    shutil.copy(same / "0.png", same / "1.png")
    data = section(tree_of(report_page(load_run(base / "run")).html), "data").text
    for part in (
        "1 validation image is identical to a training image", "valid/e.png = train/f.png",
        "Left out: 1 image that", "a/<b>.png (not an image)", ".txt 3", "c.jpg", "d.png",
    ):  # fmt: skip
        assert part in data


def test_images_twice_in_a_split_are_counted(five, tmp_path):
    base = copy(five, tmp_path)
    path = base / "run" / "fingerprints.json"
    known = json.loads(path.read_bytes())
    first, second, third = [n for n in known["images"] if n.startswith("train/")][:3]
    known["images"] |= dict.fromkeys((second, third), known["images"][first])
    path.write_text(json.dumps(known))
    assert (
        "3 in train, 0 in valid"
        in section(tree_of(report_page(load_run(base / "run")).html), "data").text
    )


def test_a_network_without_convolutions_has_no_heat_maps(two, monkeypatch):
    def none(*_):
        raise InputError("Flat has no nn.Conv of images, which heat maps need")

    monkeypatch.setattr("augjax.report.examples.grad_cam", none)
    tree = section(tree_of(report_page(two).html), "mistakes")
    assert "There are no heat maps: Flat has no nn.Conv" in tree.text
    assert all(len(figure.every("img")) == 1 for figure in tree.every("figure"))


def test_many_classes_are_listed_by_their_worst(two):
    """Of forty classes the confused pairs stand there, and the others in what can be opened."""
    names = tuple(f"class {i}" for i in range(40))
    labels = np.arange(10, dtype=np.int32) % 2
    many = Judged(**vars(dataclasses.replace(two, class_names=names)))
    probabilities = np.full((10, 40), 0.01, np.float32)
    probabilities[:, 1] = 0.61
    many.__dict__["evaluation"] = Evaluation(
        names, two.dataset.valid.sources, labels, probabilities
    )
    tree = tree_of(report_page(many).html)
    pairs = section(tree, "confusion").one("table").rows()[1:]
    assert pairs == [["class 0", "class 1", "5", "100.0%"]]
    worst, everything = section(tree, "classes").every("table")
    assert [row[0] for row in worst.rows()[1:]] == [
        "class 0", "class 1", "mean", "mean weighted by images"
    ]  # fmt: skip
    assert len(everything.rows()) == 41
    assert "Among the five most probable classes: 100.0%" in tree.one("main").text
