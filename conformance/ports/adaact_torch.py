"""AdaAct for PyTorch 1.13 or newer: an optimizer to copy into a training script.

    optimizer = AdaAct(model, lr=0.1, weight_decay=0.002)

It observes the inputs of the model's Linear and Conv2d layers; otherwise use it like any optimizer.
S1 to S20 are the clauses of spec.md. torch_port.py runs cases with it.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F


class AdaAct(torch.optim.Optimizer):
    """Scales gradients by the inverse root of a moving average of each layer's squared inputs.

    groups is what other optimizers call params: parameters, or groups of them with an lr or
    weight_decay of their own. Without it, all parameters of the model are trained.
    """

    def __init__(self, model, groups=None, lr=0.1, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "t": 0}
        super().__init__(model.parameters() if groups is None else groups, defaults)
        trained = {p for group in self.param_groups for p in group["params"] if p.requires_grad}
        self.layers = {}  # by weight: layers that share it are one (S17)
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
        """Does nothing; replace it to see the stages as they are computed."""

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
