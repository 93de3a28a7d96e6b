"""A convolutional network on ``digits.npz``, with options to wait and to end abnormally.

go: bucket and key of an object. The step ``hold_at`` waits until there is one.
"""

import argparse
import os
import time

import numpy as np
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int)
parser.add_argument("--batch_size", type=int, default=20)
parser.add_argument("--learning_rate", type=float, default=0.1)
parser.add_argument("--raise_at", type=int, default=-1)
parser.add_argument("--hold_at", type=int, default=-1)
parser.add_argument("--go", default="")
parser.add_argument("--every_s", type=float, default=0.0)
wishes = parser.parse_args()


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.relu1 = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(6 * 12 * 12, 32)
        self.relu2 = nn.ReLU()
        self.fc2 = nn.Linear(32, 10)

    def forward(self, images):
        features = self.pool(self.relu1(self.conv1(images)))
        return self.fc2(self.relu2(self.fc1(features.flatten(1))))


def wait_for_the_go():
    import boto3

    bucket, _, key = wishes.go.partition("/")
    while not boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"]:
        time.sleep(0.1)


torch.manual_seed(0)
data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "digits.npz"))
images = torch.tensor(data["images"], dtype=torch.float32).reshape(-1, 1, 28, 28) / 255
labels = torch.tensor(data["labels"])
order = np.random.RandomState(0).permutation(len(labels))
network = LeNet()
loss_of = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(network.parameters(), lr=wishes.learning_rate)
for step in range(wishes.steps):
    batch = order[step * wishes.batch_size % 4000 :][: wishes.batch_size]
    loss = loss_of(network(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step} loss {loss.item():.4f}", flush=True)
    if step == wishes.raise_at:
        raise RuntimeError(f"the learning rate of step {step} must not be negative")
    if step == wishes.hold_at:
        wait_for_the_go()
    time.sleep(wishes.every_s)
torch.save(network.state_dict(), os.path.join(os.environ["SM_MODEL_DIR"], "model.pt"))
