"""inference.py of the network that ``training/torch_digits.py`` saves; the rest are defaults."""

import os

import torch


def model_fn(model_dir):
    network = torch.jit.load(os.path.join(model_dir, "model.pt"))
    return network.eval()


def predict_fn(images, network):
    with torch.no_grad():
        return network(torch.as_tensor(images, dtype=torch.float32)).softmax(1)
