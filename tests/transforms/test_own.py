"""A user's transform of ten lines, of each kind, does what augjax's own do."""

import functools
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms import registry
from augjax.transforms.promises import broken_promises
from tests.helpers import noise, quick_jit
from tests.transforms.examples import assert_same_bits, row
from tests.transforms.own import (
    BREAK_A_PROMISE,
    KINDS,
    HalfAndHalf,
    LooksAround,
    RandomEmboss,
    RandomRipple,
    RandomSepia,
    RandomStretch,
)

EACH = pytest.mark.parametrize("own", KINDS, ids=lambda t: type(t).__name__)
KEY = aj.stream(aj.key(0), "augment")
COUNT, SIZE = 8, 48
IMAGES, IDS = noise(COUNT, SIZE, SIZE, 3), np.arange(COUNT, dtype=np.uint32)
POINT = np.array([30, 16], np.float32)
X, Y = np.meshgrid(np.arange(SIZE), np.arange(SIZE))
DISC = ((X - POINT[0]) ** 2 + (Y - POINT[1]) ** 2 < 5**2).astype(np.int32)
BOX = np.array([25, 11, 36, 22], np.float32)
EXAMPLES = {
    "image": IMAGES,
    "mask": np.tile(DISC, (COUNT, 1, 1)),
    "boxes": np.tile(BOX, (COUNT, 1, 1)),
    "keypoints": np.tile(POINT, (COUNT, 1, 1)),
}


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {})
    for own in (*KINDS, HalfAndHalf()):
        aj.register(type(own))


def pipeline(own):
    return aj.Sequential([own], boxes="xyxy")


@functools.cache
def done(own):
    """The draws of a batch of examples, and what became of them, by one compiled program."""

    @quick_jit
    def run(examples, ids):
        def draw(image_id):
            return own.sample(aj.image_key(KEY, 1, image_id), IMAGES.shape[1:])

        return jax.vmap(draw)(ids), pipeline(own).batch(KEY, examples, ids, epoch=1)

    return jax.tree.map(np.asarray, run(EXAMPLES, IDS))


def test_all_kinds_find_their_place_in_a_plan():
    sepia, stretch, ripple, emboss = KINDS
    both = [aj.RandomRotation(0.1), sepia, stretch, aj.RandomZoom(0.1), ripple, emboss]
    plan = aj.Sequential(both).plan((16, 16, 3))
    assert [group.transforms for group in plan.groups] == [
        ("RandomRotation", "RandomSepia", "RandomStretch", "RandomZoom"),
        ("RandomRipple",),
        ("RandomEmboss (or not)",),
    ]
    assert plan.resamples == 2


def test_two_stretches_are_one_resample():
    twice = aj.Sequential([RandomStretch(0.5), RandomStretch(0.5, name="again")])
    draws = {"RandomStretch": {"width": 0.25}, "again": {"width": 0.2}}
    once = RandomStretch(0.5).apply({"width": 0.5}, IMAGES[0])
    np.testing.assert_allclose(twice.apply(draws, IMAGES[0]), once, atol=2e-5)
    apart = aj.Sequential(twice.transforms, fuse=False).apply(draws, IMAGES[0])
    assert np.abs(apart - once).max() > 0.01


@EACH
def test_pixels_follow_from_the_draws(own):
    draws, became = done(own)
    for i in (0, 3):
        key = aj.image_key(KEY, 1, jnp.asarray(IDS[i]))
        assert_same_bits(own.sample(key, IMAGES.shape[1:]), row(draws, i))
        np.testing.assert_allclose(own(key, IMAGES[i]), became["image"][i], atol=2e-5)
    changed = np.abs(became["image"] - IMAGES).max((1, 2, 3)) > 0.01
    assert changed.all() if own is not KINDS[3] else (changed == draws["on"]).all()


@EACH
def test_targets_move_with_the_pixels(own):
    _, became = done(own)
    if isinstance(own, RandomSepia | RandomEmboss):
        for target in ("mask", "boxes", "keypoints"):
            np.testing.assert_array_equal(became[target], EXAMPLES[target])
        return
    shift = []
    moved = [became[target] for target in ("mask", "boxes", "keypoints")]
    for mask, (box,), (point,) in zip(*moved, strict=True):
        centre = [np.average(axis, weights=mask) for axis in (X, Y)]
        np.testing.assert_allclose(point, centre, atol=0.7)
        seen = np.argwhere(mask)[:, ::-1]
        assert (box[:2] <= seen.min(0) + 1).all() and (seen.max(0) <= box[2:]).all()
        shift.append(abs(point[0] - POINT[0]))
    assert max(shift) > 1


@EACH
def test_is_replayed(own):
    _, became = done(own)
    again = aj.replay(own, seed=0, epoch=1, id=5, image=IMAGES[5])
    np.testing.assert_allclose(again, became["image"][5], atol=2e-5)


@EACH
def test_strength_0_changes_nothing(own):
    same = own.batch(KEY, IMAGES, IDS, strength=0.0)
    np.testing.assert_allclose(same, IMAGES, atol=2e-6)


@EACH
def test_comes_back_from_json(own):
    whole = aj.Sequential([aj.RandomApply([own], p=0.25)])
    assert aj.from_dict(json.loads(json.dumps(aj.to_dict(whole)))) == whole
    assert aj.to_dict(own)["transform"] == type(own).__name__


@EACH
def test_arguments_are_checked(own):
    with pytest.raises(TypeError, match="has no argument 'wrong'"):
        type(own)(wrong=1)
    if not isinstance(own, RandomEmboss):
        with pytest.raises(ValueError, match="expected"):
            type(own)(99.0)


def test_a_mix_is_mixed_and_comes_back():
    mix = HalfAndHalf(p=1.0)
    assert aj.from_dict(aj.to_dict(mix)) == mix
    given = (IDS % 2).astype(np.float32)
    images, labels = mix.batch(KEY, IMAGES, given, IDS)
    partner = mix.sample(KEY, IDS, IMAGES.shape[1:])["partner"]
    np.testing.assert_array_equal(images[:, :, -1], IMAGES[:, :, -1])
    assert (np.asarray(images)[0, :, 0] == IMAGES[partner[0], :, 0]).all()
    assert 0 < jnp.max(jnp.abs(labels - given)) <= 0.5


def test_one_is_certified():
    found = aj.certify(RandomSepia(0.5), batches=(7,), devices=(), settings=())
    assert found.ok, found
    assert "batches of 7" in found.circumstances and "another order" in found.circumstances


@pytest.mark.long
@pytest.mark.parametrize("own", [*KINDS, HalfAndHalf(), aj.Sequential(KINDS)], ids=repr)
def test_is_certified_in_every_way(own):
    found = aj.certify(own)
    assert found.ok, found
    assert {"8 devices", "jax_enable_x64"} <= set(found.circumstances)


@pytest.mark.parametrize("own", BREAK_A_PROMISE, ids=lambda t: type(t).__name__)
def test_a_broken_promise_is_found(own):
    first = broken_promises(own, (21, 34, 3))[0]
    assert first.startswith(BREAK_A_PROMISE[own])
    assert broken_promises(aj.Sequential([aj.RandomFlip(), own]), (21, 34, 3)) == (first,)


@EACH
def test_no_promise_is_broken(own):
    assert broken_promises(own, (21, 34, 3)) == ()


def test_what_breaks_a_promise_is_not_certified():
    found = aj.certify(LooksAround(0.5), batches=(), devices=(), settings=())
    assert not found.ok and not found.differing_draws
    assert str(found).startswith("not certified: LooksAround(0.5)\n  draws have the same bits\n")
    assert "\n  broken: LooksAround is Pointwise, but" in str(found)


def test_a_ripple_s_arguments_are_plain():
    assert repr(RandomRipple(np.float64(1.5))) == "RandomRipple(1.5)"
