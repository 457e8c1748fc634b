"""Odd values for every argument of the public names, and NumPy's and JAX's forms of plain ones.

A program, run by test_arguments.py: in a test, the type checker would answer first. It prints a
line for each answer that is not as it should be, and counts at last.
"""

import dataclasses
import json
import math
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import augjax as aj
from augjax.transforms.catalog import examples, mix_examples
from augjax.transforms.core.configured import arguments
from augjax.transforms.mixing.trial import trial

ODD = [None, True, "1", math.nan, math.inf, -1, 10**30, [], object()]
OTHERS = re.compile(
    "unsupported operand|not supported between|object is not|has no (attribute|len)|iterable|"
    "argument must be|must be real|convert|invalid literal|too large|[Oo]verflow|unhashable|"
    "subscriptable|indices must|concatenate|not a valid"
)
"""Python's own messages, NumPy's and JAX's."""
KEY, SHAPE = aj.key(0), (4, 4, 3)
IMAGE = np.zeros(SHAPE, np.float32)
LABELS, IDS = np.zeros(1, np.float32), np.zeros(1, np.uint32)
ALL: dict[str, Any] = {**examples(), **mix_examples()}


def is_said(error: Exception, *words: str) -> bool:
    """Whether an error is a sentence of ours that has all words."""
    text = str(error)
    ours = isinstance(error, ValueError | TypeError) and not OTHERS.search(text)
    return ours and "\n" not in text and all(word.lower() in text.lower() for word in words)


def abstract(one: Any) -> None:
    """Traces it on small images."""
    large = jnp.zeros((2, 40, 40, 3))
    if isinstance(one, aj.Mix):
        labels = jnp.zeros(2, jnp.int32 if one.num_classes else jnp.float32)
        one = one if one.instance_masks else dataclasses.replace(one, boxes="xyxy")
        jax.eval_shape(lambda *data: one.batch(KEY, trial(one, *data)), large, labels)
    else:
        jax.eval_shape(lambda image: one(KEY, image), large[0])


def constructors() -> Iterator[str]:
    """Each of ODD for each argument of each class."""
    refused = accepted = 0
    for kind, example in ALL.items():
        for field in dataclasses.fields(example):
            for value in ODD:
                where = f"{kind}({field.name}={value!r})"
                try:
                    one = dataclasses.replace(example, **{field.name: value})
                except Exception as error:
                    refused += 1
                    if not is_said(error, kind, field.name):
                        yield f"{where}: {error!r}"
                    continue
                accepted += 1
                if aj.from_dict(json.loads(json.dumps(aj.to_dict(one)))) != one:
                    yield f"{where}: is another in JSON"
                if isinstance(value, bool) and not isinstance(getattr(example, field.name), bool):
                    yield f"{where}: accepted"
                if field.name != "name":
                    abstract(one)
    yield f"{refused} refused, {accepted} accepted"


def forms(value: Any) -> Iterator[Any]:
    """The same numbers as NumPy, JAX and lists have them."""
    if isinstance(value, tuple):
        yield list(value)
        yield [np.asarray(item)[()] for item in value]
    array = np.asarray(value)
    yield array
    yield array[()]
    on_device = jnp.asarray(value)
    if (np.asarray(on_device, np.float64) == array).all():  # Not of 0.1 and the like.
        yield on_device
        yield array.astype(on_device.dtype)


def is_numbers(value: Any) -> bool:
    """Whether an argument is a number or a tuple of them."""
    items = value if isinstance(value, tuple) else (value,)
    return bool(items) and all(isinstance(item, int | float) for item in items)


def other_forms() -> Iterator[str]:
    """NumPy's and JAX's forms of every argument that is a number or a few."""
    color = (0.25, 0.5, 0.75)
    more = [
        aj.RandomRotation((-0.25, 0.5), fill_mode="constant", fill_value=color),
        aj.TrivialAugmentWide(fill_value=color),
        aj.RandomErasing((0.25, 0.5), value=color),
        aj.RandomChannelDrop(fill_value=color),
        aj.Normalize(color, color),
        aj.Pad((1, 2, 3, 4)),
        aj.RandomAffine(5, (0.5, 0.25), (0.5, 2.0), (-8, 8, -4, 4)),
        aj.RandomChoice([aj.RandomFlip(), aj.RandomRot90()], (1.0, 3.0)),
        aj.RandomMixChoice([aj.MixUp(), aj.CutMix()], (1, 3), num_classes=3, label_smoothing=0.5),
        aj.Sequential([], value_range=(0.0, 255.0), mask_fill=255),
    ]
    tried = 0
    for plain in [*ALL.values(), *more]:
        for name in [field.name for field in dataclasses.fields(plain)]:
            value = getattr(plain, name)
            for form in forms(value) if is_numbers(value) else ():
                tried += 1
                one = dataclasses.replace(plain, **{name: form})
                same = one == plain and hash(one) == hash(plain) and repr(one) == repr(plain)
                if not same or json.dumps(aj.to_dict(one)) != json.dumps(aj.to_dict(plain)):
                    yield f"{one!r} of {form!r} is not {plain!r}"
                if name in arguments(one) and not is_numbers(getattr(one, name)):
                    yield f"{one!r}.{name} is a {type(getattr(one, name))}"
    if repr(aj.RandomGrayscale(p=jnp.bfloat16(0.25))) != "RandomGrayscale(p=0.25)":
        yield "bfloat16"
    yield f"{tried} forms"


def calls() -> Iterator[str]:
    """Each of ODD for the arguments of methods and functions; `word` is in the message."""
    t, m = aj.RandomRotation(0.1), aj.MixUp()
    b = aj.Sequential([t], boxes="xyxy")
    drawn, mixed = t.sample(KEY, SHAPE), m.sample(KEY, IDS, SHAPE)

    def predict(images):
        return images.mean((1, 2, 3))

    def replay(**given):
        at = {"seed": 0, "epoch": 1, "id": 0, "image": IMAGE}
        return aj.replay(given.pop("pipeline", t), **{**at, **given})

    table: list[tuple[str, Callable[[Any], Any]]] = [
        ("key", lambda v: t(v, IMAGE)),
        ("image", lambda v: t(KEY, v)),
        ("strength", lambda v: t(KEY, IMAGE, strength=v)),
        ("key", lambda v: t.sample(v, SHAPE)),
        ("shape", lambda v: t.sample(KEY, v)),
        ("strength", lambda v: t.sample(KEY, SHAPE, strength=v)),
        ("params", lambda v: t.apply(v, IMAGE)),
        ("params", lambda v: b.apply(v, IMAGE)),
        ("image", lambda v: t.apply(drawn, v)),
        ("key", lambda v: t.batch(v, IMAGE[None], IDS)),
        ("image", lambda v: t.batch(KEY, v, IDS)),
        ("ids", lambda v: t.batch(KEY, IMAGE[None], v)),
        ("epoch", lambda v: t.batch(KEY, IMAGE[None], IDS, epoch=v)),
        ("strength", lambda v: t.batch(KEY, IMAGE[None], IDS, strength=v)),
        ("params", lambda v: t.valid(v, SHAPE)),
        ("shape", lambda v: t.valid(drawn, v)),
        ("params", lambda v: t.invert(v, IMAGE, SHAPE)),
        ("image", lambda v: t.invert(drawn, v, SHAPE)),
        ("shape", lambda v: t.invert(drawn, IMAGE, v)),
        ("shape", lambda v: t.plan(v)),
        ("image", lambda v: b(KEY, {"image": v})),
        ("mask", lambda v: b(KEY, {"image": IMAGE, "mask": v})),
        ("boxes", lambda v: b(KEY, {"image": IMAGE, "boxes": v})),
        ("keypoints", lambda v: b(KEY, {"image": IMAGE, "keypoints": v})),
        ("boxes_v", lambda v: b(KEY, {"image": IMAGE, "boxes": [], "boxes_visible": v})),
        ("points_v", lambda v: b(KEY, {"image": IMAGE, "keypoints": [], "keypoints_visible": v})),
        ("mask", lambda v: b.batch(KEY, {"image": IMAGE[None], "mask": v})),
        ("boxes", lambda v: b.batch(KEY, {"image": IMAGE[None], "boxes": v})),
        ("label", lambda v: b.batch(KEY, {"image": IMAGE[None], "label": v})),
        ("key", lambda v: m.batch(v, IMAGE[None], LABELS, IDS)),
        ("images", lambda v: m.batch(KEY, v, LABELS, IDS)),
        ("labels", lambda v: m.batch(KEY, IMAGE[None], v, IDS)),
        ("ids", lambda v: m.batch(KEY, IMAGE[None], LABELS, v)),
        ("epoch", lambda v: m.batch(KEY, IMAGE[None], LABELS, IDS, epoch=v)),
        ("strength", lambda v: m.batch(KEY, IMAGE[None], LABELS, IDS, strength=v)),
        ("mask", lambda v: m.batch(KEY, IMAGE[None], LABELS, IDS, mask=v)),
        ("ids", lambda v: m.sample(KEY, v, SHAPE)),
        ("shape", lambda v: m.sample(KEY, IDS, v)),
        ("params", lambda v: m.apply(v, IMAGE[None], LABELS)),
        ("images", lambda v: m.apply(mixed, v, LABELS)),
        ("labels", lambda v: m.apply(mixed, IMAGE[None], v)),
        ("dict", lambda v: aj.from_dict(v)),
        ("transform", lambda v: aj.from_dict({"transform": v})),
        ("transform", lambda v: aj.to_dict(v)),
        ("seed", lambda v: aj.key(v)),
        ("key", lambda v: aj.stream(v, "a")),
        ("name", lambda v: aj.stream(KEY, v)),
        ("key", lambda v: aj.image_key(v, 0, IDS[0])),
        ("epoch", lambda v: aj.image_key(KEY, v, IDS[0])),
        ("image_id", lambda v: aj.image_key(KEY, 0, v)),
        ("paths", lambda v: aj.image_ids(v)),
        ("preset", lambda v: aj.preset(v)),
        ("image_size", lambda v: aj.preset("light", image_size=v)),
        ("transform", lambda v: replay(pipeline=v)),
        ("seed", lambda v: replay(seed=v)),
        ("epoch", lambda v: replay(epoch=v)),
        ("id", lambda v: replay(id=v)),
        ("image", lambda v: replay(image=v)),
        ("stream", lambda v: replay(stream=v)),
        ("strength", lambda v: replay(strength=v)),
        ("function", lambda v: aj.tta(v, t, 2)),
        ("transform", lambda v: aj.tta(predict, v, 2)),
        ("k=", lambda v: aj.tta(predict, t, v)),
        ("dense", lambda v: aj.tta(predict, t, 2, dense=v)),
        ("strength", lambda v: aj.tta(predict, t, 2)(KEY, IMAGE[None], IDS, strength=v)),
        ("pipeline", lambda v: aj.show(v, IMAGE)),
        ("image", lambda v: aj.show(t, v)),
    ]  # fmt: skip
    refused = 0
    for place, (word, call) in enumerate(table):
        for value in ODD:
            try:
                call(value)
            except Exception as error:
                refused += 1
                if not is_said(error, word):
                    yield f"{place}. {word} {value!r}: {error!r}"
    yield f"{refused} of {len(table) * len(ODD)} refused"


if __name__ == "__main__":
    for line in {"constructors": constructors, "forms": other_forms, "calls": calls}[sys.argv[1]]():
        print(line)
