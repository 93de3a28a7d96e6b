"""What a script may ask of its surroundings, read from the SM_* variables."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

_TEXTS = {
    "current_host": "SM_CURRENT_HOST",
    "current_instance_type": "SM_CURRENT_INSTANCE_TYPE",
    "current_instance_group": "SM_CURRENT_INSTANCE_GROUP",
    "framework_module": "SM_FRAMEWORK_MODULE",
    "input_config_dir": "SM_INPUT_CONFIG_DIR",
    "input_dir": "SM_INPUT_DIR",
    "job_name": "SAGEMAKER_JOB_NAME",
    "model_dir": "SM_MODEL_DIR",
    "module_dir": "SM_MODULE_DIR",
    "module_name": "SM_MODULE_NAME",
    "network_interface_name": "SM_NETWORK_INTERFACE_NAME",
    "output_data_dir": "SM_OUTPUT_DATA_DIR",
    "output_dir": "SM_OUTPUT_DIR",
    "output_intermediate_dir": "SM_OUTPUT_INTERMEDIATE_DIR",
    "user_entry_point": "SM_USER_ENTRY_POINT",
}
_NUMBERS = {
    "log_level": "SM_LOG_LEVEL",
    "num_cpus": "SM_NUM_CPUS",
    "num_gpus": "SM_NUM_GPUS",
    "num_neurons": "SM_NUM_NEURONS",
}
_JSON = {
    "additional_framework_parameters": ("SM_FRAMEWORK_PARAMS", "{}"),
    "current_instance_group_hosts": ("SM_CURRENT_INSTANCE_GROUP_HOSTS", "[]"),
    "distribution_instance_groups": ("SM_DISTRIBUTION_INSTANCE_GROUPS", "[]"),
    "hosts": ("SM_HOSTS", "[]"),
    "hyperparameters": ("SM_HPS", "{}"),
    "input_data_config": ("SM_INPUT_DATA_CONFIG", "{}"),
    "instance_groups": ("SM_INSTANCE_GROUPS", "[]"),
    "instance_groups_dict": ("SM_INSTANCE_GROUPS_DICT", "{}"),
    "is_hetero": ("SM_IS_HETERO", "false"),
    "resource_config": ("SM_RESOURCE_CONFIG", "{}"),
}


class Environment(Mapping):  # type: ignore[type-arg]  # Mapping[str, Any] is no base class in Python 3.8
    """A mapping whose entries are attributes too: ``env.model_dir`` and ``env["model_dir"]``."""

    def __init__(self) -> None:
        values: dict[str, Any] = {name: os.environ.get(key, "") for name, key in _TEXTS.items()}
        values.update({name: int(os.environ.get(key) or 0) for name, key in _NUMBERS.items()})
        values.update(
            {name: json.loads(os.environ.get(key) or empty) for name, (key, empty) in _JSON.items()}
        )
        values["channel_input_dirs"] = {
            channel: os.environ.get("SM_CHANNEL_" + channel.upper(), "")
            for channel in json.loads(os.environ.get("SM_CHANNELS") or "[]")
        }
        hosts = sorted(values["hosts"])
        values["master_hostname"] = hosts[0] if hosts else values["current_host"]
        values["is_master"] = values["current_host"] == values["master_hostname"]
        values["is_main"] = values["is_master"]
        self._values = values

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(f"the training environment has no {name!r}") from None

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def to_env_vars(self) -> dict[str, str]:
        """The job's SM_* variables."""
        return {name: value for name, value in os.environ.items() if name.startswith("SM_")}

    def to_cmd_args(self) -> list[str]:
        """The arguments that the script was started with."""
        return list(json.loads(os.environ.get("SM_USER_ARGS") or "[]"))
