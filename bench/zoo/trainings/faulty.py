"""Trainings with one fault each, as users make them by mistake: ``python faulty.py NAME SEED``."""

from __future__ import annotations

import sys

import torch
from data import cancer, diabetes, digits, text, wine
from loop import fit
from models import ConvNet, TextNet, dense
from torch import nn, optim


def vanishing_gradient(seed: int) -> None:
    """Sixteen sigmoid layers without residual connections."""
    model = dense(64, *[48] * 16, 10, activation=nn.Sigmoid)
    fit(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), 0.05), digits(seed), epochs=8)


def exploding_gradient(seed: int) -> None:
    """A recurrent ReLU network with too large recurrent weights and without clipping."""
    model = TextNet(nn.RNN, nonlinearity="relu")
    nn.init.normal_(model.recurrent.weight_hh_l0, std=0.5)
    fit(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), 0.05), text(seed), epochs=8)


def dead_relu(seed: int) -> None:
    """A large negative bias in the middle: the layer is always zero and gets no gradient."""
    model = dense(64, 64, 32, 10)
    nn.init.constant_(model[3].bias, -8.0)
    fit(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), 1e-3), digits(seed), epochs=8)


def saturated_tanh(seed: int) -> None:
    """Unscaled features, up to 1,680, in a tanh network."""
    model = dense(13, 32, 16, 3, activation=nn.Tanh)
    data = wine(seed, scaled=False)
    fit(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), 0.02, momentum=0.9), data, epochs=30)


def bad_initialization(seed: int) -> None:
    """All weights from a normal distribution with standard deviation 1, for any width."""
    model = dense(64, 128, 128, 64, 10)
    for layer in model[1::2]:
        nn.init.normal_(layer.weight)
    fit(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), 1e-3), digits(seed), epochs=8)


def frozen_layer(seed: int) -> None:
    """The optimizer gets only the parameters from the second layer on."""
    model = dense(64, 64, 32, 10)
    fit(model, nn.CrossEntropyLoss(), optim.Adam(model[3:].parameters(), 1e-3), digits(seed), epochs=12)


def rate_far_too_high(seed: int) -> None:
    model = ConvNet()
    fit(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), 0.3), digits(seed), epochs=8)


def rate_far_too_low(seed: int) -> None:
    model = ConvNet()
    fit(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), 1e-7), digits(seed), epochs=8)


def overfit(seed: int) -> None:
    """A large network, sixty patients, no regularization."""
    model, data = dense(10, 128, 128, 1), diabetes(seed)
    data = data._replace(x=data.x[:60], y=data.y[:60])
    fit(model, nn.MSELoss(), optim.Adam(model.parameters(), 1e-3), data, epochs=150, batch=20)


def overtraining(seed: int) -> None:
    """In the last 90 percent of the epochs, the loss does not improve any more."""
    model = dense(30, 32, 2)
    optimizer = optim.Adam(model.parameters(), 3e-3)
    fit(model, nn.CrossEntropyLoss(), optimizer, cancer(seed), epochs=120)


def class_imbalance(seed: int) -> None:
    """Fifteen malignant tumours and about 285 benign ones."""
    model, data = dense(30, 16, 2), cancer(seed)
    rare = (data.y == 0).nonzero().flatten()[:15]
    rows = torch.cat([(data.y == 1).nonzero().flatten(), rare])
    data = data._replace(x=data.x[rows], y=data.y[rows])
    fit(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), 0.01), data, epochs=12)


def unnormalized_images(seed: int) -> None:
    """Unscaled pixels."""
    model, data = ConvNet(), digits(seed, scaled=False)
    fit(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), 0.02, momentum=0.9), data, epochs=8)


def shuffled_labels(seed: int) -> None:
    """Images and labels of the training data are shuffled in different orders."""
    model, data = ConvNet(), digits(seed)
    data = data._replace(y=data.y[torch.randperm(len(data.y))])
    fit(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), 0.02, momentum=0.9), data, epochs=8)


def softmax_twice(seed: int) -> None:
    """A wrong loss: CrossEntropyLoss needs scores, but gets probabilities."""
    model = nn.Sequential(dense(64, 64, 32, 10), nn.Softmax(dim=1))
    fit(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), 1e-3), digits(seed), epochs=12)


def nll_of_scores(seed: int) -> None:
    """A wrong loss: NLLLoss needs log-probabilities, but gets scores."""
    model = dense(64, 64, 32, 10)
    fit(model, nn.NLLLoss(), optim.Adam(model.parameters(), 1e-3), digits(seed), epochs=12)


def nan_in_data(seed: int) -> None:
    """Three missing values, which are NaN."""
    model, data = dense(30, 32, 2), cancer(seed)
    data.x[[40, 170, 300], 5] = float("nan")
    fit(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), 1e-3), data, epochs=15)


if __name__ == "__main__":
    torch.manual_seed(int(sys.argv[2]))
    globals()[sys.argv[1]](int(sys.argv[2]))
