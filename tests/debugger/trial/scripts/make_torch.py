"""A small training with a hook of the real smdebug: weights, gradients, losses, inputs, reductions, modes."""

import json
import sys

import smdebug.pytorch as smd
import torch

arguments = json.loads(sys.argv[1])
torch.manual_seed(0)
model = torch.nn.Sequential(
    torch.nn.Conv2d(1, 3, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(108, 4)
)
# Reductions of integers are beyond the library: labels are numbers with a fraction where it makes some.
loss_function = torch.nn.MSELoss() if arguments["reduced"] else torch.nn.CrossEntropyLoss()
hook = smd.Hook(
    out_dir=arguments["root"],
    save_config=smd.SaveConfig(save_interval=2),
    reduction_config=None
    if not arguments["reduced"]
    else smd.ReductionConfig(reductions=["mean", "max"], abs_reductions=["min"], norms=["l2"]),
    save_all=True,
)
hook.register_module(model)
hook.register_loss(loss_function)
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for step in range(6):
    training = step % 3 < 2
    model.train(training)
    hook.set_mode(smd.modes.TRAIN if training else smd.modes.EVAL)
    labels = torch.randn(5, 4) if arguments["reduced"] else torch.randint(0, 4, (5,))
    loss = loss_function(model(torch.randn(5, 1, 8, 8)), labels)
    if training:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
hook.close()
print("{}")
