"""Models and losses that are distinguished by their parameters, not by their names. Argument: which."""

import sys

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(8, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x)))


class ModelWithLoss(nn.Module):
    def __init__(self, model, loss) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, x, y):
        return self.loss(self.model(x), y)


class WeightedLoss(nn.Module):
    """A loss that has a parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, scores, y):
        return self.scale**2 * (scores - nn.functional.one_hot(y, 3)).square().mean()


class Criterion(nn.Module):
    def __init__(self, module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *given):
        return self.module(*given)


class Distance(nn.Module):
    def forward(self, scores, y):
        return (scores - nn.functional.one_hot(y, 3)).abs().mean()


torch.manual_seed(0)
net = Net()
which = sys.argv[1]
if which == "model with loss":
    step = ModelWithLoss(net, nn.CrossEntropyLoss())
elif which == "after a first look":
    net(torch.randn(5, 8))
    step = ModelWithLoss(net, nn.CrossEntropyLoss())
else:
    criterion = WeightedLoss() if which == "loss with a parameter" else Criterion(Distance())

    def step(x, y):
        return criterion(net(x), y)


optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(4):
    optimizer.zero_grad()
    step(torch.randn(5, 8), torch.randint(0, 3, (5,))).backward()
    optimizer.step()
