"""AdaAct in NumPy: the optimizer alone. Read it first.

    optimizer = AdaAct(config, state)  # both as a case has them
    optimizer.observe(name, rows)  # every use of a layer in training, before the step
    optimizer.step(parameters, gradients, lr)

S1 to S20 are the clauses of spec.md. numpy_port.py runs cases with it.
"""

import numpy as np


class AdaAct:
    """The optimizer. Its state is t, V and M by layer (S20); stages has the results of a step."""

    def __init__(self, config, state):
        self.config, self.stages = config, {}
        self.t = state["step"]
        self.V = {name: np.array(layer["ema"], float) for name, layer in state["layers"].items()}
        self.M = {name: array(layer["momentum"]) for name, layer in state["layers"].items()}

    def observe(self, name, rows):
        """Observes the input rows [N, columns] of a layer, at every use (S2, S17)."""
        beta2 = self.config["betas"][1]
        A = np.mean(rows**2, axis=0)  # S3
        V = 0 if self.t == 0 else self.V[name]  # S6
        self.V[name] = beta2 * V + (1 - beta2) * A  # S6
        stages = self.stages.setdefault(name, {"mean_square": []})
        stages["mean_square"].append(A)
        stages["ema"] = self.V[name]

    def step(self, parameters, gradients, lr):
        """Takes a step along the given gradients, [out, columns] by layer (S9, S15)."""
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
        """The rate and the decay of a parameter; lr is the scheduled rate of the step (S14)."""
        groups = self.config.get("groups", [])
        group = next((group for group in groups if parameter in group["parameters"]), {})
        eta = group.get("lr", self.config["lr"])
        if lr is not None:
            eta = lr * eta / self.config["lr"] if "lr" in group else lr
        return eta, group.get("weight_decay", self.config["weight_decay"])


def array(tensor):
    return np.array(tensor["data"], float).reshape(tensor["shape"])
