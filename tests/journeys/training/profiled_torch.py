"""Trains for some seconds, and pauses after every fortieth step, as if it saved a model."""

import time

import torch
from torch import nn

STEPS, EVERY, PAUSE_S = 440, 40, 0.6

torch.manual_seed(0)
network = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 8))
optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
images, labels = torch.randn(64, 64), torch.randint(8, (64,))
for step in range(STEPS):
    loss = nn.functional.cross_entropy(network(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % EVERY == 0:
        time.sleep(PAUSE_S)
network.eval()
with torch.no_grad():
    for _ in range(5):
        network(images)
print(f"trained to a loss of {loss.item():.3f}")
