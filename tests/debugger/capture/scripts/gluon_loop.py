"""A small Gluon loop without any debugging code. Argument: hybrid."""

import sys

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

mx.random.seed(0)
np.random.seed(0)
net = gluon.nn.HybridSequential()
net.add(
    gluon.nn.Conv2D(4, 3, activation="relu"),
    gluon.nn.MaxPool2D(2),
    gluon.nn.Flatten(),
    gluon.nn.Dense(16, activation="relu"),
    gluon.nn.Dense(3),
)
net.initialize(mx.init.Xavier())
if "hybrid" in sys.argv:
    net.hybridize()
criterion = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
# HOOK: the reference registers here
for _ in range(6):
    x, y = nd.array(np.random.randn(4, 1, 8, 8)), nd.array([0, 1, 2, 0])
    with autograd.record():
        loss = criterion(net(x), y)
    loss.backward()
    trainer.step(4)
# END
