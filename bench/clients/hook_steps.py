"""Measures steps of a PyTorch training with and without a debug hook, and a plain write of the same bytes.

Runs in an environment with torch, and with smdebug if that is the hook. Two models with the same seed run
alternately, in blocks of steps, so that other load of the machine affects both equally.
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
    """Clary's hook. Its patches are installed and removed, so that the other model runs without them."""

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
        """Installs or removes the hook."""
        for place, name, bare, hooked in self._changed:
            setattr(place, name, hooked if on else bare)

    def wait(self) -> None:
        """Waits until all steps are on disk."""
        if self._hook.recorder is not None:
            self._hook.recorder.flush()
            self._hook.recorder.writer.flush()

    def _places(self) -> dict[tuple[Any, str], Any]:
        places = (torch.nn.Module, torch.nn.functional, torch.Tensor, torch.optim.Optimizer)
        return {(place, name): value for place in places for name, value in vars(place).items()}


class Smdebug:
    """smdebug's hook, which is registered in one model only."""

    def __init__(self, training: Training, config: str) -> None:
        import smdebug.pytorch as smd

        logging.disable()  # its log lines would be mixed with the results
        self._hook = smd.Hook.create_from_json_file(config)
        self._hook.register_module(training.net)
        self._hook.register_loss(training.criterion)
        self._hook.set_mode(smd.modes.TRAIN)

    def turn(self, *, on: bool) -> None:
        """Does nothing: the hook is in one model only."""

    def wait(self) -> None:
        """Does nothing: smdebug writes within the step."""


def main(
    hook: str, model: str, config: str, folder: str, blocks: int, steps: int, wait: bool
) -> dict[str, Any]:
    """Seconds per step of each block, without and with the hook, and of a plain write of a step's bytes.

    wait: whether the time includes the wait until the bytes are on disk.
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
    """Arrays of the sizes of the records of the last saved step; empty if none was saved."""
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
