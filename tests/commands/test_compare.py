"""augjax compare: groups, paired differences worked by hand, and what does not compare."""

import json
from pathlib import Path
from typing import Any

import pytest

from augjax.commands import compare
from augjax.commands.app import parsed
from augjax.errors import InputError
from augjax.runs.comparison import compare_runs
from augjax.runs.figures import overlaid

ACCURACY = "val_binary_accuracy"


def write_run(folder: Path, seed: int, accuracy: float, **settings: Any) -> Path:
    folder.mkdir(parents=True)
    row = {"epoch": 1, "val_loss": 1 - accuracy, ACCURACY: accuracy, "seconds": 1.0}
    summary = {**row, f"highest_{ACCURACY}": accuracy, "epochs": 1, "total_seconds": 60.0}
    config = {"seed": seed, "run_dir": str(folder), "mix": "none", **settings}
    record = {"class_names": ["a", "b"], "dataset_fingerprint": "f"}
    for name, value in {"config": config, "run": record, "summary": summary}.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    (folder / "history.jsonl").write_text(json.dumps(row) + "\n")
    return folder


@pytest.fixture
def six(tmp_path) -> list[Path]:
    """Three seeds of two kinds."""
    plain = [write_run(tmp_path / f"plain{s}", s, a) for s, a in enumerate((0.80, 0.82, 0.84))]
    mixed = [
        write_run(tmp_path / f"mixed{s}", s, a, mix="mixup")
        for s, a in enumerate((0.83, 0.83, 0.90))
    ]
    return [plain[1], mixed[0], plain[0], mixed[2], mixed[1], plain[2]]


def test_seeds_are_grouped_and_paired(six):
    comparison = compare_runs(six)
    plain, mixed = comparison.groups
    assert plain.values(ACCURACY) == [0.80, 0.82, 0.84]
    assert mixed.values(ACCURACY) == [0.83, 0.83, 0.90]
    assert comparison.settings == {"mix": ["none", "mixup"]}
    assert comparison.notes == ()
    # By hand: differences 0.03, 0.01, 0.06; mean 0.0333, deviation 0.02517; t(2) at 97.5 % 4.3027.
    difference = comparison.differences[0]
    assert (difference.column, difference.seeds) == (ACCURACY, (0, 1, 2))
    assert difference.mean == pytest.approx(0.1 / 3)
    assert difference.high - difference.mean == pytest.approx(
        4.30265 * 0.0251661 / 3**0.5, rel=1e-5
    )
    assert difference.low == pytest.approx(2 * difference.mean - difference.high)


def test_the_table_and_json_agree(six, tmp_path, capsys):
    out = str(tmp_path / "curves.png")
    assert compare.main(parsed(["compare", *map(str, six), "--out", out])) == 0
    shown = capsys.readouterr().out
    assert "0.8200 ± 0.0200" in shown and "0.8533 ± 0.0404" in shown
    assert "+0.0333 (95% interval -0.0292 to +0.0958, 3 seeds paired): no clear difference" in shown
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert compare.main(parsed(["compare", *map(str, six), "--out", out, "--json"])) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["groups"][1]["mean"][ACCURACY] == pytest.approx(2.56 / 3)


def test_runs_that_differ_in_the_seed_have_a_row_each(six, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_run(Path("long"), 3, 0.86)
    assert compare.main(parsed(["compare", "plain0", "plain1"])) == 0
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    rows = [[c for c in row if c not in "│±"] for row in shown if row[:1] == ["│"]]
    assert [row[:3] for row in rows[:2]] == [["plain0", "0", "0.8000"], ["plain1", "1", "0.8200"]]
    assert rows[2][:6] == ["mean", "of", "2", "seeds", "0.8100", "0.0141"]
    names = [compare_runs([Path(f"plain{s}") for s in range(n)]).groups[0].name for n in (2, 3)] + [
        compare_runs([*map(Path, ("plain0", "plain1", "plain2", "long"))]).groups[0].name
    ]
    assert names == [
        "plain0 and plain1 (seeds 0, 1)",
        "plain0, plain1 and plain2 (seeds 0, 1, 2)",
        "plain0 and 3 more (seeds 0, 1, 2, 3)",
    ]


def test_each_run_has_a_line_of_its_own(six):
    groups = [
        {run.folder.name: run.history for run in group.runs} for group in compare_runs(six).groups
    ]
    for shown in (groups, groups[:1]):
        figure = overlaid(shown, {ACCURACY: "Accuracy"})
        looks = {(line.get_color(), repr(line.get_linestyle())) for line in figure.axes[0].lines}
        legend = [text.get_text() for text in figure.legends[0].get_texts()]
        assert len(looks) == len(legend) == 3 * len(shown)
        assert legend == [name for group in shown for name in group]


@pytest.mark.parametrize(
    ("second", "verdict"),
    [((0.9, 0.91), "the first is higher"), ((0.5, 0.51), "the second is higher")],
)
def test_a_clear_difference_is_told_in_words(tmp_path, second, verdict):
    runs = [write_run(tmp_path / f"a{s}", s, a) for s, a in enumerate((0.7, 0.711))]
    runs += [write_run(tmp_path / f"b{s}", s, a, mix="mixup") for s, a in enumerate(second)]
    comparison = compare_runs(runs)
    assert comparison.differences[0].verdict == verdict
    assert comparison.as_json()["differences"][0]["verdict"] == verdict


def test_single_seeds_do_not_tell_which_is_better(six, tmp_path, capsys):
    out = ["--out", str(tmp_path / "c.png")]
    for runs, said in ((six[:2], True), (six[1:3], True), (six, False), (six[:3:2], False)):
        compare.main(parsed(["compare", *map(str, runs), *out]))
        assert ("Chance may explain any difference" in capsys.readouterr().out) == said


def test_other_data_is_noted(tmp_path):
    one, other = (write_run(tmp_path / n, 0, 0.5) for n in ("one", "other"))
    (other / "run.json").write_text('{"class_names": ["a", "b"], "dataset_fingerprint": "g"}')
    assert "other images" in compare_runs([one, other]).notes[0]
    assert len(compare_runs([one, other]).groups) == 2  # Of one seed: no mean of the two.


def test_no_seeds_are_advised_where_they_would_not_help(tmp_path, capsys):
    one, other = (write_run(tmp_path / n, 0, 0.5) for n in ("one", "other"))
    (other / "run.json").write_text('{"class_names": ["a", "b"], "dataset_fingerprint": "g"}')
    compare.main(parsed(["compare", str(one), str(other), "--out", str(tmp_path / "c.png")]))
    said = capsys.readouterr().out
    assert "The runs had other images" in said and "Chance may" not in said


@pytest.mark.parametrize(
    ("names", "differing"),
    [
        (["a", "c\n"], r"only the first has b, only the second has c\n"),
        (["a", "b", "c"], "only the second has c"),
        (["a"], "only the first has b"),
        (["b", "a"], None),
        ([1, 2], None),
        (None, None),
    ],
)
def test_runs_of_other_classes_are_refused(tmp_path, names, differing):
    one, other = (write_run(tmp_path / n, 0, 0.5) for n in ("one", "other"))
    (other / "run.json").write_text(json.dumps({"class_names": names}))
    if differing is None:
        assert "other images" in compare_runs([one, other]).notes[0]
        return
    with pytest.raises(InputError) as error:
        compare_runs([one, other])
    assert str(error.value) == (
        f"{one} and {other}: their classes differ: {differing}; compare runs of the same classes"
    )
    assert error.value.exit_code == 2


def test_nothing_is_written_into_the_data_of_a_run(tmp_path):
    (tmp_path / "data").mkdir()
    runs = [write_run(tmp_path / n, 0, 0.5, data=str(tmp_path / "data")) for n in ("one", "other")]
    for name in ("holiday.png", "../data/holiday.png"):
        out = str(tmp_path / "data" / name)
        with pytest.raises(InputError, match=r"lies inside .*data, where nothing is written"):
            compare.main(parsed(["compare", *map(str, runs), "--out", out]))
    assert not list((tmp_path / "data").iterdir())


@pytest.mark.parametrize(
    "harm", ["one", "twice", "unfinished", "no run", "kinds", "numbers", "giants"]
)
def test_what_cannot_be_compared_is_one_line(tmp_path, harm):
    one, other = (write_run(tmp_path / n, 0, 0.5) for n in ("one", "other"))
    runs = {"one": [one], "twice": [one, tmp_path / "other/../one"]}.get(harm, [one, other])
    if harm == "unfinished":
        (other / "summary.json").unlink()
    elif harm == "no run":
        (other / "config.json").unlink()
    elif harm == "kinds":
        text = (other / "summary.json").read_text().replace("binary_accuracy", "accuracy")
        (other / "summary.json").write_text(text)
    elif harm == "numbers":
        (other / "summary.json").write_text('{"val_accuracy": "high"}')
    elif harm == "giants":
        text = (other / "summary.json").read_text().replace("60.0", "1" + "0" * 400)
        (other / "summary.json").write_text(text)
    words = {
        "one": "two runs or more",
        "twice": "given twice",
        "unfinished": "has not ended",
        "no run": "there is no run",
        "kinds": "of one kind",
        "numbers": "not what a run has written",
        "giants": "not what a run has written",
    }[harm]
    with pytest.raises(InputError, match=words):
        compare_runs(runs)
