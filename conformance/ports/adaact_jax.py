"""AdaAct for JAX: pure functions in the style of optax, for use under jax.jit.

    state = init(params, ["conv", "head"])  # the layers to precondition
    state = observe(state, seen, betas)  # after every forward in training
    updates, state, stages = update(gradients, state, params, rates, betas, eps)
    params = {name: params[name] + updates[name] for name in params}

seen is {layer: [A, ...]}, an auxiliary output of the loss: jax_port.py shows how. S1 to S20 are the
clauses of spec.md.
"""

from typing import NamedTuple

from jax import numpy as jnp


class State(NamedTuple):
    """The state of the optimizer (S20)."""

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
        if f"{name}.weight" not in gradients:  # jax.grad gives zeros: leave it out yourself (S15)
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
