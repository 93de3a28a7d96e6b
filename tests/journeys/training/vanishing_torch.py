"""Trains slowly a network whose gradients are far too small to learn from."""

import argparse
import time

import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=5000)
parser.add_argument("--pause-s", type=float, default=0.02)
parser.add_argument("--scale", type=float, default=1e-12)
given, _ = parser.parse_known_args()

torch.manual_seed(0)
torch.set_num_threads(1)
net = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
data = torch.randn(64, 16)
labels = (data[:, 0] > 0).long()
for _ in range(given.steps):
    optimizer.zero_grad()
    loss = criterion(net(data), labels)
    (loss * given.scale).backward()
    optimizer.step()
    time.sleep(given.pause_s)
print("trained to the end")
