"""Models as cases have them, in PyTorch, under the same names."""

import torch
from torch import nn
from torch.nn import functional as F


class Branches(nn.Module):
    """Runs lists of layers on the same input, and joins their outputs."""

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
            module = sequence.get_submodule(spec["of"])  # S17
        else:
            module = MODULES[spec["type"]](spec)
        sequence.add_module(spec.get("name", str(place)), module)
    return sequence
