#!/usr/bin/env python3
"""A port in JAX, around the pure functions of adaact_jax.py.

    python3 jax_port.py CASE.json TRACE.json

runs the steps of a case in float64 and writes a trace with every stage. It declines cases with
branches or windowed pooling. S1 to S20 are the clauses of spec.md.
"""

import json
import math
import sys
from functools import partial
from pathlib import Path

import jax
import numpy as np
from adaact_jax import State, init, matrix, observe, update
from jax import numpy as jnp
from jax_model import LAYERS, forward

jax.config.update("jax_enable_x64", True)


def loss_of(loss, output, target):
    if loss["type"] == "mse":
        return jnp.square(output - target).mean()
    smoothing, classes = loss.get("label_smoothing", 0), output.shape[1]
    wanted = (1 - smoothing) * jax.nn.one_hot(target, classes) + smoothing / classes
    return -(wanted * jax.nn.log_softmax(output)).sum(1).mean()


def run(case):
    """Runs the steps of a case, and yields the trace of each."""
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
    """What json.dumps writes for an array: a tensor, or a list if it has one axis."""
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
