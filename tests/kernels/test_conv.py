"""The convolution against `jax.lax.conv_general_dilated`: values, gradients, platforms, devices."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jax import lax
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from augjax.kernels import conv_gradient
from augjax.kernels.conv import conv_general_dilated
from augjax.kernels.pool import max_pool
from augjax.kernels.space_to_depth import space_to_depth_conv
from tests.helpers import cpu_mesh, quick_jit
from tests.oracles import linen as nn

LAYOUT = ("NHWC", "HWIO", "NHWC")


def draws(*shapes, dtype=jnp.float32):
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def value_and_gradients(conv, x, kernel, strides=(1, 1), padding="SAME", layout=LAYOUT, **options):
    """The output and both gradients, for the cotangent cos(output)."""
    y, pull = jax.vjp(
        lambda x, k: conv(x, k, strides, padding, dimension_numbers=layout, **options), x, kernel
    )
    return y, *pull(jnp.cos(y))


def compiled(function, *args, **options) -> str:
    return str(jax.jit(function, **options).lower(*args).compile().as_text())


def both(run):
    """`run(ours)` and `run(lax's)`, as a function to compile: one program takes less than two."""
    return lambda *args: (
        run(conv_general_dilated, *args),
        run(lax.conv_general_dilated, *args),
    )


def assert_as_lax(x, kernel, rtol=1e-5, **options):
    """Returns what was compared."""
    ours, theirs = quick_jit(both(partial(value_and_gradients, **options)))(x, kernel)
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        a, b = np.float32(a), np.float32(b)
        np.testing.assert_allclose(a, b, rtol=0, atol=rtol * max(1.0, np.abs(b).max(initial=0)))
    return ours


sizes = st.integers(1, 4)
paddings = st.one_of(
    st.sampled_from(["SAME", "VALID", "SAME_LOWER"]),
    st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * 2),
)


@settings(max_examples=25, deadline=None)
@given(
    image=st.tuples(st.integers(0, 2), sizes, sizes, sizes),
    taps=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    out=sizes,
    padding=paddings,
)
@example(image=(2, 1, 1, 3), taps=(3, 3), out=2, padding="SAME")
@example(image=(2, 2, 2, 3), taps=(3, 3), out=2, padding="SAME_LOWER")
@example(image=(2, 4, 4, 3), taps=(3, 3), out=2, padding="VALID")
@example(image=(2, 2, 3, 3), taps=(4, 2), out=2, padding=((2, 1), (0, 3)))
def test_values_and_gradients_are_those_of_lax(image, taps, out, padding):
    x, kernel = draws(image, (*taps, image[3], out))
    if not isinstance(padding, str):
        # Where a window sees padding only, XLA:CPU's own input gradient may be garbage.
        padding = [
            (min(low, k - 1), min(high, k - 1))
            for (low, high), k in zip(padding, taps, strict=True)
        ]
    assert_as_lax(x, kernel, padding=padding)


@pytest.mark.parametrize(
    ("layout", "image", "kernel", "options"),
    [
        (LAYOUT, (2, 2, 2, 4), (3, 3, 4, 6), {"strides": (2, 1)}),
        (LAYOUT, (2, 7, 8, 3), (3, 3, 3, 6), {"strides": (2, 3), "padding": ((1, 0), (1, 1))}),
        (LAYOUT, (2, 2, 2, 4), (3, 3, 2, 6), {"feature_group_count": 2}),
        (LAYOUT, (2, 2, 2, 4), (3, 3, 4, 6), {"rhs_dilation": (2, 1)}),
        (LAYOUT, (2, 2, 2, 4), (3, 3, 4, 6), {"lhs_dilation": (1, 2), "padding": ((1, 1), (2, 1))}),
        (LAYOUT, (2, 2, 2, 4), (3, 3, 4, 6), {"padding": ((-1, 3), (2, 1))}),
        (LAYOUT, (2, 2, 2, 4), (3, 3, 4, 6), {"precision": lax.Precision.HIGHEST}),
        (("NCHW", "OIHW", "NCHW"), (2, 3, 2, 3), (4, 3, 3, 3), {}),
        (None, (2, 3, 2, 3), (4, 3, 3, 3), {}),
        (("NWC", "WIO", "NWC"), (2, 2, 3), (3, 3, 4), {"strides": (1,)}),
    ],
)
def test_what_is_not_the_plain_case_is_left_to_lax(layout, image, kernel, options):
    assert_as_lax(*draws(image, kernel), layout=layout, **options)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_half_precision_is_summed_in_single(dtype):
    x, kernel = draws((2, 2, 2, 64), (3, 3, 64, 8), dtype=dtype)
    exact = lax.conv_general_dilated(
        jnp.float32(x), jnp.float32(kernel), (1, 1), "SAME", dimension_numbers=LAYOUT
    )
    ours = assert_as_lax(x, kernel, rtol=2e-2)
    assert [a.dtype for a in ours] == [dtype] * 3
    np.testing.assert_allclose(
        np.float32(ours[0]), np.float32(np.asarray(exact).astype(dtype)), rtol=1e-2
    )


def test_vmap_over_images_and_kernels():
    x, kernels = draws((3, 2, 2, 2, 4), (3, 3, 3, 4, 5))

    def run(conv, x, kernels):
        one = lambda x, k: conv(x, k, (1, 1), "SAME", dimension_numbers=LAYOUT)  # noqa: E731
        return jax.vmap(one)(x, kernels)

    ours, theirs = quick_jit(both(run))(x, kernels)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_second_derivative():
    def curvature(conv, x, kernel):
        def loss(scale):
            y = conv(x * scale, kernel, (1, 1), "SAME", dimension_numbers=LAYOUT)
            return jnp.sum(jnp.square(y) * y)

        return jax.hessian(loss)(jnp.float32(0.5))

    ours, theirs = quick_jit(both(curvature))(*draws((2, 2, 2, 4), (3, 3, 4, 5)))
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


def in_turn(*kinds):
    """All combinations; every n-th, in which each two kinds meet once, is not long."""
    return [
        pytest.param(*case, marks=[pytest.mark.long] if sum(place) % len(kinds[0]) else [])
        for case, place in zip(
            itertools.product(*kinds),
            itertools.product(*(range(len(kind)) for kind in kinds)),
            strict=True,
        )
    ]


@pytest.mark.parametrize(
    ("n", "padding", "kernel"),
    in_turn(
        [1, 9, 16],
        ["SAME", "VALID", ((3, 0), (1, 2))],
        [(4, 3, 3, 5), (4, 3, 4, 5), (4, 5, 4, 6)],
    ),
)
def test_many_images_are_taken_a_few_at_a_time(n, padding, kernel, monkeypatch):
    """Of an image's channels, of more, and of a wide kernel."""
    monkeypatch.setattr(conv_gradient, "PIXELS", 8 * 22 * 23)
    monkeypatch.setattr(conv_gradient, "NUMBERS", 4 * 22 * 23 * 6)
    assert_as_lax(*draws((n, 22, 23, kernel[2]), kernel), padding=padding, rtol=2e-5)


@pytest.mark.parametrize("size", [(6, 8), (7, 9), (1, 2)])
@pytest.mark.parametrize("taps", [(7, 7), (1, 2), (4, 3)])
def test_a_narrow_convolution_in_blocks_is_that_of_lax(size, taps):
    same, valid = (lax.padtype_to_pads(size, taps, (1, 1), name) for name in ("SAME", "VALID"))

    @quick_jit
    def run(x, kernel):
        results = []
        for padding in (same, valid, ((2, 1), (0, 1))):
            theirs = lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=LAYOUT)
            if theirs.size:
                results.append((space_to_depth_conv(x, kernel, padding, None), theirs))
        return results

    results = run(*draws((2, *size, 3), (*taps, 3, 5)))
    assert results
    for ours, theirs in results:
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


def test_mismatched_channels_raise_as_lax_does():
    x, kernel = map(jnp.asarray, draws((2, 2, 2, 4), (3, 3, 5, 6)))
    with pytest.raises(Exception) as theirs:
        lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=LAYOUT)
    with pytest.raises(type(theirs.value)):
        conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=LAYOUT)


@pytest.mark.parametrize("bias", [True, False])
def test_flax_layers_agree(bias):
    options = {"features": 4, "kernel_size": (3, 3), "use_bias": bias}
    plain, ours = (
        nn.Conv(**options),
        nn.Conv(**options, conv_general_dilated=conv_general_dilated),
    )

    @quick_jit
    def run(key, images):
        variables = ours.init(key, images[0]), plain.init(key, images[0])
        return variables, [[net.apply(variables[0], x) for net in (ours, plain)] for x in images]

    images = draws(*((2, side, side, 3) for side in (1, 2, 3, 8)))
    variables, outputs = run(jax.random.key(0, impl="rbg"), images)
    jax.tree.map(np.testing.assert_array_equal, *variables)
    for of_ours, of_plain in outputs:
        np.testing.assert_allclose(of_ours, of_plain, atol=1e-5)


def loss(x, kernel):
    y = conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=LAYOUT)
    return jnp.sum(jnp.square(y))


def test_a_cpu_multiplies_small_maps_and_convolves_others():
    kernel = jnp.ones((3, 3, 4, 5))
    gradients = jax.grad(loss, argnums=(0, 1))
    small = compiled(gradients, jnp.ones((2, 2, 4, 4)), kernel)
    assert "convolution(" not in small
    assert "conditional(" not in small
    large = compiled(gradients, jnp.ones((2, 3, 3, 4)), kernel)
    assert large.count(" convolution(") == 2  # Forward, and the input's gradient.
    wide = compiled(gradients, jnp.ones((1, 5, 5, 4)), jnp.ones((3, 5, 4, 5)))
    assert wide.count(" convolution(") == 3
    image = compiled(gradients, jnp.ones((2, 3, 3, 3)), jnp.ones((3, 3, 3, 5)))
    assert image.count(" convolution(") == 1


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_an_accelerator_keeps_its_convolution(platform):
    traced = jax.jit(jax.grad(loss, argnums=(0, 1))).trace(
        jnp.ones((2, 2, 2, 4)), jnp.ones((3, 3, 4, 5))
    )
    text = traced.lower(lowering_platforms=(platform,)).as_text()
    assert text.count("stablehlo.convolution") == 3
    assert "dot_general" not in text


def test_a_first_layer_computes_no_gradient_of_its_input():
    x, kernel = jnp.ones((2, 2, 2, 4)), jnp.ones((3, 3, 4, 5))
    step = compiled(jax.grad(loss, argnums=1), x, kernel)
    assert step.count(" dot(") <= 2  # Forward, and the kernel's gradient.


def network(kernels, x):
    for kernel in kernels[:-1]:
        x = conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=LAYOUT)
        x = max_pool(nn.relu(x))
    x = conv_general_dilated(x, kernels[-1], (1, 1), "SAME", dimension_numbers=LAYOUT)
    return jnp.sum(jnp.square(x))


def batch_for_a_network():
    """Kernels of which each kind of gradient is computed, and 16 images."""
    kernels = draws((5, 5, 3, 8), (5, 5, 8, 16), (3, 3, 16, 16), (3, 3, 16, 16))
    (x,) = draws((16, 17, 17, 3))
    return kernels, x


@pytest.mark.skipif(jax.device_count() < 8, reason="needs 8 devices")
def test_in_shard_map_the_gradient_of_shared_kernels_is_the_sum_of_all_devices():
    gradients = jax.grad(network, argnums=(0, 1))
    shared, split = PartitionSpec(), PartitionSpec("data")
    specs = {"in_specs": (shared, split), "out_specs": (shared, split), "check_vma": True}
    mapped = jax.shard_map(gradients, mesh=cpu_mesh(8), **specs)
    together, alone = quick_jit(lambda *arguments: (mapped(*arguments), gradients(*arguments)))(
        *batch_for_a_network()
    )
    for a, b in zip(jax.tree.leaves(alone), jax.tree.leaves(together), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * np.abs(a).max())


@pytest.mark.skipif(jax.device_count() < 8, reason="needs 8 devices")
def test_shard_map_may_be_over_some_axes_of_the_mesh():
    gradients = jax.grad(network, argnums=(0, 1))
    shared, split = PartitionSpec(), PartitionSpec("data")
    mapped = jax.shard_map(
        gradients,
        mesh=jax.make_mesh((4, 2), ("data", "model"), (AxisType.Auto,) * 2),
        in_specs=(shared, split),
        out_specs=(shared, split),
        axis_names={"data"},
    )
    arguments = batch_for_a_network()
    assert jax.eval_shape(jax.jit(mapped), *arguments) == jax.eval_shape(gradients, *arguments)


@pytest.mark.skipif(jax.device_count() < 8, reason="needs 8 devices")
def test_a_batch_split_over_devices_is_not_gathered():
    mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,), devices=jax.devices()[:8])
    split, whole = (NamedSharding(mesh, PartitionSpec(*axes)) for axes in (("data",), ()))
    kernels, x = batch_for_a_network()
    options = {"in_shardings": (whole, split), "out_shardings": (whole, (whole, split))}
    gradients = jax.value_and_grad(network, argnums=(0, 1))
    program = quick_jit(gradients, **options).lower(kernels, x).compile()
    for movement in ("all-gather", "collective-permute", "all-to-all"):
        assert movement not in str(program.as_text())
    together = program(*jax.device_put((kernels, x), (whole, split)))
    alone = quick_jit(gradients)(kernels, x)
    for a, b in zip(jax.tree.leaves(alone), jax.tree.leaves(together), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * np.abs(a).max())
