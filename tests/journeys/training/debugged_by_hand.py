"""A script that saves more than is captured by default; it also runs without a capture."""

import torch

from clary.debugger.capture import save_scalar, save_tensor

torch.manual_seed(0)
network = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
for step in range(4):
    optimizer.param_groups[0]["lr"] = 0.5 / 2**step
    loss = network(torch.full((3, 4), float(step))).square().sum()
    save_scalar("learning_rate", optimizer.param_groups[0]["lr"])
    save_scalar("loss", loss, sm_metric=True)
    save_tensor("samples", torch.full((3, 4), float(step)), collections="mine")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"ended at {loss.item():.4f}")
