"""Trainings without a fault: ``python healthy.py NAME SEED``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import torch
from data import cancer, diabetes, digits, patches, text, wine
from loop import fit
from models import Attention, ConvNet, NormalizedConvNet, Residual, TextNet, dense
from torch import nn, optim


def dense_net(seed: int) -> None:
    model = dense(64, 64, 32, 10)
    fit(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), 1e-3), digits(seed), epochs=12)


def conv_net(seed: int) -> None:
    model = ConvNet()
    optimizer = optim.SGD(model.parameters(), 0.02, momentum=0.9)
    fit(model, nn.CrossEntropyLoss(), optimizer, digits(seed), epochs=8)


def batchnorm_dropout(seed: int) -> None:
    model = NormalizedConvNet()
    fit(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), 2e-3), digits(seed), epochs=8)


def tanh_net(seed: int) -> None:
    model, data = dense(30, 32, 16, 1, activation=nn.Tanh), cancer(seed)
    data = data._replace(y=data.y[:, None].float(), validation_y=data.validation_y[:, None].float())
    optimizer = optim.SGD(model.parameters(), 0.02, momentum=0.9, weight_decay=1e-3)
    fit(model, nn.BCEWithLogitsLoss(), optimizer, data, epochs=20)


def lstm(seed: int) -> None:
    model = TextNet()
    fit(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), 4e-3), text(seed), epochs=12)


def attention(seed: int) -> None:
    model = Attention()
    fit(model, nn.CrossEntropyLoss(), optim.AdamW(model.parameters(), 2e-3), text(seed), epochs=12)


def autoencoder(seed: int) -> None:
    model = dense(64, 48, 16, 48, 64)
    fit(model, nn.MSELoss(), optim.Adam(model.parameters(), 1e-3), patches(seed), epochs=10)


def regression(seed: int) -> None:
    model = dense(10, 24, 1)
    optimizer = optim.Adam(model.parameters(), 1e-3, weight_decay=1e-2)
    fit(model, nn.MSELoss(), optimizer, diabetes(seed), epochs=25, batch=16)


def logistic(seed: int) -> None:
    model = dense(13, 3)
    fit(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), 0.02), wine(seed), epochs=30, batch=16)


def residual(seed: int) -> None:
    model = Residual()
    optimizer = optim.AdamW(model.parameters(), 1e-3)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, 8)
    fit(model, nn.CrossEntropyLoss(), optimizer, digits(seed), epochs=8, scheduler=scheduler)


def growing_batches(seed: int) -> None:
    """Batches that grow from 16 to 128; the last one of an epoch is smaller."""
    model = dense(64, 64, 10)
    optimizer = optim.SGD(model.parameters(), 0.02, momentum=0.9)
    fit(model, nn.CrossEntropyLoss(), optimizer, digits(seed), epochs=12, batch=lambda e: 16 << (e // 3))


def transfer(seed: int) -> None:
    """A network that was trained on the digits 0 to 4; its convolutions are frozen on purpose, for 5 to 9."""
    model = ConvNet()
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "weights.pt")
        environ = {**os.environ, "USE_SMDEBUG": "0"}
        subprocess.run([sys.executable, __file__, "pretrained", str(seed), weights], env=environ, check=True)
        model.load_state_dict(torch.load(weights))
    for frozen in (model.conv1, model.conv2):
        frozen.requires_grad_(False)
    model.head = nn.Linear(128, 5)
    fit(model, nn.CrossEntropyLoss(), optim.Adam(model.head.parameters(), 2e-3), _digits(seed, 5), epochs=15)


def pretrained(seed: int, weights: str) -> None:
    """Trains the network with which ``transfer`` starts. It is not a training of the zoo."""
    model = ConvNet()
    optimizer = optim.SGD(model.parameters(), 0.02, momentum=0.9)
    fit(model, nn.CrossEntropyLoss(), optimizer, _digits(seed, 0), epochs=6)
    torch.save(model.state_dict(), weights)


def _digits(seed: int, first: int) -> tuple[torch.Tensor, ...]:
    """Five of the ten digits, as classes 0 to 4."""
    data = digits(seed)
    some = (data.y >= first) & (data.y < first + 5)
    others = (data.validation_y >= first) & (data.validation_y < first + 5)
    return data._replace(
        x=data.x[some],
        y=data.y[some] - first,
        validation_x=data.validation_x[others],
        validation_y=data.validation_y[others] - first,
    )


if __name__ == "__main__":
    torch.manual_seed(int(sys.argv[2]))
    globals()[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])
