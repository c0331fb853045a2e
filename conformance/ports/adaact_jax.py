#!/usr/bin/env python3
"""AdaAct for JAX: pure functions in the style of optax, for use under jax.jit, and a port.

    state = init(params, ["conv", "head"])  # the layers to precondition
    state = observe(state, seen, betas)  # after every forward in training
    updates, state, stages = update(gradients, state, params, rates, betas, eps)
    params = {name: params[name] + updates[name] for name in params}

What layers see, {layer: [A, ...]}, comes out of the loss as an auxiliary output. The port takes the
steps of a case in float64 and writes a trace with every stage:

    python3 adaact_jax.py CASE.json TRACE.json

Cases with branches or windowed pooling are declined. S1 to S20 are the clauses of docs/spec.md.
"""

import json
import math
import sys
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

jax.config.update("jax_enable_x64", True)


class State(NamedTuple):
    """All that the optimizer remembers (S20)."""

    t: int  # completed steps
    V: dict  # [groups * columns] by layer, of those that were observed
    M: dict  # [out, columns] by layer


def init(params, layers):
    return State(0, {}, {name: jnp.zeros_like(matrix(params, name)) for name in layers})


def observe(state, seen, betas):
    """Advances V by what the layers saw in one forward, use by use (S2, S17)."""
    V = dict(state.V)
    for name, uses in seen.items():
        for A in uses:
            before = jnp.where(state.t > 0, V.get(name, 0), 0)  # S6
            V[name] = betas[1] * before + (1 - betas[1]) * A  # S6
    return state._replace(V=V)


def update(gradients, state, params, rates, betas, eps):
    """Returns what to add to the parameters that have a gradient, the state, and all stages.

    rates holds the learning rate and the weight decay of every parameter (S14).
    """
    t, M, U, stages = state.t + 1, dict(state.M), dict(gradients), {}  # S7, S13
    for name in state.M:
        if f"{name}.weight" not in gradients:  # zeros to jax.grad: leave it out yourself (S15)
            continue
        if name not in state.V:
            raise ValueError(f"{name} has a gradient, but was never observed")  # S15
        V_hat = state.V[name] / (1 - betas[1] ** t)  # S7
        s = 1 / (jnp.sqrt(V_hat) + eps)  # S8
        G = matrix(gradients, name)
        M[name] = betas[0] * M[name] + (1 - betas[0]) * G  # S10
        of_groups = s.reshape(-1, G.shape[1])
        of_rows = jnp.repeat(of_groups, len(G) // len(of_groups), axis=0)  # [out, columns]
        u = M[name] / (1 - betas[0] ** t) * of_rows  # S10, S11
        stages[name] = {"scale": s, "momentum": M[name], "update": u}
        weight = gradients[f"{name}.weight"]
        U[f"{name}.weight"] = u[:, : weight[0].size].reshape(weight.shape)
        if f"{name}.bias" in gradients:
            U[f"{name}.bias"] = u[:, -1]
    updates = {}
    for name, u in U.items():
        lr, decay = rates[name]
        updates[name] = -lr * decay * params[name] - lr * u  # S12
    return updates, State(t, state.V, M), stages


def matrix(tensors, name):
    """The weight of a layer or its gradient, [out, columns], with the bias as last column (S9)."""
    weight = tensors[f"{name}.weight"]
    flat = weight.reshape(len(weight), -1)
    return jnp.c_[flat, tensors[f"{name}.bias"]] if f"{name}.bias" in tensors else flat


# From here on the port: layers, a forward, the steps of a case.


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
    """Returns the images, normalised, and the running mean and variance after them."""
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
    """Returns the output, what the layers saw, and the buffers after it."""
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


def loss_of(loss, output, target):
    if loss["type"] == "mse":
        return jnp.square(output - target).mean()
    smoothing, classes = loss.get("label_smoothing", 0), output.shape[1]
    wanted = (1 - smoothing) * jax.nn.one_hot(target, classes) + smoothing / classes
    return -(wanted * jax.nn.log_softmax(output)).sum(1).mean()


def run(case):
    """Takes the steps of a case, and yields what there is to trace of each."""
    params, buffers = arrays(case["parameters"]), arrays(case["buffers"])
    betas, eps = case["optimizer"]["betas"], case["optimizer"]["eps"]
    state = init(params, [layer["name"] for layer in case["model"] if layer["type"] in LAYERS])
    if case.get("state", {"step": 0})["step"] > 0:  # S20
        layers = case["state"]["layers"]
        V = {name: floats(layers[name]["ema"]) for name in layers}
        M = arrays({name: layers[name]["momentum"] for name in layers})
        state = State(case["state"]["step"], V, M)

    @partial(jax.jit, static_argnames="training")
    @partial(jax.grad, has_aux=True)
    def backward(params, buffers, x, target, scale, training):
        output, seen, buffers = forward(case["model"], params, buffers, x, training)
        loss = loss_of(case["loss"], output, target)
        return scale * loss, (loss, output, seen, buffers)

    for step in case["steps"]:
        losses, outputs, gradients, stages = [], [], {}, {}
        for part in step["forwards"]:
            training, target = part["mode"] == "train", part["target"]
            batch = array(part["input"]), array(target) if "shape" in target else np.array(target)
            scale = part.get("loss_scale", 1.0)
            new, (loss, output, seen, buffers) = backward(params, buffers, *batch, scale, training)
            losses.append(loss)
            outputs.append(output)
            if training:  # S2
                state = jax.jit(observe)(state, seen, betas)
                gradients = {name: gradients.get(name, 0) + g for name, g in new.items()}  # S9
                for name, uses in seen.items():
                    stages.setdefault(name, {"mean_square": []})["mean_square"] += uses
        for name, of_layer in stages.items():
            of_layer.update(ema=state.V[name], gradient=matrix(gradients, name))
        if not step.get("skip"):  # S19
            rates = {name: rates_of(name, case["optimizer"], step) for name in params}
            updates, state, more = jax.jit(update)(gradients, state, params, rates, betas, eps)
            params = {name: params[name] + updates[name] for name in params}
            for name, of_layer in stages.items():
                of_layer.update(more[name])
        yield {
            "step": int(state.t),
            "losses": jnp.array(losses),
            "outputs": outputs,
            "layers": stages,
            "plain_gradients": {
                name: tensor(g) for name, g in gradients.items() if layer_of(name) not in stages
            },
            "parameters": {name: tensor(params[name]) for name in params},
            "buffers": {name: tensor(buffers[name]) for name in buffers},
        }


def layer_of(parameter):
    return parameter.rpartition(".")[0]


def rates_of(parameter, config, step):
    """The rate and the decay of a parameter in a step that may have a rate of its own (S14)."""
    groups = config.get("groups", [])
    group = next((group for group in groups if parameter in group["parameters"]), {})
    lr = group.get("lr", config["lr"])
    if "lr" in step:
        lr = step["lr"] * lr / config["lr"] if "lr" in group else step["lr"]
    return lr, group.get("weight_decay", config["weight_decay"])


def floats(numbers):
    return np.array(numbers, float)  # reads "NaN" and "Infinity", too


def array(tensor):
    return floats(tensor["data"]).reshape(tensor["shape"])


def arrays(tensors):
    return {name: array(tensors[name]) for name in tensors}


def tensor(array):
    return {"shape": array.shape, "data": array.ravel()}


def encode(array):
    """What json.dumps is to write for an array: a tensor, or a list if there is one axis."""
    if array.ndim > 1:
        return tensor(array)
    return [x if math.isfinite(x) else json.dumps(x) for x in array.tolist()]


if __name__ == "__main__":
    case = json.loads(Path(sys.argv[1]).read_text())
    trace = {
        "schema": "adaact.trace/1",
        "case": case["name"],
        "producer": {
            "name": "JAX",
            "version": jax.__version__,
            "dtype": "float64",
            "device": "cpu",
        },
        "steps": list(run(case)),
    }
    Path(sys.argv[2]).write_text(json.dumps(trace, default=encode))
