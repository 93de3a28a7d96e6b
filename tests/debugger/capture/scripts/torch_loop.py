"""A small loop. Arguments: compile, functional, bfloat16, checkpoint, ddp, die, full."""

import atexit
import glob
import json
import os
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

asked = set(sys.argv[1:])


def leave() -> None:
    sys.stdout.flush()
    os._exit(0)


if "ddp" in asked:
    # Gloo of torch 2.13 sometimes aborts at exit, when its threads end. The handler that is registered first
    # is called last, and ends the process before that.
    atexit.register(leave)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 16)
        self.relu = nn.ReLU()
        self.out = nn.Linear(16, 3)

    def forward(self, x):
        hidden = checkpoint(self.fc, x, use_reentrant=False) if "checkpoint" in asked else self.fc(x)
        return self.out(self.relu(hidden))


torch.manual_seed(0)
net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
model = net
if "compile" in asked:
    model = torch.compile(net, fullgraph=True, backend="aot_eager")
if "ddp" in asked:
    torch.distributed.init_process_group("gloo")
    torch.manual_seed(torch.distributed.get_rank())
    model = nn.parallel.DistributedDataParallel(net)
if "full" in asked:
    # From here on, writes fail as on a full disk. By now torch has written its own files.
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
# HOOK: the reference registers here
for step in range(6):
    model.train()
    # MODE TRAIN
    x, y = torch.randn(4, 8), torch.randint(0, 3, (4,))
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled="bfloat16" in asked):
        prediction = model(x)
        loss = F.cross_entropy(prediction, y) if "functional" in asked else criterion(prediction, y)
    loss.backward()
    optimizer.step()
    if step == 3:
        model.eval()
        # MODE EVAL
        with torch.no_grad():
            criterion(model(x), y)
    if "die" in asked and step == 4:
        with open(os.environ["SMDEBUG_CONFIG_FILE_PATH"]) as config:
            folder = json.load(config)["LocalPath"]
        while not glob.glob(folder + "/index/*/*.json"):
            time.sleep(0.01)
        os._exit(9)
# END
print("last weight", float(net.fc.weight.detach().double().sum()))
