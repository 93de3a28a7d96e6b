"""A Gluon network with a convolution and a dense layer, and a hook of the real smdebug."""

import json
import sys

import mxnet as mx
import smdebug.mxnet as smd
from mxnet import autograd, gluon

arguments = json.loads(sys.argv[1])
mx.random.seed(0)
net = gluon.nn.HybridSequential()
net.add(gluon.nn.Conv2D(3, 3, activation="relu"), gluon.nn.Flatten(), gluon.nn.Dense(4))
net.initialize(mx.init.Xavier())
hook = smd.Hook(out_dir=arguments["root"], save_config=smd.SaveConfig(save_steps=[1, 2, 3]), save_all=True)
hook.register_hook(net)
loss_function = gluon.loss.SoftmaxCrossEntropyLoss()
hook.register_hook(loss_function)
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for _ in range(5):
    with autograd.record():
        loss = loss_function(net(mx.nd.random.normal(shape=(5, 1, 8, 8))), mx.nd.array([0, 1, 2, 3, 0]))
    loss.backward()
    trainer.step(5)
hook.close()
print("{}")
