"""Models as cases have them, in JAX: a forward that also returns what its layers observed."""

import sys
from functools import partial

import jax
from jax import lax
from jax import numpy as jnp


def linear(layer, weight, x):
    mean_square = jnp.square(x).mean(range(x.ndim - 1))  # S3
    return x @ weight.T, mean_square[None]  # [1, in]


def conv2d(layer, weight, x):
    stride, groups, padding = layer["stride"], layer.get("groups", 1), layer["padding"]
    taps = {"padding": [(p, p) for p in padding], "rhs_dilation": layer.get("dilation", (1, 1))}
    patches = lax.conv_general_dilated_patches(jnp.square(x), layer["kernel"], stride, **taps)
    y = lax.conv_general_dilated(x, weight, stride, feature_group_count=groups, **taps)
    return y, patches.mean((0, 2, 3)).reshape(groups, -1)  # [groups, in/groups * ky * kx] (S4)


def batch_norm2d(layer, x, running, training):
    """Returns the normalised images, and the new running mean and variance."""
    mean, variance = running
    if training:
        mean, variance, pixels = x.mean((0, 2, 3)), x.var((0, 2, 3)), x.size / x.shape[1]
        batch = mean, variance * pixels / (pixels - 1)  # unbiased, but only in the average
        new = layer["momentum"]
        running = [(1 - new) * before + new * now for before, now in zip(running, batch)]
    return (x - by_channel(mean)) / jnp.sqrt(by_channel(variance) + layer["eps"]), running


def layer_norm(layer, x):
    return (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + layer["eps"])


def by_channel(values):
    return values[:, None, None]  # beside [batch, channel, y, x]


LAYERS = {"linear": linear, "conv2d": conv2d}  # S1
OTHERS = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "gelu": partial(jax.nn.gelu, approximate=False),
    "flatten": lambda x: x.reshape(len(x), -1),
    "global_avg_pool2d": lambda x: x.mean((2, 3)),
    "mean_tokens": lambda x: x.mean(1),
}


def forward(model, params, buffers, x, training):
    """Returns the output, what the layers observed, and the buffers afterwards."""
    seen, buffers = {}, dict(buffers)
    named = {layer["name"]: layer for layer in model if "name" in layer}
    for layer in model:
        layer = named[layer["of"]] if layer["type"] == "shared" else layer  # S17
        kind, name = layer["type"], layer.get("name")
        weight, bias = params.get(f"{name}.weight"), params.get(f"{name}.bias")
        if kind in LAYERS:
            x, A = LAYERS[kind](layer, weight, x)
            if bias is not None:
                x = x + (bias if kind == "linear" else by_channel(bias))
                A = jnp.c_[A, jnp.ones(len(A))]  # S5
            seen.setdefault(name, []).append(A.ravel())
        elif kind == "batch_norm2d":
            names = f"{name}.running_mean", f"{name}.running_var"
            x, running = batch_norm2d(layer, x, [buffers[name] for name in names], training)
            x = x * by_channel(weight) + by_channel(bias)
            buffers.update(zip(names, running))
        elif kind == "layer_norm":
            x = layer_norm(layer, x) * weight + bias
        elif kind in OTHERS:
            x = OTHERS[kind](x)
        else:
            print(f"layer type {kind} is not in this port", file=sys.stderr)
            sys.exit(77)
    return x, seen, buffers
