"""Data-parallel training over the hosts of the cluster, each on samples of its own."""

import atexit
import json
import os

# Gloo of torch 2.13 now and then aborts while its threads are taken down, after all else is done: whoever
# registers first is called last, and leaves before that.
atexit.register(os._exit, 0)

import torch  # noqa: E402
import torch.distributed as dist  # noqa: E402
from torch import nn  # noqa: E402

hosts = json.loads(os.environ["SM_HOSTS"])
rank = hosts.index(os.environ["SM_CURRENT_HOST"])
dist.init_process_group("gloo", f"tcp://{hosts[0]}:29512", rank=rank, world_size=len(hosts))

torch.manual_seed(0)
network = nn.parallel.DistributedDataParallel(nn.Linear(8, 1))
optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
inputs = torch.randn(64, 8, generator=torch.Generator().manual_seed(rank))
targets = inputs.sum(1, keepdim=True)
for step in range(5):
    loss = nn.functional.mse_loss(network(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step} loss {loss.item():.4f}", flush=True)
dist.barrier()
