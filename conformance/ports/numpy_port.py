#!/usr/bin/env python3
"""A port in NumPy alone, with its own backward pass, around the optimizer of adaact_numpy.py.

    python3 numpy_port.py CASE.json TRACE.json

runs the steps of a case in float64 and writes a trace with every stage. It has linear layers and
activations, and declines a case with other layers. S1 to S20 are the clauses of spec.md.
"""

import json
import math
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np
from adaact_numpy import AdaAct, array

PRODUCER = {"name": "adaact_numpy", "version": np.__version__, "dtype": "float64", "device": "cpu"}
np.seterr(all="ignore")  # some cases have infinite inputs, one a dead column and no epsilon (S8)
cdf, pdf = np.vectorize(NormalDist().cdf), np.vectorize(NormalDist().pdf)
ACTIVATIONS = {  # the output and its slope
    "relu": lambda x: (np.maximum(x, 0), x > 0),  # 0 at 0
    "tanh": lambda x: (np.tanh(x), 1 - np.tanh(x) ** 2),
    "gelu": lambda x: (x * cdf(x), cdf(x) + x * pdf(x)),
}


def forward(model, parameters, x, observe):
    """Returns the output, and what the backward of every layer needs."""
    tape = []
    for layer in model:
        kind, name = layer["type"], layer.get("of", layer.get("name"))  # S17
        if kind in ("linear", "shared"):
            rows, matrix = x.reshape(-1, x.shape[-1]), parameters[f"{name}.weight"]  # S3
            if (bias := parameters.get(f"{name}.bias")) is not None:
                rows = np.c_[rows, np.ones(len(rows))]  # S5
                matrix = np.c_[matrix, bias]
            observe(name, rows)
            tape.append((kind, name, rows))
            x = (rows @ matrix.T).reshape(*x.shape[:-1], -1)
        elif kind in ACTIVATIONS:
            x, slope = ACTIVATIONS[kind](x)
            tape.append((kind, name, slope))
        elif kind == "mean_tokens":  # [B, N, C] -> [B, C]
            tape.append((kind, name, np.ones_like(x) / x.shape[1]))
            x = x.mean(1)
        else:
            print(f"layer type {kind} is not in this port", file=sys.stderr)
            sys.exit(77)
    return x, tape


def backward(tape, parameters, dy, gradients):
    """Adds the gradients of one forward to those of the step."""
    for kind, name, kept in reversed(tape):
        if kind == "mean_tokens":
            dy = dy[:, None] * kept
        elif kind in ACTIVATIONS:
            dy = dy * kept
        else:
            G = dy.reshape(len(kept), -1).T @ kept  # [out, N] @ [N, columns] (S9)
            gradients[name] = gradients.get(name, 0) + G  # S9, S17
            dy = dy @ parameters[f"{name}.weight"]


def loss_and_gradient(loss, y, target):
    if loss["type"] == "mse":
        error = y - array(target)
        return np.mean(error**2), 2 * error / error.size
    batch, classes = y.shape
    smoothing = loss.get("label_smoothing", 0)
    wanted = (1 - smoothing) * np.eye(classes)[target] + smoothing / classes
    log_p = y - y.max(1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(1, keepdims=True))
    return -np.sum(wanted * log_p) / batch, (np.exp(log_p) - wanted) / batch


def take(step, case, parameters, optimizer):
    losses, outputs, gradients, optimizer.stages = [], [], {}, {}
    for part in step["forwards"]:
        training = part["mode"] == "train"
        observe = optimizer.observe if training else lambda name, rows: None  # S2
        y, tape = forward(case["model"], parameters, array(part["input"]), observe)
        loss, dy = loss_and_gradient(case["loss"], y, part["target"])
        if training:
            backward(tape, parameters, dy * part.get("loss_scale", 1), gradients)
        losses.append(loss)
        outputs.append(y)
    for name, G in gradients.items():
        optimizer.stages[name]["gradient"] = G
    if not step.get("skip"):  # S19
        optimizer.step(parameters, gradients, step.get("lr"))
    return {
        "step": optimizer.t,
        "losses": np.array(losses),
        "outputs": outputs,
        "layers": optimizer.stages,
        "parameters": {name: tensor(theta) for name, theta in parameters.items()},
    }


def tensor(array):
    return {"shape": array.shape, "data": array.ravel()}


def encode(array):
    """What json.dumps writes for an array: a tensor, or a list if it has one axis."""
    if array.ndim > 1:
        return tensor(array)
    return [x if math.isfinite(x) else json.dumps(x) for x in array.tolist()]


def main(case_path, trace_path):
    case = json.loads(Path(case_path).read_text())
    parameters = {name: array(theta) for name, theta in case["parameters"].items()}
    optimizer = AdaAct(case["optimizer"], case.get("state", {"step": 0, "layers": {}}))
    trace = {
        "schema": "adaact.trace/1",
        "case": case["name"],
        "producer": PRODUCER,
        "steps": [take(step, case, parameters, optimizer) for step in case["steps"]],
    }
    Path(trace_path).write_text(json.dumps(trace, default=encode))


if __name__ == "__main__":
    main(*sys.argv[1:])
