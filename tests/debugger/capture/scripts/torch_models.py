"""Features of real scripts: frozen and shared parameters, two models, custom losses, keyword arguments."""

import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 4, sparse=True)
        self.frozen = nn.Linear(4, 4)
        self.frozen.requires_grad_(False)

    def forward(self, tokens, scale=None):
        return {"hidden": self.frozen(self.embed(tokens)).mean(1) * scale}


class Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4, bias=False)
        self.second = nn.Linear(4, 4, bias=False)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(self.first(x))


class PickyLoss(nn.Module):
    def forward(self, prediction, target):
        return (prediction - target).abs().mean()


torch.manual_seed(0)
encoder, decoder, criterion = Encoder(), Decoder(), PickyLoss()
flatten = nn.Flatten()
parameters = [*encoder.embed.parameters(), *decoder.parameters()]
optimizer = torch.optim.SGD(parameters, lr=0.1)
for _ in range(3):
    tokens = flatten(torch.randint(0, 10, (5, 2, 3)))
    optimizer.zero_grad()
    prediction = decoder(encoder(tokens=tokens, scale=torch.tensor(2.0))["hidden"])
    value = criterion(prediction, torch.zeros(5, 4)) + (prediction**2).mean()
    value.backward()
    optimizer.step()
