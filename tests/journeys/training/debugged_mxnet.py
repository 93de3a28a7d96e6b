"""A Gluon network of convolutions and dense layers on ``digits.npz``, as the tensor tutorial trains it."""

import argparse
import os

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon

parser = argparse.ArgumentParser()
parser.add_argument("--batch-size", type=int)
parser.add_argument("--learning_rate", type=float)
parser.add_argument("--steps", type=int)
wishes = parser.parse_args()

mx.random.seed(0)
data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "digits.npz"))
images = data["images"].reshape(-1, 1, 28, 28).astype(np.float32) / 255
labels = data["labels"].astype(np.float32)
order = np.random.RandomState(0).permutation(len(labels))
network = gluon.nn.HybridSequential()
network.add(
    gluon.nn.Conv2D(6, 5, activation="relu"),
    gluon.nn.MaxPool2D(2),
    gluon.nn.Conv2D(8, 3, activation="relu"),
    gluon.nn.MaxPool2D(2),
    gluon.nn.Flatten(),
    gluon.nn.Dense(32, activation="relu"),
    gluon.nn.Dense(10),
)
network.initialize(mx.init.Xavier())
network.hybridize()
trainer = gluon.Trainer(network.collect_params(), "sgd", {"learning_rate": wishes.learning_rate})
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
for step in range(wishes.steps):
    batch = order[step * wishes.batch_size :][: wishes.batch_size]
    with autograd.record():
        loss = loss_of(network(mx.nd.array(images[batch])), mx.nd.array(labels[batch]))
    loss.backward()
    trainer.step(wishes.batch_size)
    print(f"step {step} loss {loss.mean().asscalar():.4f}", flush=True)
network.export(os.path.join(os.environ["SM_MODEL_DIR"], "model"))
