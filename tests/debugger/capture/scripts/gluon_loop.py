"""A small Gluon loop that knows nothing of debugging. Argument: hybrid."""

import sys

import numpy as np, mxnet as mx
from mxnet import gluon, autograd, nd

mx.random.seed(0)
np.random.seed(0)
net = gluon.nn.HybridSequential()
with net.name_scope():
    net.add(
        gluon.nn.Conv2D(4, 3, activation="relu"),
        gluon.nn.MaxPool2D(2),
        gluon.nn.Flatten(),
        gluon.nn.Dense(16, activation="relu"),
        gluon.nn.Dense(3),
    )
net.initialize(mx.init.Xavier())
net.hybridize() if "hybrid" in sys.argv else None
loss_fn = gluon.loss.SoftmaxCrossEntropyLoss()
tr = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
# HOOK
for i in range(6):
    x = nd.array(np.random.randn(4, 1, 8, 8))
    y = nd.array([0, 1, 2, 0])
    with autograd.record():
        o = net(x)
        l = loss_fn(o, y)
    l.backward()
    tr.step(4)
print(l.mean().asscalar())
# END
