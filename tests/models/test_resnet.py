"""The residual network: its size, its stem, its start, its mask, and bfloat16."""

from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from augjax.models import NotebookCNN, ResNet
from augjax.runs.model_table import count_parameters
from tests.helpers import initialised, noise, quick_jit


def shapes(num_classes=2, size=32):
    model = ResNet(num_classes)
    image = jax.ShapeDtypeStruct((1, size, size, 3), jnp.float32)
    return jax.eval_shape(lambda x: model.init(jax.random.key(0), x, train=False), image)


def test_it_has_the_parameters_worked_by_hand():
    """Kernels of 3x3, the stem's 3 channels first, and 1x1 shortcuts; two a channel of BatchNorm;
    and the last layer.
    """
    convolutions = [(3, 32), *[(32, 32)] * 4, (32, 64), *[(64, 64)] * 3]
    convolutions += [(64, 128), *[(128, 128)] * 5, (128, 256), (256, 256)]
    shortcuts = [(32, 64), (64, 128), (128, 256)]
    assert len(convolutions) + 1 == 18
    by_hand = sum(9 * i * o + 2 * o for i, o in convolutions) + sum(
        i * o + 2 * o for i, o in shortcuts
    )
    for classes, last in ((2, 257), (10, 2_570), (1000, 257_000)):
        assert count_parameters(shapes(classes)["params"]) == by_hand + last
    assert by_hand + 257_000 == 2_166_792 <= 3_000_000


def test_weights_fit_every_size():
    assert shapes(size=16) == shapes(size=32) == shapes(size=100) == shapes(size=224)


@pytest.mark.parametrize(
    ("size", "first"), [(32, 32), (48, 48), (64, 32), (96, 48), (128, 32), (224, 56)]
)
def test_the_first_stage_works_on_maps_of_32_to_64_pixels(size, first):
    seen = []

    def note(call, args, kwargs, context):
        if type(context.module).__name__ == "ResidualBlock":
            seen.append(args[0].shape)
        return call(*args, **kwargs)

    with nn.intercept_methods(note):
        shapes(size=size)
    assert seen[0] == (1, first, first, 32)
    assert [shape[1] for shape in seen[1:]] == [first] * 2 + [first // 2] * 2 + [first // 4] * 3
    assert len(seen) == 8


def test_each_block_starts_as_the_identity():
    blocks = initialised(ResNet())["params"]
    for name, block in blocks.items():
        if name.startswith("ResidualBlock"):
            assert not np.any(block["BatchNorm_1"]["scale"])
            assert np.all(np.asarray(block["BatchNorm_0"]["scale"]) == 1)


@quick_jit
def trained(variables, images, mask):
    apply = partial(ResNet(3).apply, train=True, mutable=["batch_stats"])
    return apply(variables, images, mask=mask)


def test_masked_rows_change_nothing():
    variables, mask = initialised(ResNet(3)), np.arange(8) < 5
    # So that no block is the identity.
    params = jax.tree.map(lambda p: p + 0.1, variables["params"])
    variables = {**variables, "params": params}
    ones, noisy = (np.ones((3, 16, 16, 3), np.float32), noise(3, 16, 16, 3, seed=1))
    images = noise(5, 16, 16, 3)
    logits, stats = trained(variables, np.concatenate([images, ones]), mask)
    others, other_stats = trained(variables, np.concatenate([images, noisy]), mask)
    np.testing.assert_array_equal(logits[:5], others[:5])
    jax.tree.map(np.testing.assert_array_equal, stats, other_stats)
    assert logits.shape == (8, 3) and np.ptp(logits[:5], axis=0).max() > 0


@pytest.mark.long
@pytest.mark.parametrize("kind", [NotebookCNN, ResNet])
def test_bfloat16_is_near_float32_and_keeps_its_variables(kind):
    images, labels = noise(8, 32, 32, 3), np.arange(8) % 3
    variables = initialised(kind(3), 32)

    def loss(params, model):
        logits, updates = model.apply(
            {**variables, "params": params}, images, train=True, mutable=["batch_stats"]
        )
        assert logits.dtype == jnp.float32
        shares = jax.nn.log_softmax(logits)
        return -jnp.mean(shares[np.arange(8), labels]), updates

    found_by = {}
    for dtype in (jnp.float32, jnp.bfloat16):
        model = kind(3, dtype=dtype)
        found = quick_jit(jax.value_and_grad(partial(loss, model=model), has_aux=True))(
            variables["params"]
        )
        assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {jnp.dtype(jnp.float32)}
        found_by[dtype] = found
    (ours, ours_stats), gradient = found_by[jnp.bfloat16]
    (theirs, theirs_stats), exact_gradient = found_by[jnp.float32]
    assert ours != theirs
    np.testing.assert_allclose(ours, theirs, rtol=0.02)
    for some, others in ((ours_stats, theirs_stats), (gradient, exact_gradient)):
        flat, expected = (
            np.concatenate([np.ravel(x) for x in jax.tree.leaves(t)]) for t in (some, others)
        )
        cosine = flat @ expected / np.linalg.norm(flat) / np.linalg.norm(expected)
        assert cosine > 0.9  # The notebook's is 0.942 here, and 0.944 by XLA's own convolutions.


def test_images_that_are_too_small_are_refused():
    with pytest.raises(ValueError, match="ResNet takes images of at least 16x16 pixels, but got"):
        ResNet().init(jax.random.key(0), noise(1, 15, 16, 3), train=False)
