"""Trains a small convolutional network on ``digits.npz``."""

import argparse
import os

import numpy as np
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
parser.add_argument("--learning-rate", type=float)
parser.add_argument("--training", default=os.environ.get("SM_CHANNEL_TRAINING"))
parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
wishes = parser.parse_args()

torch.manual_seed(0)
data = np.load(os.path.join(wishes.training, "digits.npz"))
order = np.random.default_rng(0).permutation(len(data["labels"]))
images = torch.tensor(data["images"][order], dtype=torch.float32).reshape(-1, 1, 28, 28) / 255
labels = torch.tensor(data["labels"][order])
network = nn.Sequential(
    nn.Conv2d(1, 8, 5, stride=2),
    nn.ReLU(),
    nn.Conv2d(8, 16, 5, stride=2),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(256, 10),
)
optimizer = torch.optim.Adam(network.parameters(), lr=wishes.learning_rate)
for epoch in range(wishes.epochs):
    for begin in range(0, 4000, 50):
        loss = nn.functional.cross_entropy(network(images[begin : begin + 50]), labels[begin : begin + 50])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = (network(images[4000:]).argmax(1) == labels[4000:]).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} test accuracy {right:.4f}", flush=True)
torch.jit.script(network).save(os.path.join(wishes.model_dir, "model.pt"))
