"""Times steps of a PyTorch training with a debug hook and without, and a plain write of the same bytes.

Runs in an environment with torch; with smdebug where that is the hook. Two models of one seed take turns,
block by block, so that what else the machine does is the same for both.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

CLASSES = 10


def lenet() -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    features = (nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.ReLU())
    head = (nn.MaxPool2d(2), nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, CLASSES))
    return nn.Sequential(*features, *head), torch.randn(128, 1, 28, 28)


def mlp() -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for _ in range(4):
        layers += [nn.Linear(1024, 1024), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(1024, CLASSES)), torch.randn(64, 1024)


class Training:
    """One model with its optimizer, on one batch."""

    def __init__(self, name: str) -> None:
        self.net, self.x = {"lenet": lenet, "mlp": mlp}[name]()
        self.y = torch.arange(len(self.x)) % CLASSES
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.01)

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.optimizer.zero_grad()
            self.criterion(self.net(self.x), self.y).backward()
            self.optimizer.step()


class Clary:
    """Its patches are put in and taken out, so that the other model runs as if it had never been there."""

    def __init__(self, training: Training, config: str) -> None:
        from clary.debugger.capture import pytorch
        from clary.debugger.capture.configuration import read_settings

        del training
        before = self._places()
        self._hook = pytorch.attach(torch, read_settings(config))
        after = self._places()
        self._changed = [(place, name, before[place, name], after[place, name]) for place, name in before]
        self._changed = [each for each in self._changed if each[2] is not each[3]]
        self.turn(on=False)

    def turn(self, *, on: bool) -> None:
        for place, name, bare, hooked in self._changed:
            setattr(place, name, hooked if on else bare)

    def wait(self) -> None:
        """Until all is on disk."""
        if self._hook.recorder is not None:
            self._hook.recorder.flush()
            self._hook.recorder.writer.flush()

    def _places(self) -> dict[tuple[Any, str], Any]:
        places = (torch.nn.Module, torch.nn.functional, torch.Tensor, torch.optim.Optimizer)
        return {(place, name): value for place in places for name, value in vars(place).items()}


class Smdebug:
    """Hooks one model only; the other one runs as it is."""

    def __init__(self, training: Training, config: str) -> None:
        import smdebug.pytorch as smd

        logging.disable()  # it prints among the results
        self._hook = smd.Hook.create_from_json_file(config)
        self._hook.register_module(training.net)
        self._hook.register_loss(training.criterion)
        self._hook.set_mode(smd.modes.TRAIN)

    def turn(self, *, on: bool) -> None:
        """Nothing: it is in one model."""

    def wait(self) -> None:
        """Nothing: it writes within the step."""


def main(
    hook: str, model: str, config: str, folder: str, blocks: int, steps: int, wait: bool
) -> dict[str, Any]:
    """Seconds a step of each block: bare, hooked, and what writing the bytes of a saved step takes.

    wait: until the bytes are on disk, within the time; otherwise after it.
    """
    bare, hooked = Training(model), Training(model)
    contestant = {"clary": Clary, "smdebug": Smdebug}[hook](hooked, config)
    bare.steps(steps)
    contestant.turn(on=True)
    hooked.steps(steps)
    contestant.wait()
    arrays = saved_arrays(Path(folder))
    found: dict[str, list[float]] = {"bare": [], "hooked": [], "write": []}
    for _ in range(blocks):
        contestant.turn(on=False)
        began = time.perf_counter()
        bare.steps(steps)
        found["bare"].append((time.perf_counter() - began) / steps)

        contestant.turn(on=True)
        began = time.perf_counter()
        hooked.steps(steps)
        if wait:
            contestant.wait()
        found["hooked"].append((time.perf_counter() - began) / steps)
        contestant.wait()

        found["write"].append(plain_write(Path(folder) / "plain", arrays, steps if wait else 1))
        shutil.rmtree(Path(folder) / "plain")
        shutil.rmtree(Path(folder) / "tensors/events", ignore_errors=True)
    return {**found, "bytes": sum(array.nbytes for array in arrays), "tensors": len(arrays)}


def saved_arrays(folder: Path) -> list[Any]:
    """One array for each tensor of the last step that was saved, of its record's size; empty for none."""
    indexes = sorted((folder / "tensors/index").glob("*/*.json"))
    entries = json.loads(indexes[-1].read_text())["tensor_payload"] if indexes else []
    return [np.ones(entry["length"], np.uint8) for entry in entries]


def plain_write(folder: Path, arrays: list[Any], steps: int) -> float:
    folder.mkdir()
    began = time.perf_counter()
    for step in range(steps):
        with (folder / str(step)).open("wb", buffering=0) as file:
            for array in arrays:
                file.write(array)
    return (time.perf_counter() - began) / steps


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
