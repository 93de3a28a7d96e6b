"""A network with activations as modules and as functions. Module names do not contain the activation."""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(32, 32)

    def forward(self, x):
        return F.relu(self.linear(x), inplace=True).tanh()


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.act = nn.ReLU()
        self.block = Block()
        self.gate = nn.Sigmoid()
        self.out = nn.Linear(32, 3)

    def forward(self, x):
        x = self.act(self.conv(x * 2.0)).flatten(1)
        x = torch.relu(x)
        return self.out(self.gate(self.block(x)))


torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(4):
    optimizer.zero_grad()
    F.cross_entropy(net(torch.randn(8, 1, 4, 4)), torch.randint(0, 3, (8,))).backward()
    optimizer.step()
assert torch.overrides._len_torch_function_stack() == 0
print("last weight", float(net.out.weight.detach().double().sum()))
