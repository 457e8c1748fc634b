"""`augjax preview`: a grid or an animation of any pipeline on any images."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

import augjax as aj
from augjax.commands import preview as module
from augjax.commands.flags import Preview
from augjax.commands.preview import main
from augjax.data import load_image_folder
from augjax.errors import InputError
from augjax.runs.epochs import epochs_of
from tests.helpers import write_image_folder

BRIGHTER = aj.Sequential([aj.RandomBrightness(0.4)])


@pytest.fixture
def root(tmp_path):
    return write_image_folder(tmp_path / "data")


@pytest.fixture
def pipelines(tmp_path):
    def saved(pipeline):
        (tmp_path / "p.json").write_text(json.dumps(aj.to_dict(pipeline)))
        return str(tmp_path / "p.json")

    return saved


def test_the_draws_are_those_of_training(root):
    train = load_image_folder(root, image_size=16).train
    before, *after = epochs_of(BRIGHTER, train.image(6), "Truck/2.png", seed=3, epochs=2)
    np.testing.assert_array_equal(before, train.image(6))
    key = aj.stream(aj.key(3), "augment")
    for epoch, picture in enumerate(after, start=1):
        seen = BRIGHTER.batch(key, train.image(6)[None], train.ids[[6]], epoch=epoch)[0]
        np.testing.assert_array_equal(picture, np.round(255 * np.asarray(seen)).astype(np.uint8))
    assert (after[0] != after[1]).any()


def test_a_grid(root, tmp_path, pipelines, capsys):
    out = tmp_path / "p.png"
    flags = Preview(
        str(root), pipeline=pipelines(BRIGHTER), out=out, images=2, epochs=3, image_size=16, seed=3
    )
    assert main(flags) == 0 and capsys.readouterr().out == f"Wrote {out}\n"
    train = load_image_folder(root, image_size=16).train
    with Image.open(out) as image:
        pixels = np.asarray(image)
    assert pixels.shape[1] == 8 + 4 * 128 + 3 * 4 + 8
    for row, (index, id) in enumerate(((0, "Car/0.png"), (4, "Truck/0.png"))):
        pictures = epochs_of(BRIGHTER, train.image(index), id, seed=3, epochs=3)
        for column, picture in enumerate(pictures):
            top = pixels.shape[0] - 8 - (2 - row) * (20 + 128 + 8) + 20 + 8
            cell = pixels[top:, 8 + column * 132 :][:128, :128]
            np.testing.assert_array_equal(cell[4::8, 4::8], picture)


def test_an_animation(root, tmp_path, pipelines):
    out = tmp_path / "p.gif"
    main(Preview(str(root), pipeline=pipelines(BRIGHTER), out=out, images=1, image_size=16))
    with Image.open(out) as image:
        assert image.info["loop"] == 0
        whole = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
    assert len(whole) == 5
    frames = [frame[-8 - 240 :, 8:].astype(int) for frame in whole]
    assert whole[0].shape[1] == 8 + 240 + 4 + 240 + 8, "no blank column"
    pictures = epochs_of(
        BRIGHTER, load_image_folder(root, image_size=16).train.image(0), "Car/0.png",
        seed=0, epochs=5,
    )  # fmt: skip
    for frame, picture in zip(frames, pictures[1:], strict=True):
        for left, expected in ((0, pictures[0]), (244, picture)):
            shown = frame[:240, left : left + 240][7::15, 7::15]
            assert np.abs(shown - expected).mean() < 10, "but for 256 colours"


def test_the_name_of_the_file(root, tmp_path, monkeypatch, pipelines):
    monkeypatch.chdir(tmp_path)
    common = {"pipeline": pipelines(aj.Sequential([])), "image_size": 16, "images": 1}
    main(Preview(str(root), **common))
    main(Preview(str(root), gif=True, **common))
    with Image.open("preview.png") as png, Image.open("preview.gif") as gif:
        assert (png.format, gif.format) == ("PNG", "GIF")


@pytest.mark.parametrize(
    ("pipeline", "shape"),
    [
        (aj.Sequential([aj.Normalize(0.5, 0.1)]), (16, 16)),
        (aj.Sequential([aj.Resize(24, 8)]), (24, 8)),
        (aj.Sequential([aj.RandomBrightness(0.2)], value_range=(0, 255)), (16, 16)),
    ],
    ids=["beyond the range", "another size", "another range"],
)
def test_pipelines_that_a_run_would_refuse(root, pipeline, shape):
    image = load_image_folder(root, image_size=16).train.image(0)
    _, seen = epochs_of(pipeline, image, "Car/0.png", seed=0, epochs=1)
    assert seen.dtype == np.uint8 and seen.shape == (*shape, 3) and np.ptp(seen) > 20
    if isinstance(pipeline.children[0], aj.Normalize):
        assert (seen.min(), seen.max()) == (0, 255)


def test_images_and_files_of_any_name(tmp_path, pipelines, capsys):
    (tmp_path / "any/deep").mkdir(parents=True)
    names = ("a\nb", "\N{AUTOMOBILE}", "<script>", "=cmd", os.fsdecode(b"\xff"), "$x$")
    for name in names:
        Image.new("RGB", (8, 8)).save(tmp_path / "any/deep" / f"{name}.png")
    (tmp_path / "any/\x1b[31m.jpg").write_bytes(b"text")
    flags = {"pipeline": pipelines(aj.Sequential([])), "image_size": 16, "images": 10}
    main(Preview(str(tmp_path / "any"), out=tmp_path / "x\n.png", epochs=1, **flags))
    out, err = capsys.readouterr()
    assert out == f"Wrote {tmp_path}/x\\n.png\n"
    assert err.splitlines()[-1] == f"Skipped {tmp_path}/any/\\x1b[31m.jpg (text, not an image)"
    with Image.open(tmp_path / "x\n.png") as image:
        assert image.height > 6 * 128


def test_images_of_a_table_are_shown_with_their_class(root, tmp_path, monkeypatch, pipelines):
    (root / "t.csv").write_text("path,label\ntrain/Car/1.png,Car\nvalid/Car/1.png,other\n")
    drawn = []
    monkeypatch.setattr(module, "save_rows", lambda rows, title, path: drawn.extend(rows))
    common = {"pipeline": pipelines(aj.Sequential([])), "image_size": 16}
    main(Preview(str(root / "t.csv"), out=tmp_path / "x.png", **common))
    assert drawn == ["train/Car/1.png", "valid/Car/1.png (other)"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"images": 0}, "--images 0: expected 1 to 20"),
        ({"images": 21}, "--images 21: expected 1 to 20"),
        ({"epochs": 21}, "--epochs 21: expected 1 to 20"),
        ({"epochs": 101, "gif": True}, "--epochs 101: expected 1 to 100"),
        ({"image_size": 8}, "--image-size 8: expected at least 16"),
        ({"image_size": 1025}, "--image-size 1025: expected 1 to 1024"),
        ({"seed": -1}, "--seed -1: expected from 0"),
        ({"augment_strength": float("nan")}, "--augment-strength nan: expected a number"),
        ({"out": "x.jpg"}, "--out x.jpg: expected a name that ends in .png or .gif"),
        ({"out": "x.png", "gif": True}, "--gif --out x.png: expected a name that ends in .gif"),
        ({"out": "data/x.png"}, "--out data/x.png lies inside data, where nothing is written"),
        ({"out": "link.png"}, "--out link.png: a link, through which nothing is written"),
        ({"out": "none/x.png"}, "--out none/x.png: there is no folder none"),
        ({"out": "folder.png"}, "--out folder.png: a folder; expected a file"),
        ({"pipeline": "hevy"}, "--pipeline hevy: no such file, nor a preset"),
        ({"pipeline": "mix.json"}, "--pipeline mix.json: CutMix mixes batches; --mix of a run"),
        ({"pipeline": "huge.json"}, "--pipeline huge.json makes images of 9000x9000 pixels"),
        ({"pipeline": "crop.json"}, "--pipeline crop.json: RandomCrop"),
        ({"data": "none"}, "none: no such folder"),
        ({"data": "folder.png"}, "folder.png: none of its 0 images can be used"),
        ({"data": "tfds:mnist"}, "augjax preview tfds:mnist: only folders and tables"),
    ],
)  # fmt: skip
def test_what_is_refused_in_one_line(root, tmp_path, monkeypatch, flags, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.png").symlink_to(root / "train/Car/0.png")
    (tmp_path / "folder.png").mkdir()
    for name, step in (
        ("mix", {"transform": "CutMix"}),
        ("huge", {"transform": "Resize", "height": 9000, "width": 9000}),
        ("crop", {"transform": "RandomCrop", "height": 900, "width": 900}),
    ):
        (tmp_path / f"{name}.json").write_text(json.dumps(step))
    before = sorted(tmp_path.rglob("*"))
    given = {"data": "data", **flags}
    if "out" in given:
        given["out"] = Path(given["out"])
    with pytest.raises(InputError) as error:
        main(Preview(**given))
    assert str(error.value).startswith(words) and "\n" not in str(error.value)
    assert sorted(tmp_path.rglob("*")) == before
