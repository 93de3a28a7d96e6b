"""A convolutional network for handwritten digits; an ordinary SageMaker training script."""

import argparse
import os

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=4)
parser.add_argument("--lr", type=float, default=0.002)
parser.add_argument("--batch-size", type=int, default=64)
parser.add_argument("--training", default=os.environ.get("SM_CHANNEL_TRAINING"))
parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
args = parser.parse_args()

torch.manual_seed(0)
data = np.load(os.path.join(args.training, "digits.npz"))
images = torch.from_numpy(data["images"]).float().reshape(-1, 1, 28, 28).div(255).sub(0.1307).div(0.3081)
labels = torch.from_numpy(data["labels"]).long()
order = torch.randperm(len(labels))
train, test = order[:4000], order[4000:]
print(f"{len(train)} digits to learn from, {len(test)} to test with, torch {torch.__version__}")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5)
        self.conv2 = nn.Conv2d(16, 32, 5)
        self.fc1 = nn.Linear(512, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
for epoch in range(1, args.epochs + 1):
    model.train()
    shuffled = train[torch.randperm(len(train))]
    for step, batch in enumerate(shuffled.split(args.batch_size)):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        if step % 20 == 0:
            print(f"epoch {epoch} step {step:3d} loss {loss.item():.4f}")
    model.eval()
    with torch.no_grad():
        accuracy = (model(images[test]).argmax(1) == labels[test]).float().mean().item()
    print(f"epoch {epoch} test accuracy {accuracy:.4f}")

torch.save(model.state_dict(), os.path.join(args.model_dir, "model.pth"))
