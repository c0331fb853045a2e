#!/usr/bin/env python3
"""A port in PyTorch, around the optimizer of adaact_torch.py.

    python3 torch_port.py [--float32] CASE.json TRACE.json

runs the steps of a case and writes a trace with every stage.
"""

import json
import math
import sys
from collections import defaultdict
from pathlib import Path

import torch
from adaact_torch import AdaAct, gradient
from torch.nn import functional as F
from torch_model import build


def run(case):
    """Runs the steps of a case, and yields the trace of each."""
    model, config, stages = build(case["model"]), case["optimizer"], {}
    parameters = dict(model.named_parameters())
    values = {**case["parameters"], **case["buffers"]}  # strict would ask for a shared layer twice
    model.load_state_dict({name: array(value) for name, value in values.items()}, strict=False)
    groups = config.get("groups", [])
    grouped = {name for group in groups for name in group["parameters"]}
    groups = [{"parameters": [name for name in parameters if name not in grouped]}, *groups]
    params = [dict(group, params=[parameters[p] for p in group["parameters"]]) for group in groups]
    optimizer = AdaAct(model, params, *(config[k] for k in ("lr", "betas", "eps", "weight_decay")))
    owned = {p for _, module in optimizer.layers.values() for p in module.parameters()}
    plain = [name for name, p in parameters.items() if p not in owned]
    state = case.get("state", {"step": 0, "layers": {}})  # S20
    optimizer.param_groups[0]["t"] = state["step"]
    for weight, (name, module) in optimizer.layers.items():
        if kept := state["layers"].get(name):
            ema = floats(kept["ema"]).view(getattr(module, "groups", 1), -1)
            optimizer.state[weight] = {"ema": ema, "momentum": array(kept["momentum"])}

    def report(layer, stage, value):
        if stage == "mean_square":
            stages[layer].setdefault(stage, []).append(numbers(value))
        else:
            stages[layer][stage] = (numbers if stage in ("ema", "scale") else tensor)(value)

    optimizer.report = report
    for step in case["steps"]:
        optimizer.load_state_dict(optimizer.state_dict())  # as after a stop: nothing changes (S20)
        for group, own in zip(optimizer.param_groups, groups):
            group["lr"] = rate(step, own, config["lr"])
        optimizer.zero_grad()
        losses, outputs, stages = [], [], defaultdict(dict)
        for part in step["forwards"]:
            training = part["mode"] == "train"
            model.train(training)
            with torch.set_grad_enabled(training):
                output = model(array(part["input"]))
                loss = loss_of(case["loss"], output, part["target"])
            if training:
                (loss * part.get("loss_scale", 1)).backward()
            losses.append(loss)
            outputs.append(tensor(output))
        for name, module in optimizer.layers.values():
            report(name, "gradient", gradient(module))
        if not step.get("skip"):  # S19
            optimizer.step()
        yield {
            "step": optimizer.param_groups[0]["t"],
            "losses": numbers(torch.stack(losses)),
            "outputs": outputs,
            "layers": stages,
            "plain_gradients": {name: tensor(parameters[name].grad) for name in plain},
            "parameters": {name: tensor(p) for name, p in parameters.items()},
            "buffers": {name: tensor(model.get_buffer(name)) for name in case["buffers"]},
        }


def rate(step, group, base):
    """The rate of a group in a step that may have a rate of its own (S14)."""
    if "lr" not in step:
        return group.get("lr", base)
    return step["lr"] * group["lr"] / base if "lr" in group else step["lr"]


def loss_of(loss, output, target):
    if loss["type"] == "mse":
        return F.mse_loss(output, array(target))
    smoothing = loss.get("label_smoothing", 0.0)
    return F.cross_entropy(output, torch.tensor(target), label_smoothing=smoothing)


# In the files, numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity".


def floats(numbers):
    return torch.tensor([float(value) for value in numbers])


def array(tensor):
    return floats(tensor["data"]).view(tensor["shape"])


def numbers(array):
    return [x if math.isfinite(x) else json.dumps(x) for x in array.flatten().tolist()]


def tensor(array):
    return {"shape": list(array.shape), "data": numbers(array)}


if __name__ == "__main__":
    *options, case_path, trace_path = sys.argv[1:]
    dtype = "float32" if options == ["--float32"] else "float64"
    torch.set_default_dtype(getattr(torch, dtype))
    case = json.loads(Path(case_path).read_text())
    producer = {"name": "PyTorch", "version": torch.__version__, "dtype": dtype, "device": "cpu"}
    trace = {"schema": "adaact.trace/1", "case": case["name"], "producer": producer}
    Path(trace_path).write_text(json.dumps({**trace, "steps": list(run(case))}))
