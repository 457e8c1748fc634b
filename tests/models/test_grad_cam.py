"""Heat maps against finite differences of the logit, and what they show."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from augjax.errors import InputError
from augjax.models import NotebookCNN
from augjax.models.grad_cam import grad_cam
from tests.helpers import initialised, noise

SIZE, CHANNELS = 8, 3


class Residual(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.relu(x + nn.Conv(CHANNELS, (3, 3))(x))


class TwoConvs(nn.Module):
    """The last layer with maps, of 4x4, is a convolution or a residual block."""

    num_classes: int
    is_residual: bool

    @nn.compact
    def __call__(self, images, *, train, mask=None):
        x = nn.relu(nn.Conv(CHANNELS, (3, 3), strides=2)(images))
        x = nn.BatchNorm(use_running_average=not train)(x)
        x = Residual()(x) if self.is_residual else nn.Conv(CHANNELS, (3, 3))(x)
        logits = nn.Dense(1 if self.num_classes == 2 else self.num_classes)(nn.tanh(x).mean((1, 2)))
        return logits[:, 0] if self.num_classes == 2 else logits


def by_finite_differences(variables, maps, label):
    """The heat map of 4x4 maps (4, 4, channels), from the rest of the network in float64."""
    dense = {name: np.asarray(x, np.float64) for name, x in variables["params"]["Dense_0"].items()}

    def score(maps):
        logits = np.tanh(maps).mean((0, 1)) @ dense["kernel"] + dense["bias"]
        return logits[label] if len(logits) > 1 else (1 if label == 1 else -1) * logits[0]

    weights, step = np.zeros(CHANNELS), 1e-6
    for place in np.ndindex(maps.shape):
        change = np.zeros_like(maps)
        change[place] = step
        slope = (score(maps + change) - score(maps - change)) / (2 * step)
        weights[place[-1]] += slope / (maps.shape[0] * maps.shape[1])
    return np.maximum(maps @ weights, 0)


@pytest.mark.parametrize(("num_classes", "last"), [(2, "Conv_1"), (4, "Residual_0")])
def test_the_map_is_that_of_finite_differences(num_classes, last):
    model, images = TwoConvs(num_classes, last == "Residual_0"), noise(6, SIZE, SIZE, 3)
    variables = initialised(model, SIZE)
    classes = np.array([0, 1, 0, 1, 1, 0] if num_classes == 2 else [0, 1, 2, 3, 3, 0], np.int32)
    _, state = model.apply(variables, images, train=False, capture_intermediates=True)
    (maps,) = state["intermediates"][last]["__call__"]
    found = np.asarray(grad_cam(model, variables, images, classes))
    assert found.shape == images.shape[:3]
    assert found.dtype == np.float32
    shown = 0
    for heat, own, label in zip(found, np.asarray(maps, np.float64), classes, strict=True):
        small = by_finite_differences(variables, own, label)
        resized = np.asarray(jax.image.resize(jnp.asarray(small), (SIZE, SIZE), "bilinear"))
        if resized.max() > 0:
            shown += 1
            np.testing.assert_allclose(heat, resized / resized.max(), atol=1e-4)
            assert heat.max() == pytest.approx(1)
        else:
            assert not heat.any()
    assert shown >= 3


class Brightness(nn.Module):
    """The brighter the image, the more it is of class 1."""

    @nn.compact
    def __call__(self, images, *, train, mask=None):
        return nn.Conv(1, (1, 1))(images).mean((1, 2, 3))


def test_a_bright_corner_speaks_for_its_class_and_for_no_other():
    images = np.zeros((2, SIZE, SIZE, 3), np.uint8)
    images[:, :4, :4] = 255
    kernel = {"kernel": jnp.ones((1, 1, 3, 1)), "bias": jnp.zeros(1)}
    heat = np.asarray(
        grad_cam(Brightness(), {"params": {"Conv_0": kernel}}, images, np.array([1, 0]))
    )
    expected = np.zeros((SIZE, SIZE))
    expected[:4, :4] = 1
    np.testing.assert_array_equal(heat[0], expected)
    assert not heat[1].any()


@pytest.mark.long
def test_the_notebooks_network():
    model, images = NotebookCNN(), noise(2, 32, 32, 3)
    variables = initialised(model, 32)
    heat = np.stack([grad_cam(model, variables, images, np.full(2, c)) for c in (0, 1)])
    assert heat.shape == (2, 2, 32, 32)
    assert np.isfinite(heat).all() and heat.min() >= 0 and heat.max() == pytest.approx(1)


class NoMaps(nn.Module):
    """A single place is no map."""

    @nn.compact
    def __call__(self, images, *, train, mask=None):
        return nn.Conv(1, (1, 1))(images.mean((1, 2), keepdims=True))[:, 0, 0, 0]


def test_without_maps_there_is_no_heat_map():
    images = noise(1, SIZE, SIZE, 3)
    with pytest.raises(InputError, match="NoMaps has no layer that gives maps"):
        grad_cam(NoMaps(), initialised(NoMaps(), SIZE), images, np.array([1]))
