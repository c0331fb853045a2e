"""Thirty steps of the authors' code in float64, loss by loss: makes authors.json.

    PYTHONPATH=ADAACT/cifar10 python authors.py >authors.json

ADAACT is a checkout of github.com/hseung88/adaact at bbfcfad; PyTorch 2.11.0 on the CPU.
"""

import json

import torch
from models import resnet20
from optimizers.adaact import AdaAct

BATCH, STEPS = 8, 30
MEAN = torch.tensor([0.4914, 0.4822, 0.4465], dtype=torch.float64).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.2470, 0.2435, 0.2616], dtype=torch.float64).view(1, 3, 1, 1)


def image(number):
    """An image by a formula that authors.rs has as well; its class is number % 10."""
    c, y, x = torch.meshgrid(*(torch.arange(n) for n in (3, 32, 32)), indexing="ij")
    wave = (c + 2) * x * (number % 7 + 1) + y * (number % 10 * 5 + 3) + x * y * (number % 3)
    return (wave + 41 * c + 13 * number) % 256


def losses(optim):
    torch.manual_seed(0)
    model = resnet20()
    parameters = list(model.parameters())
    if optim == "adaact":
        optimizer = AdaAct(parameters, lr=0.1, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.002)
        optimizer.model = model
    elif optim == "sgd":
        optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=5e-4)
    elif optim == "adam":
        optimizer = torch.optim.Adam(parameters, lr=0.001, weight_decay=5e-4)
    else:
        optimizer = torch.optim.AdamW(parameters, lr=0.001, weight_decay=0.5)
    model.train()
    for step in range(STEPS):
        numbers = range(step * BATCH, (step + 1) * BATCH)
        images = torch.stack([image(number) for number in numbers]).double() / 255
        optimizer.zero_grad()
        logits = model((images - MEAN) / DEVIATION)
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([n % 10 for n in numbers]))
        loss.backward()
        optimizer.step()
        yield loss.item()


torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
print(json.dumps({optim: list(losses(optim)) for optim in ["adaact", "sgd", "adam", "adamw"]}))
