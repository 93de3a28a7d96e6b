"""A small Gluon network on ``digits.npz``."""

import argparse
import os

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon

parser = argparse.ArgumentParser()
parser.add_argument("--batch-size", type=int)
parser.add_argument("--epochs", type=int)
parser.add_argument("--learning_rate", type=float)
wishes = parser.parse_args()

mx.random.seed(0)
data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "digits.npz"))
order = np.random.RandomState(0).permutation(len(data["labels"]))
images = data["images"][order].reshape(-1, 784).astype(np.float32) / 255
labels = data["labels"][order].astype(np.float32)
network = gluon.nn.HybridSequential()
network.add(gluon.nn.Dense(64, activation="relu"), gluon.nn.Dense(10))
network.initialize(mx.init.Xavier())
network.hybridize()
trainer = gluon.Trainer(network.collect_params(), "sgd", {"learning_rate": wishes.learning_rate})
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
for _ in range(wishes.epochs):
    for begin in range(0, 4000, wishes.batch_size):
        batch = mx.nd.array(images[begin : begin + wishes.batch_size])
        with autograd.record():
            loss = loss_of(network(batch), mx.nd.array(labels[begin : begin + wishes.batch_size]))
        loss.backward()
        trainer.step(wishes.batch_size)
right = network(mx.nd.array(images[4000:])).argmax(axis=1).asnumpy() == labels[4000:]
print(f"accuracy={right.mean():.4f}")
network.export(os.path.join(os.environ["SM_MODEL_DIR"], "model"))
