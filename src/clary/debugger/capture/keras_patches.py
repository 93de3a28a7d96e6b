"""The patches of Keras and TensorFlow. Each one notifies the hook and calls the original exactly once."""

from __future__ import annotations

import functools
import sys
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tensors import Mode
from . import keras_activations

if TYPE_CHECKING:
    from .keras import KerasHook


def apply(keras: Any, hook: KerasHook) -> None:
    """Installs all patches."""
    _watch_steps(keras, hook)
    _watch_layers(keras, hook)
    _watch_optimizers(keras, hook)
    _watch_tapes(hook.tensorflow, hook)
    _watch_functions(hook)


def _watch_steps(keras: Any, hook: KerasHook) -> None:
    modes = {"train": Mode.TRAIN, "test": Mode.EVAL, "predict": Mode.PREDICT}
    for kind, mode in modes.items():
        make = getattr(keras.Model, "make_{}_function".format(kind))
        setattr(keras.Model, make.__name__, _watched_maker(make, kind + "_function", mode, hook))
    original = keras.Model.compute_loss

    @functools.wraps(original)
    def compute_loss(self: Any, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        if hook.watching:
            hook.labels(y)
        return original(self, x, y, *args, **kwargs)

    keras.Model.compute_loss = compute_loss


def _watched_maker(make: Any, attribute: str, mode: Mode, hook: KerasHook) -> Any:
    @functools.wraps(make)
    def make_function(self: Any, *args: Any, **kwargs: Any) -> Any:
        returned = make(self, *args, **kwargs)
        function = getattr(self, attribute)
        if function is None or getattr(function, "clary_patched", False):
            return returned
        watched = _watched_step(function, weakref.ref(self), mode, hook)
        setattr(self, attribute, watched)
        return None if returned is None else watched

    return make_function


def _watched_step(function: Any, model: Any, mode: Mode, hook: KerasHook) -> Any:
    def step(iterator: Any) -> Any:
        if not hook.active or hook.inside or not hook.enter_fit(model(), mode):
            logs = _unsaved_step(hook, function, iterator)
            if hook.capturing and not hook.inside:
                hook.keep_logs(mode, logs)
            return logs
        try:
            logs = function(iterator)
        finally:
            hook.leave()
        hook.after_fit(logs)
        hook.keep_logs(mode, logs)
        return logs

    step.clary_patched = True  # type: ignore[attr-defined]
    return step


def _unsaved_step(hook: KerasHook, function: Any, iterator: Any) -> Any:
    # Sets ``inside``, so that the hook does not take the model's call for a step of the script's own loop.
    inside, hook.inside = hook.inside, True
    try:
        return function(iterator)
    finally:
        hook.inside = inside
        hook.mark()


def _watch_layers(keras: Any, hook: KerasHook) -> None:
    original = keras.layers.Layer.__call__
    eagerly = hook.tensorflow.executing_eagerly

    @functools.wraps(original)
    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
        if hook.inside and not hook.watching:
            return original(self, *args, **kwargs)
        if not hook.inside:
            if not hook.active or not eagerly():
                if hook.function is not None:
                    hook.keep_model(self)
                return original(self, *args, **kwargs)
            if not _called_with_values(hook, args, kwargs):
                return original(self, *args, **kwargs)
            if not hook.enter_call(self, kwargs.get("training")):
                return original(self, *args, **kwargs)
            try:
                return watched(self, args, kwargs) if hook.watching else original(self, *args, **kwargs)
            finally:
                hook.leave()
        return watched(self, args, kwargs)

    def watched(layer: Any, args: Any, kwargs: Any) -> Any:
        if hook.activations:
            value = keras_activations.call(original, layer, args, kwargs, hook.values)
        else:
            value = original(layer, *args, **kwargs)
        hook.inputs(layer, args)
        hook.outputs(layer, value)
        return value

    keras.layers.Layer.__call__ = __call__


def _called_with_values(hook: KerasHook, args: Any, kwargs: Any) -> bool:
    """Whether a layer is called with real values. Calls with symbolic tensors only build a model."""
    first = next(iter(args), None) if args else next(iter(kwargs.values()), None)
    first = next(iter(first), None) if isinstance(first, (list, tuple)) else first
    return isinstance(first, np.ndarray) or hook.is_eager(first)


def _watch_optimizers(keras: Any, hook: KerasHook) -> None:
    optimizer = keras.optimizers.Optimizer
    new = hasattr(optimizer, "apply")
    original = optimizer.apply if new else optimizer.apply_gradients

    @functools.wraps(original)
    def apply(self: Any, grads: Any, trainable_variables: Any = None, **kwargs: Any) -> Any:
        grads = list(grads)
        variables = trainable_variables or getattr(self, "_trainable_variables", ())
        hook.gradients(grads, variables)
        value = original(self, grads, trainable_variables, **kwargs)
        hook.applied(self)
        return value

    @functools.wraps(original)
    def apply_gradients(self: Any, grads_and_vars: Any, *args: Any, **kwargs: Any) -> Any:
        pairs = list(grads_and_vars)
        hook.gradients([pair[0] for pair in pairs], [pair[1] for pair in pairs])
        value = original(self, pairs, *args, **kwargs)
        hook.applied(self)
        return value

    setattr(optimizer, "apply" if new else "apply_gradients", apply if new else apply_gradients)


def _watch_tapes(tensorflow: Any, hook: KerasHook) -> None:
    original = tensorflow.GradientTape.gradient

    @functools.wraps(original)
    def gradient(self: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
        if hook.recorder is not None and hook.recorder.due is not None:
            hook.loss(target)
        return original(self, target, *args, **kwargs)

    tensorflow.GradientTape.gradient = gradient


def _watch_functions(hook: KerasHook) -> None:
    module = sys.modules.get("tensorflow.python.eager.polymorphic_function.polymorphic_function")
    if module is None:
        return
    function_class = vars(module)["Function"]
    original = function_class.__call__
    eagerly = hook.tensorflow.executing_eagerly

    @functools.wraps(original)
    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
        if hook.inside or not hook.active or hook.function is not None or not eagerly():
            return original(self, *args, **kwargs)
        if self in hook.training_functions:
            if not hook.enter_function(self):
                return original(self, *args, **kwargs)
            try:
                value = original(self, *args, **kwargs)
                hook.after_function()
                return value
            finally:
                hook.leave()
        hook.function = self
        try:
            return original(self, *args, **kwargs)
        finally:
            hook.function = None
            if self in hook.training_functions:
                hook.first_function_call()

    function_class.__call__ = __call__
