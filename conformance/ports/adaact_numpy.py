#!/usr/bin/env python3
"""AdaAct in NumPy alone, with its own backward pass: the port to read first.

    python3 adaact_numpy.py CASE.json TRACE.json

takes the steps of a case in float64 and writes a trace with every stage. It has linear layers and
activations; a case with another layer is declined. S1 to S20 are the clauses of docs/spec.md.
"""

import json
import math
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np

PRODUCER = {"name": "adaact_numpy", "version": np.__version__, "dtype": "float64", "device": "cpu"}
np.seterr(all="ignore")  # some cases have infinite inputs, one a dead column and no epsilon (S8)
cdf, pdf = np.vectorize(NormalDist().cdf), np.vectorize(NormalDist().pdf)
ACTIVATIONS = {  # the output and its slope
    "relu": lambda x: (np.maximum(x, 0), x > 0),  # 0 at 0
    "tanh": lambda x: (np.tanh(x), 1 - np.tanh(x) ** 2),
    "gelu": lambda x: (x * cdf(x), cdf(x) + x * pdf(x)),
}


class AdaAct:
    """The optimizer. Its state is t, and V and M by layer (S20); stages tells what a step did."""

    def __init__(self, config, state):
        self.config, self.stages = config, {}
        self.t = state["step"]
        self.V = {name: np.array(layer["ema"], float) for name, layer in state["layers"].items()}
        self.M = {name: array(layer["momentum"]) for name, layer in state["layers"].items()}

    def observe(self, name, rows):
        """Takes in the rows [N, columns] that a layer is used on, at every use (S2, S17)."""
        beta2 = self.config["betas"][1]
        A = np.mean(rows**2, axis=0)  # S3
        V = 0 if self.t == 0 else self.V[name]  # S6
        self.V[name] = beta2 * V + (1 - beta2) * A  # S6
        stages = self.stages.setdefault(name, {"mean_square": []})
        stages["mean_square"].append(A)
        stages["ema"] = self.V[name]

    def step(self, parameters, gradients, lr):
        """Takes a step along the gradients that there are, [out, columns] by layer (S9, S15)."""
        (beta1, beta2), eps = self.config["betas"], self.config["eps"]
        self.t += 1  # S7
        for name, G in gradients.items():
            V_hat = self.V[name] / (1 - beta2**self.t)  # S7; KeyError if never observed (S15)
            s = 1 / (np.sqrt(V_hat) + eps)  # S8
            M = self.M[name] = beta1 * self.M.get(name, 0) + (1 - beta1) * G  # S10
            U = M / (1 - beta1**self.t) * s  # S10, S11
            inputs = parameters[f"{name}.weight"].shape[1]
            for parameter, u in [(f"{name}.weight", U[:, :inputs]), (f"{name}.bias", U[:, -1])]:
                if parameter in parameters:
                    eta, decay = self.rates(parameter, lr)
                    decayed = parameters[parameter] * (1 - eta * decay)  # S12
                    parameters[parameter] = decayed - eta * u  # S12
            self.stages[name].update(scale=s, momentum=M, update=U)

    def rates(self, parameter, lr):
        """The rate and the decay of a parameter in a step, whose rate may be scheduled (S14)."""
        groups = self.config.get("groups", [])
        group = next((group for group in groups if parameter in group["parameters"]), {})
        eta = group.get("lr", self.config["lr"])
        if lr is not None:
            eta = lr * eta / self.config["lr"] if "lr" in group else lr
        return eta, group.get("weight_decay", self.config["weight_decay"])


def forward(model, parameters, x, observe):
    """Returns the output, and for every layer what its backward needs."""
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


def array(tensor):
    return np.array(tensor["data"], float).reshape(tensor["shape"])


def tensor(array):
    return {"shape": array.shape, "data": array.ravel()}


def encode(array):
    """What json.dump is to write for an array: a tensor, or a list if there is one axis."""
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
