"""Captures a Keras training on TensorFlow: ``fit``, and loops with a GradientTape.

    train_, test_, predict_function   one call is a step of fit, evaluate or predict, or of one batch
    a model called by the script      one call is a step of the script's own loop
    a tf.function that applies gradients   one call is a step, from the second call on: the first call shows
                                           that the function trains
      layers called inside            inputs and outputs are saved
      Optimizer.apply                 gradients are saved before it, weights and optimizer variables after it

Tensors inside a graph can't be read. So a step that saves more than losses, metrics and weights runs eagerly;
all other steps run as a graph. Names: ``weights/dense/kernel:0``, ``gradients/dense/kernelGrad``,
``dense/inputs``, ``dense/outputs``, ``model_input``, ``predictions``, ``optimizer/adam/iteration:0``,
``loss``, and the names of the metrics.
"""

from __future__ import annotations

import weakref
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tensors import Mode
from . import keras_patches
from .builtin import KERAS
from .guard import guarded
from .hook import Hook
from .keras_tensors import flat_tensors, layers_of, names_of, optimizer_names, to_numpy
from .modules_file import ModulesFile

if TYPE_CHECKING:
    from .configuration import HookSettings
    from .job_metrics import TrainingMetrics
    from .recorder import Recorder


class KerasHook(Hook):
    """The hook of Keras.

    inside: a step is running. watching: inputs and outputs of layers are saved in it. activations: inputs and
    outputs of activation functions too.
    """

    framework = KERAS
    keep_index = True

    def __init__(self, keras: Any, tensorflow: Any, settings: HookSettings) -> None:
        super().__init__(settings)
        self.inside = False
        self.watching = False
        self.activations = False
        self.tensorflow = tensorflow
        self.function: Any = None
        """The tf.function that the script is calling now."""
        self.training_functions: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        self._model_class = keras.Model
        self._model: Any = None
        self._optimizer: Any = None
        self._names: dict[int, str] = {}
        self._in_fit = False
        self._eager = False
        self._modules_file = ModulesFile()
        self._last_logs: dict[Mode, Any] = {}

    def to_numpy(self, value: Any) -> Any:
        return to_numpy(value)

    @guarded
    def report_last_values(self, metrics: TrainingMetrics, steps: dict[Mode, int]) -> None:
        for mode, logs in self._last_logs.items():
            for name, value in logs.items():
                metrics.add_last(name, float(np.mean(np.asarray(to_numpy(value)))), mode, steps[mode])

    # Steps

    def keep_logs(self, mode: Mode, logs: Any) -> None:
        """Keeps the newest losses and metrics of a mode, without waiting for their values."""
        if isinstance(logs, dict) and mode is not Mode.PREDICT:
            self._last_logs[mode] = logs

    @guarded
    def enter_fit(self, model: Any, mode: Mode) -> bool:
        """Call before a step of fit, evaluate or predict. Returns whether anything of it is saved."""
        self._model = model
        if not self.begin(mode):
            return False
        self.inside = self._in_fit = True
        self._prepare_step(model)
        return True

    @guarded
    def after_fit(self, logs: Any) -> None:
        """Call after such a step. logs: losses and metrics by name; the predictions in a step of predict."""
        recorder = self.recorder
        if recorder is None or recorder.due is None:
            return
        if isinstance(logs, dict) and recorder.mode is not Mode.PREDICT:
            for name, value in logs.items():
                collection = "losses" if name == "loss" or name.endswith("_loss") else "metrics"
                self._log(recorder, name, value, collection)
        self._save_weights(recorder, getattr(self._model, "optimizer", None))
        recorder.finish()

    @guarded
    def enter_call(self, layer: Any, training: Any) -> bool:
        """Call before a layer that the script itself calls. Returns whether it is a step that is saved."""
        if not layer.trainable_variables and (layer.built or not isinstance(layer, self._model_class)):
            return False  # nothing to train: a layer that prepares data
        if self._model is None or self._model in set(layers_of(layer)):
            self._model = layer
        if layer is not self._model:
            return False
        mode = Mode.TRAIN if training or (training is None and self._recording()) else Mode.EVAL
        if not self.begin(mode):
            return False
        self._prepare_step(layer)
        self.inside = True
        return True

    @guarded
    def enter_function(self, function: Any) -> bool:
        """Call before a tf.function that is known to train. Returns whether its step saves anything."""
        model = self.training_functions[function]()
        if not self.begin(Mode.TRAIN):
            return False
        self._model = model
        self.inside = True
        self._prepare_step(model)
        return True

    @guarded
    def first_function_call(self) -> None:
        """Call after the call that showed that a tf.function trains. Counts its step, saves the weights."""
        if self.begin(Mode.TRAIN) and self.recorder is not None:
            self._save_weights(self.recorder, self._optimizer)

    @guarded
    def after_function(self) -> None:
        """Call after a later call of such a function. Saves the weights if it ran as a graph.

        In a graph the optimizer's patch does not see the new weights.
        """
        recorder = self.recorder
        if recorder is not None and recorder.due is not None and not self._eager:
            self._save_weights(recorder, self._optimizer)

    def leave(self) -> None:
        """Call when a step, or the call that began it, has returned or raised."""
        self.inside = self.watching = self.activations = self._in_fit = False
        self.mark()
        if self._eager:
            self._eager = False
            self.tensorflow.config.run_functions_eagerly(False)

    # What happens in a step

    @guarded
    def inputs(self, layer: Any, args: Any) -> None:
        """Saves the inputs of a layer, or of the model."""
        self._save_values("model_input" if layer is self._model else layer.name + "/inputs", args)

    @guarded
    def outputs(self, layer: Any, value: Any) -> None:
        """Saves the outputs of a layer, or the predictions of the model."""
        self._save_values("predictions" if layer is self._model else layer.name + "/outputs", value)

    @guarded
    def values(self, name: str, value: Any) -> None:
        """Saves the input or the output of an activation function."""
        self._save_values(name, value)

    @guarded
    def labels(self, value: Any) -> None:
        """Saves the labels of a step of fit or evaluate."""
        self._save_values("labels", value)

    @guarded
    def loss(self, value: Any) -> None:
        """Saves the target of a GradientTape in the script's own loop."""
        recorder = self.recorder
        if recorder is None or recorder.due is None or self._in_fit or not self.is_eager(value):
            return
        want = recorder.due.wants("loss")
        if want is not None:
            recorder.save("loss", want, to_numpy(value))

    @guarded
    def gradients(self, gradients: Any, variables: Any) -> None:
        """Saves the gradients that an optimizer is about to apply.

        While a tf.function is traced, there is nothing to save; the call shows that this function trains.
        """
        recorder = self.recorder
        if not self.tensorflow.executing_eagerly():
            if self.function is not None and self.function not in self.training_functions:
                self.training_functions[self.function] = _reference(self._model)
            return
        if recorder is None or recorder.due is None or recorder.mode is not Mode.TRAIN:
            return
        for gradient, variable in zip(gradients, variables):
            known = self._names.get(id(variable))
            if known is None or gradient is None:
                continue
            name = "gradients/{}Grad".format(known.split(":")[0])
            want = recorder.due.wants(name)
            if want is not None:
                recorder.save(name, want, to_numpy(gradient))

    @guarded
    def applied(self, optimizer: Any) -> None:
        """Call after an optimizer changed the weights. Saves them in the script's own loop."""
        self._optimizer = optimizer
        recorder = self.recorder
        if recorder is not None and recorder.due is not None and not self._in_fit:
            if self.tensorflow.executing_eagerly():
                self._save_weights(recorder, optimizer)

    def keep_model(self, layer: Any) -> None:
        """Call while a tf.function is traced: the first layer it calls is the model that it trains."""
        if self._model is None:
            self._model = layer

    def _prepare_step(self, model: Any) -> None:
        recorder = self.recorder
        assert recorder is not None
        assert recorder.due is not None
        self._names = {id(variable): name for name, variable in names_of(model)}
        gradients = "gradients" in recorder.due.collections
        self.watching = recorder.due.needs_modules
        self.activations = recorder.due.needs_activations
        if self.watching or gradients:
            if not self.tensorflow.config.functions_run_eagerly():
                self._eager = True
                self.tensorflow.config.run_functions_eagerly(True)
            classes = {layer.name: type(layer).__name__ for layer in layers_of(model)}
            self._modules_file.add(recorder, classes)

    def _recording(self) -> bool:
        return bool(import_module("tensorflow.python.eager.record").could_possibly_record())

    def is_eager(self, value: Any) -> bool:
        """Whether a value is a tensor whose numbers can be read now."""
        return bool(self.tensorflow.is_tensor(value)) and hasattr(value, "numpy")

    def _save_values(self, prefix: str, value: Any) -> None:
        recorder = self.recorder
        if recorder is None or recorder.due is None:
            return
        for tensor in flat_tensors(value, self.is_eager):
            number = recorder.number(prefix)
            name = prefix if number == 0 else "{}_{}".format(prefix, number)
            want = recorder.due.wants(name)
            if want is not None:
                recorder.save(name, want, to_numpy(tensor))

    def _log(self, recorder: Recorder, name: str, value: Any, collection: str) -> None:
        due = recorder.due
        assert due is not None
        self.plan.assign(name, collection)
        want = due.wants(name)
        if want is not None:
            recorder.save(name, want, np.atleast_1d(np.asarray(to_numpy(value))))

    def _save_weights(self, recorder: Recorder, optimizer: Any) -> None:
        if recorder.due is None or self._model is None:
            return
        variables = [("weights/" + name, variable) for name, variable in names_of(self._model)]
        if optimizer is not None and recorder.mode is Mode.TRAIN:
            variables += [("optimizer/" + name, variable) for name, variable in optimizer_names(optimizer)]
        for name, variable in variables:
            want = recorder.due.wants(name)
            if want is not None:
                recorder.save(name, want, to_numpy(variable))


def attach(keras: Any, settings: HookSettings) -> KerasHook | None:
    """Hooks the imported keras. Returns None when its backend is not TensorFlow."""
    if keras.backend.backend() != "tensorflow":
        return None  # with the torch backend, the hook of torch captures the layers
    hook = KerasHook(keras, import_module("tensorflow"), settings)
    keras_patches.apply(keras, hook)
    return hook


def _reference(model: Any) -> Any:
    return weakref.ref(model) if model is not None else lambda: None
