"""Trains a network with ``--hidden_channels`` on ``digits.npz``, and tracks itself."""

import argparse
import os

import numpy as np
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
parser.add_argument("--hidden_channels", type=int)
parser.add_argument("--backend", default="")
parser.add_argument("--dropout", type=float, default=0.0)
wishes = parser.parse_args()

torch.manual_seed(0)
torch.set_num_threads(1)
data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAINING"], "digits.npz"))
order = np.random.default_rng(0).permutation(len(data["labels"]))
images = torch.tensor(data["images"][order], dtype=torch.float32).reshape(-1, 1, 28, 28) / 255
labels = torch.tensor(data["labels"][order])
network = nn.Sequential(
    nn.Conv2d(1, wishes.hidden_channels, 5, stride=2),
    nn.ReLU(),
    nn.Dropout(wishes.dropout),
    nn.Conv2d(wishes.hidden_channels, 20, 5, stride=2),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(320, 10),
)
optimizer = torch.optim.Adam(network.parameters(), lr=0.003)
for epoch in range(wishes.epochs):
    network.train()
    for begin in range(0, 2000, 50):
        loss = nn.functional.cross_entropy(network(images[begin : begin + 50]), labels[begin : begin + 50])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    network.eval()
    with torch.no_grad():
        answers = network(images[4000:])
        test_loss = nn.functional.cross_entropy(answers, labels[4000:]).item()
        right = (answers.argmax(1) == labels[4000:]).float().mean().item()
    print(f"Train Epoch: {epoch}, Train Loss: {loss.item():.6f};", flush=True)
    print(f"Test set: Average loss: {test_loss:.4f}, Accuracy: {right:.4f};", flush=True)
torch.jit.script(network).save(os.path.join(os.environ["SM_MODEL_DIR"], "model.pt"))
