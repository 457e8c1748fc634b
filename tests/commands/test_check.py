"""`augjax check`: what it says, its exit codes, and what it refuses to write."""

import json
import os
import re
import shutil

import pytest
from PIL import Image

from augjax.commands.check import main
from augjax.commands.flags import Check
from augjax.data import load_dataset
from augjax.errors import InputError, RunError
from tests.corpora import folder_zoo, table_zoo
from tests.helpers import run_python, write_image_folder

ODD = ("a\nb", "\N{AUTOMOBILE}", "<script>alert(1)<", "=cmd|' C'!A0", os.fsdecode(b"\xff"))


@pytest.fixture
def root(tmp_path):
    return write_image_folder(tmp_path / "data", per_class=2)


@pytest.fixture
def check(capsys, tmp_path):
    """The exit code and the lines on the screen, or what --json prints."""

    def run(data, **flags):
        code = main(Check(str(data), out=tmp_path / "out", **flags))
        out = capsys.readouterr().out
        return code, json.loads(out) if flags.get("json") else out.splitlines()

    return run


def test_good_data(root, check, tmp_path):
    Image.new("RGB", (30, 10)).save(root / "train/Car/wide.png")
    code, lines = check(root)
    assert code == 0 and lines[-1] == f"Ready to train: augjax train {root}"
    assert [line.split() for line in lines[:4]] == [
        ["class", "train", "valid"], ["Car", "3", "2"], ["Truck", "2", "2"],
        ["2", "classes", "5", "4"],
    ]  # fmt: skip
    assert re.split("  +", lines[5]) == [
        "width x height", "smallest (by area)", "median width x height", "largest (by area)",
        "not square",
    ]  # fmt: skip
    assert lines[6].split() == ["train", "30", "x", "10", "20", "x", "20", "20", "x", "20", "1"]
    assert "Car has 1.5 times the images of Truck." in lines[9] and "Fewer than 10" in lines[9]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "train-Car.png", "train-Truck.png", "valid-Car.png", "valid-Truck.png"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("copies", "verdict"),
    [
        ([], "Ready to train: "),
        ([("train/Car", "valid/Car")], "but 1 validation image is trained on too (named above): "),
        ([("train/Car", "train/Truck")], "but 1 picture is in several classes (named above): "),
        (
            [("train/Car", "train/Truck"), ("train/Truck", "valid/Truck")],
            "but 2 pictures are in several classes and 2 validation images are trained on too",
        ),
    ],
)
def test_the_last_line_names_what_is_doubtful(root, check, copies, verdict):
    for number, (source, target) in enumerate(copies):
        shutil.copy(root / source / f"{number}.png", root / target / f"copy{number}.png")
        if number:
            shutil.copy(root / "train/Car/0.png", root / "valid/Car/again.png")
    if len(copies) == 2:
        shutil.copy(root / "train/Truck/1.png", root / "train/Car/other.png")
    code, lines = check(root, sheets=False)
    assert code == 0 and verdict in lines[-1]
    assert lines[-1].endswith(f": augjax train {root} --image-size 20")
    assert lines[-1].startswith("Can be trained on, " if copies else "Ready")


def test_what_the_proposed_split_makes_is_foretold(tmp_path, check):
    data, files = tmp_path / "data", {}
    for name, numbers in (("many", range(30)), ("few", (1, 2))):  # Of which none is validated on.
        (data / name).mkdir(parents=True)
        for n in numbers:
            files[data / name / f"{n}.png"] = n % 15
    for path, grey in files.items():
        blue = 200 * (path.parent.name == "few")
        Image.new("RGB", (40, 40), (grey, grey, blue)).save(path)
    code, lines = check(data, sheets=False)
    read = load_dataset(data, image_size=8, valid_fraction=0.2)
    assert read.report is not None and read.report.leaks
    count = len(read.report.leaks)
    assert "--valid-fraction 0.2 leaves no validation image of few." in lines
    assert any("Classes without an image in valid: few." in note for note in read.notes)
    assert code == 0 and lines[-1] == (
        f"Can be trained on, but {count} validation images would be trained on too (named above): "
        f"augjax train {data} --valid-fraction 0.2 --image-size 40"
    )


def test_of_many_copies_the_first_are_named(root, check):
    for number in range(20):
        shutil.copy(root / "train/Car/0.png", root / f"train/Car/copy{number}.png")
    _, lines = check(root, sheets=False)
    (line,) = (line for line in lines if "copy" in line)
    assert line.count(" = ") == 6 and line.endswith(" = 15 more")


def test_all_bad_rows_of_a_table_are_named_at_once(root, check):
    (root / "t.csv").write_text("path,label\nnope.png,a\ntrain/Car/0.png,\nnope2.png,b\n")
    with pytest.raises(InputError, match="cannot use 3 of 3 rows") as error:
        check(root / "t.csv")
    assert error.value.details == (
        "line 2: nope.png: no such file", "line 3: it has no label",
        "line 4: nope2.png: no such file",
    )  # fmt: skip
    rows = [f"train/{c}/{n}.png,{c}" for c in ("Car", "Truck") for n in range(2)]
    (root / "t.csv").write_text("\n".join(["path,label", "nope.png,Car", *rows]))
    code, lines = check(root / "t.csv", sheets=False)
    assert "(valid)" not in lines[-1] and code in (2, 3)


def test_everything_wrong_is_on_the_screen_and_in_the_json(root, check):
    (root / "train/Car/bad\n.jpg").write_bytes(b"text")
    shutil.copy(root / "train/Car/0.png", root / "train/Truck/same.png")
    shutil.copy(root / "train/Car/1.png", root / "valid/Car/leak.png")
    (root / "train/notes.txt").touch()
    code, facts = check(root, json=True, sheets=False)
    assert code == facts["exit_code"] == 3 and facts["sheets"] == []
    assert facts["bad"] == [{"path": "train/Car/bad\n.jpg", "reason": "text, not an image"}]
    assert facts["leaks"] == [{"valid": "valid/Car/leak.png", "train": "train/Car/1.png"}]
    same, leak = facts["duplicates"]
    assert same == facts["duplicates_of_two_classes"][0]
    assert same == ["train/Car/0.png", "train/Truck/same.png"]
    assert leak == ["train/Car/1.png", "valid/Car/leak.png"]
    assert facts["splits"][0]["classes"] == {"Car": 2, "Truck": 3}
    assert facts["balance"]["ratio"] == 1.5 and facts["balance"]["few"] == {"Car": 2, "Truck": 3}
    code, lines = check(root, sheets=False)
    assert code == 3
    for line in (
        "Bad images, of 11 files: 1", r"  train/Car/bad\n.jpg (text, not an image)",
        "Leaks, trained on byte for byte: 1", "  valid/Car/leak.png = train/Car/1.png",
        "The same bytes in two classes: 1", "  train/Car/0.png = train/Truck/same.png",
        "Duplicates, groups of the same bytes: 2, named above", facts["verdict"],
    ):  # fmt: skip
        assert lines.count(line) == 1
    assert any(line.startswith("Skipped: .txt 1;") for line in lines)
    assert lines[-1] == (
        "1 bad image: repair or remove it, or leave it out, but 1 picture is in several classes "
        "and 1 validation image is trained on too (named above): "
        f"augjax train {root} --image-size 20 --on-bad-image skip"
    )
    load_dataset(root, image_size=8, on_bad_image="skip")
    (root / "train/Truck/same.png").unlink()
    (root / "valid/Car/leak.png").unlink()
    code, lines = check(root, sheets=False)
    assert (code, lines[-1]) == (
        3,
        "1 bad image: repair or remove it, or leave it out: "
        f"augjax train {root} --image-size 20 --on-bad-image skip",
    )


def test_classes_of_any_name(tmp_path, check):
    for number, name in enumerate(ODD):
        (tmp_path / "data" / name).mkdir(parents=True)
        for n in range(12):
            color = (40 * number, 20 * n, 0)
            Image.new("RGB", (8, 8), color).save(tmp_path / "data" / name / f"{n}.png")
    code, facts = check(tmp_path / "data", json=True)
    assert code == 0 and facts["verdict"].endswith("--valid-fraction 0.2")
    (split,) = facts["splits"]
    assert split["classes"] == dict.fromkeys(sorted(ODD), 12)
    assert sorted(sheet["class"] for sheet in facts["sheets"]) == sorted(ODD)
    assert all(os.path.getsize(sheet["file"]) for sheet in facts["sheets"])
    code, lines = check(tmp_path / "data")
    assert all(line.isprintable() for line in lines)
    assert {line.split()[0] for line in lines[1:6]} == {
        r"a\nb", "\N{AUTOMOBILE}", "<script>alert(1)<", "=cmd|'", r"\xff"
    }  # fmt: skip


def unusable(kind, root):
    match kind:
        case "one class":
            shutil.rmtree(root / "train/Car")
            shutil.rmtree(root / "valid/Car")
        case "classes that differ":
            (root / "valid/Car").rename(root / "valid/Bus")
        case "a class of bad images":
            for path in (root / "train/Car").iterdir():
                path.write_bytes(b"text")
        case "no valid":
            shutil.rmtree(root / "valid")
        case "too few to divide":
            shutil.rmtree(root / "valid")
            (root / "train").rename(root.parent / "train")
            shutil.rmtree(root)
            (root.parent / "train").rename(root)
            for name in ("Car", "Truck"):
                (root / name / "1.png").unlink()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("one class", "one class only (Truck)"),
        ("classes that differ", "Car, Truck against Bus, Truck"),
        ("a class of bad images", "train/Car: none of its images can be used; 2 bad images"),
        ("no valid", "found no folder valid"),
        ("too few to divide", "--valid-fraction 0.2 (split seed 0) leaves no"),
    ],
)
def test_what_cannot_be_trained_on(root, check, kind, words):
    unusable(kind, root)
    code, lines = check(root, sheets=False)
    assert code == 2 and lines[-1].startswith("Cannot be trained on: ") and words in lines[-1]
    fraction = None if (root / "train").exists() else 0.2
    with pytest.raises(InputError):
        load_dataset(root, image_size=8, valid_fraction=fraction, on_bad_image="skip")


def test_a_table_and_flags_that_train_needs_too(root, check):
    rows = ["path,label,split"]
    rows += [f"{s}/{c}/{n}.png,{c},{s}" for s in ("train", "valid") for c in ("Car", "Truck")
             for n in range(2)]  # fmt: skip
    (root / "t.csv").write_text("\n".join([*rows, "none.png,Car,train"]))
    code, lines = check(root / "t.csv", follow_links=True, max_pixels=10**6)
    assert code == 3 and "  none.png (no such file)" in lines
    assert lines[-1].endswith(
        f"augjax train {root}/t.csv --image-size 20 --follow-links --max-pixels 1000000 "
        "--on-bad-image skip"
    )


@pytest.mark.parametrize("data", ["none", "data/train/Car/0.png", "tfds:mnist"])
def test_what_is_no_data(root, tmp_path, monkeypatch, data):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError):
        main(Check(data))
    assert not (tmp_path / "check").exists()


def test_nothing_is_written_into_the_data_or_where_links_lead(root, tmp_path):
    outside = tmp_path / "outside"
    shutil.copytree(root / "train/Car", outside)
    (root / "train/Bus").symlink_to(outside)
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").touch()
    (root / "t.jsonl").write_text('{"path": "train/Car/0.png", "label": "a"}\n')
    for data, out, words in (
        (root, root / "check", "lies inside"),
        (root, root, "lies inside"),
        (root, tmp_path / "link/data/x", "lies inside"),
        (root, outside / "new", "where a link in"),
        (root, tmp_path / "link", "a link, through which nothing is written"),
        (root, tmp_path / "file", "is not a folder"),
        (root, tmp_path / "file/x", "is not a folder"),
        (root, tmp_path / "a\0b", "no file has such a name"),
        (root / "t.jsonl", root / "train/Car", "lies beside images of"),
    ):
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(InputError, match=words) as error:
            main(Check(str(data), out=out, follow_links=True))
        assert str(error.value).startswith("--out ") and str(error.value).isprintable()
        assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_is_one_line(root, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(RunError, match=r"cannot write .*train-Car\.png: No space left on device"):
        main(Check(str(root), out=tmp_path / "out"))
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.long
def test_the_process(root, tmp_path):
    (root / "train/Car/bad.jpg").write_bytes(b"text")
    done = run_python("-m", "augjax", "check", str(root), "--json", cwd=tmp_path)
    assert done.returncode == 3 and json.loads(done.stdout)["exit_code"] == 3
    assert done.stderr in ("", f"Checking the images of {root} ...\n")  # If it takes long.
    assert len(list((tmp_path / "check").iterdir())) == 4
    done = run_python("-m", "augjax", "check", "none", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "error: none: no such folder\n")


KINDS = {kind.name: kind for zoo in (folder_zoo, table_zoo) for kind in zoo.kinds()}


@pytest.mark.long
@pytest.mark.parametrize("name", KINDS)
def test_the_verdict_on_every_kind_of_folder_and_table_is_that_of_training(name, tmp_path, capsys):
    kind, root = KINDS[name], tmp_path / "beside/data"
    folder_zoo.usual_folder(root)
    kind.change(root)
    data = root / kind.table
    try:
        code = main(Check(str(data), sheets=False, follow_links=kind.follow_links))
        lines = capsys.readouterr().out.splitlines()
    except InputError as error:
        code, lines = 2, [str(error), *error.details]
    assert all(line.isprintable() for line in lines)
    unsplit = "--valid-fraction" in lines[-1]
    verdicts = []
    for on_bad_image in ("fail", "skip"):
        try:
            load_dataset(
                data, image_size=16, valid_fraction=0.2 if unsplit else None,
                on_bad_image=on_bad_image, follow_links=kind.follow_links,
            )  # fmt: skip
            verdicts.append(True)
        except InputError:
            verdicts.append(False)
    assert verdicts == {0: [True, True], 3: [False, True], 2: [False, False]}[code]
