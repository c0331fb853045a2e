#!/usr/bin/env python3
"""AdaAct for PyTorch 1.13 or newer: an optimizer to copy into a training script, and a port.

    optimizer = AdaAct(model, lr=0.1, weight_decay=0.002)

It watches what the model's Linear and Conv2d layers are used on; else it is like any other. The
port below it takes the steps of a case and writes a trace with every stage:

    python3 adaact_torch.py [--float32] CASE.json TRACE.json

S1 to S20 are the clauses of docs/spec.md.
"""

import json
import math
import sys
from collections import defaultdict
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F


class AdaAct(torch.optim.Optimizer):
    """Scales gradients by the inverse root of a moving average of each layer's squared inputs.

    groups is what other optimizers take, parameters or groups of them with a lr or weight_decay of
    their own; without it, all parameters of the model are trained.
    """

    def __init__(self, model, groups=None, lr=0.1, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "t": 0}
        super().__init__(model.parameters() if groups is None else groups, defaults)
        trained = {p for group in self.param_groups for p in group["params"] if p.requires_grad}
        self.layers = {}  # by weight: layers that have it in common are one (S17)
        for name, module in model.named_modules():
            if isinstance(module, (nn.Linear, nn.Conv2d)) and module.weight in trained:  # S1
                self.layers.setdefault(module.weight, (name, module))
                module.register_forward_pre_hook(self.observe)

    def add_param_group(self, group):
        super().add_param_group(group)
        group = self.param_groups[-1]
        limits = {"lr": math.inf, "weight_decay": math.inf, "eps": math.inf, "beta1": 1, "beta2": 1}
        values = dict(group, beta1=group["betas"][0], beta2=group["betas"][1])
        for name, limit in limits.items():
            if not 0 <= values[name] < limit:  # NaN is refused as well (S18)
                raise ValueError(f"{name} is {values[name]}, not at least 0 and below {limit}")

    def zero_grad(self, set_to_none=True):  # absent instead of zero, as since PyTorch 2.0 (S15)
        super().zero_grad(set_to_none)

    def report(self, layer, stage, value):
        """Is told what is computed, for whoever wants to look; replace it."""

    def observe(self, module, inputs):
        """Advances V: the hook that runs before every use of a layer (S2, S17)."""
        if not (module.training and torch.is_grad_enabled()):  # S2
            return
        x = inputs[0].detach().to(module.weight.dtype)
        if isinstance(module, nn.Linear):
            A = x.reshape(1, -1, x.shape[-1]).square().mean(1)  # [1, N, in] -> [1, in] (S3)
        else:  # the mean over the batch, then over the windows (S4)
            window = module.kernel_size, module.dilation, module.padding, module.stride
            patches = F.unfold(x.square().mean(0, keepdim=True), *window)
            A = patches.mean(2).view(module.groups, -1)  # [groups, in/groups * ky * kx]
        if has_bias(module):
            A = F.pad(A, (0, 1), value=1.0)  # S5
        state, first = self.state[module.weight], self.param_groups[0]
        if first["t"] == 0 or "ema" not in state:
            state["ema"] = torch.zeros_like(A)  # S6
        beta2 = first["betas"][1]  # S14
        state["ema"].mul_(beta2).add_(A, alpha=1 - beta2)  # S6
        name, _ = self.layers[module.weight]
        self.report(name, "mean_square", A)
        self.report(name, "ema", state["ema"])

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else torch.enable_grad()(closure)()
        layers = [layer for weight, layer in self.layers.items() if weight.grad is not None]  # S15
        for name, module in layers:
            if "ema" not in self.state[module.weight]:  # S15
                raise RuntimeError(f"{name} has a gradient, but was never observed")
        first, updates = self.param_groups[0], {}
        (beta1, beta2), eps = first["betas"], first["eps"]  # S14
        t = first["t"] = first["t"] + 1  # S7; in a group, so that it is saved (S20)
        for name, module in layers:
            G, state = gradient(module), self.state[module.weight]
            V_hat = state["ema"] / (1 - beta2**t)  # S7
            s = 1 / (V_hat.sqrt() + eps)  # S8
            M = state.setdefault("momentum", torch.zeros_like(G))
            M.mul_(beta1).add_(G, alpha=1 - beta1)  # S10
            of_row = s.repeat_interleave(len(G) // len(s), 0)  # [groups, ...] -> [out, ...]
            U = M / (1 - beta1**t) * of_row  # S10, S11
            columns = module.weight[0].numel()
            updates[module.weight] = U[:, :columns].reshape(module.weight.shape)
            if has_bias(module):
                updates[module.bias] = U[:, columns]
            for stage, value in ("scale", s), ("momentum", M), ("update", U):
                self.report(name, stage, value)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:  # S15
                    p.mul_(1 - group["lr"] * group["weight_decay"])  # S12
                    p.sub_(updates.get(p, p.grad), alpha=group["lr"])  # S12, S13
        return loss


def has_bias(module):
    return module.bias is not None and module.bias.requires_grad


def gradient(module):
    """The gradient of a layer as a matrix [out, columns], that of the bias last (S9)."""
    G = module.weight.grad.flatten(1)
    return torch.cat([G, module.bias.grad[:, None]], 1) if has_bias(module) else G


# From here on the port: models as cases have them, and traces.


class Branches(nn.Module):
    """Gives the same input to lists of layers, and joins it with what comes out of them."""

    def __init__(self, join, **branches):
        super().__init__()
        self.join = join
        for name, layers in branches.items():
            self.add_module(name, build(layers))

    def forward(self, x):
        return self.join(x, *(branch(x) for branch in self.children()))


def conv2d(spec):
    taps = spec["kernel"], spec["stride"], spec["padding"], spec.get("dilation", 1)
    return nn.Conv2d(spec["in"], spec["out"], *taps, spec.get("groups", 1), spec["bias"])


def subsample_pad2d(spec):
    (y, x), channels = spec["stride"], (0, 0, 0, 0, spec["before"], spec["after"])
    return Branches(lambda image: F.pad(image[:, :, ::y, ::x], channels))


def residual(spec):
    branches = {"body": spec["body"], "shortcut": spec.get("shortcut", [])}
    return Branches(lambda x, body, shortcut: body + shortcut, **branches)


MODULES = {
    "linear": lambda spec: nn.Linear(spec["in"], spec["out"], spec["bias"]),
    "conv2d": conv2d,
    "batch_norm2d": lambda spec: nn.BatchNorm2d(spec["features"], spec["eps"], spec["momentum"]),
    "layer_norm": lambda spec: nn.LayerNorm(spec["features"], spec["eps"]),
    "relu": lambda spec: nn.ReLU(),
    "tanh": lambda spec: nn.Tanh(),
    "gelu": lambda spec: nn.GELU(),
    "flatten": lambda spec: nn.Flatten(),
    "avg_pool2d": lambda spec: nn.AvgPool2d(spec["kernel"]),
    "max_pool2d": lambda spec: nn.MaxPool2d(spec["kernel"]),
    "global_avg_pool2d": lambda spec: Branches(lambda x: x.mean((2, 3))),
    "mean_tokens": lambda spec: Branches(lambda x: x.mean(1)),
    "residual": residual,
    "concat": lambda spec: Branches(lambda x, body: torch.cat([body, x], 1), body=spec["body"]),
    "subsample_pad2d": subsample_pad2d,
}


def build(layers):
    sequence = nn.Sequential()  # without layers it is the identity
    for place, spec in enumerate(layers):
        if spec["type"] == "shared":
            module = sequence.get_submodule(spec["of"])
        elif spec["type"] in MODULES:
            module = MODULES[spec["type"]](spec)
        else:
            print(f"layer type {spec['type']} is not in this port", file=sys.stderr)
            sys.exit(77)
        sequence.add_module(spec.get("name", str(place)), module)
    return sequence


def run(case):
    """Takes the steps of a case, and yields what there is to trace of each."""
    model, config = build(case["model"]), case["optimizer"]
    parameters = dict(model.named_parameters())
    values = {**case["parameters"], **case["buffers"]}  # strict would ask for a shared layer twice
    model.load_state_dict({name: array(value) for name, value in values.items()}, strict=False)
    groups = config.get("groups", [])
    grouped = {name for group in groups for name in group["parameters"]}
    groups = [{"parameters": [name for name in parameters if name not in grouped]}, *groups]
    optimizer = AdaAct(
        model,
        [dict(group, params=[parameters[p] for p in group["parameters"]]) for group in groups],
        *(config[name] for name in ("lr", "betas", "eps", "weight_decay")),
    )
    owned = {p for _, module in optimizer.layers.values() for p in module.parameters()}
    plain = [name for name, p in parameters.items() if p not in owned]
    restore(optimizer, case.get("state", {"step": 0, "layers": {}}))

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


def restore(optimizer, state):  # S20
    optimizer.param_groups[0]["t"] = state["step"]
    for weight, (name, module) in optimizer.layers.items():
        if name in state["layers"]:
            ema, momentum = state["layers"][name]["ema"], state["layers"][name]["momentum"]
            ema = torch.tensor([float(v) for v in ema]).view(getattr(module, "groups", 1), -1)
            optimizer.state[weight] = {"ema": ema, "momentum": array(momentum)}


def loss_of(loss, output, target):
    if loss["type"] == "mse":
        return F.mse_loss(output, array(target))
    smoothing = loss.get("label_smoothing", 0.0)
    return F.cross_entropy(output, torch.tensor(target), label_smoothing=smoothing)


# In the files, numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity".


def array(tensor):
    return torch.tensor([float(value) for value in tensor["data"]]).view(tensor["shape"])


def numbers(array):
    return [x if math.isfinite(x) else json.dumps(x) for x in array.flatten().tolist()]


def tensor(array):
    return {"shape": list(array.shape), "data": numbers(array)}


if __name__ == "__main__":
    *options, case_path, trace_path = sys.argv[1:]
    dtype = "float32" if options == ["--float32"] else "float64"
    torch.set_default_dtype(getattr(torch, dtype))
    producer = {"name": "PyTorch", "version": torch.__version__, "dtype": dtype, "device": "cpu"}
    case = json.loads(Path(case_path).read_text())
    trace = {
        "schema": "adaact.trace/1",
        "case": case["name"],
        "producer": producer,
        "steps": list(run(case)),
    }
    Path(trace_path).write_text(json.dumps(trace))
