"""The training loop that all trainings share. It contains no debugging code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from data import Data


def fit(
    model: torch.nn.Module,
    criterion: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    optimizer: torch.optim.Optimizer,
    data: Data,
    *,
    epochs: int,
    batch: int | Callable[[int], int] = 32,
    scheduler: torch.optim.lr_scheduler.LRScheduler | None = None,
) -> None:
    """Trains, and evaluates the validation data after each epoch. batch: its size, or the size by epoch."""
    for epoch in range(epochs):
        size = batch if isinstance(batch, int) else batch(epoch)
        model.train()
        for rows in torch.randperm(len(data.x)).split(size):
            optimizer.zero_grad()
            loss = criterion(model(data.x[rows]), data.y[rows])
            loss.backward()
            optimizer.step()
        if scheduler is not None:
            scheduler.step()
        model.eval()
        with torch.no_grad():
            for x, y in zip(data.validation_x.split(128), data.validation_y.split(128), strict=True):
                loss = criterion(model(x), y)
        print(f"epoch {epoch} validation loss {loss.item():.4f}", flush=True)
