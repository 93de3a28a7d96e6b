"""Script mode: reads /opt/ml/input/config and starts the user's script with its variables and arguments.

    python launcher.py                        runs sagemaker_program
    python launcher.py --algorithm NAME       runs an environment's built-in algorithm: a file or a module

Runs in the environment's own Python, so: Python 3.8 syntax, standard library only, few imports, and one file.
The script replaces this process, so that no parent takes memory or catches a signal.
"""

from __future__ import annotations

import json
import os
import sys

# typing costs 3 ms to import; type checkers know this name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OURS = "sagemaker_"
# Of a trial of a tuning job: the toolkits of AWS's images do not pass it to the script either.
OBJECTIVE = "_tuning_objective_metric"
# Used here; other hyperparameters with our prefix are parameters of the framework.
KNOWN = (
    "sagemaker_program", "sagemaker_submit_directory", "sagemaker_region", "sagemaker_job_name",
    "sagemaker_container_log_level", "sagemaker_base_job_name", "sagemaker_s3_output",
    "sagemaker_default_invocations", "sagemaker_enable_cloudwatch_metrics",
    "sagemaker_distribution_instance_groups",
)  # fmt: skip


class LaunchError(Exception):
    """The script can't be started. The message is for its author."""


def main() -> None:
    base = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
    try:
        settings = read_settings(base)
        check_hyperparameters(settings)
        algorithm = sys.argv[2] if sys.argv[1:2] == ["--algorithm"] else ""
        if not algorithm:
            provide_source(settings)
        environ = dict(os.environ)
        environ.update(variables(settings))
        extend_path(environ, settings["code"])
        command = algorithm_command(algorithm) if algorithm else script_command(settings)
        if not algorithm and distributes(settings):
            command = distributed(settings, command, environ)
        record_command(command)
        os.chdir(settings["code"])
        os.execve(command[0], command, environ)
    except (LaunchError, OSError, ValueError) as error:
        fail(base, error)


# Settings: one dict of everything the config files say


def read_settings(base: str) -> dict[str, Any]:
    config = os.path.join(base, "input", "config")
    raw = read_json(os.path.join(config, "hyperparameters.json"))
    decoded = {name: decode(value) for name, value in raw.items()}
    resources = read_json(os.path.join(config, "resourceconfig.json"))
    host = resources.get("current_host", "algo-1")
    return {
        "base": base,
        "config": config,
        "code": os.path.join(base, "code"),
        "given": {name: value for name, value in decoded.items() if name.startswith(OURS)},
        "hyperparameters": {
            name: value for name, value in decoded.items() if not name.startswith(OURS) and name != OBJECTIVE
        },
        "resources": resources,
        "channels": read_json(os.path.join(config, "inputdataconfig.json")),
        "host": host,
        "hosts": resources.get("hosts", [host]),
        "groups": {group["instance_group_name"]: group for group in resources.get("instance_groups", [])},
        "group": resources.get("current_group_name", "homogeneousCluster"),
        "program": str(decoded.get("sagemaker_program") or ""),
        # ContainerArguments: for what hyperparameters can't express, such as a flag without a value.
        "verbatim": [] if sys.argv[1:2] == ["--algorithm"] else sys.argv[1:],
        "cpus": int(os.environ.get("SM_NUM_CPUS") or os.cpu_count() or 1),
        "gpus": int(os.environ.get("SM_NUM_GPUS") or 0),
    }


def check_hyperparameters(settings: dict[str, Any]) -> None:
    """Raises LaunchError for a value that can't be an argument and a variable, such as one with a NUL."""
    for name, value in dict(settings["hyperparameters"], **settings["given"]).items():
        text = name + spelled(value)
        if "\0" in text:
            raise LaunchError("The hyperparameter {!r} has a NUL character in it".format(name))
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise LaunchError(
                "The hyperparameter {!r} has a character that is no text".format(name)
            ) from None


def read_json(path: str) -> Any:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def decode(value: Any) -> Any:
    """Returns the value of a hyperparameter, which is a string with JSON.

    A string that is no JSON is the value.
    """
    try:
        return json.loads(value)
    except (ValueError, TypeError, RecursionError):
        return value


# Source: the agent has unpacked archives already; a submit directory may also be a folder of this host


def provide_source(settings: dict[str, Any]) -> None:
    submitted = str(settings["given"].get("sagemaker_submit_directory") or "")
    if submitted.startswith("file://"):
        submitted = submitted[len("file://") :]
    code = settings["code"]
    os.makedirs(code, exist_ok=True)
    if os.path.isdir(submitted) and os.path.realpath(submitted) != os.path.realpath(code):
        import shutil

        shutil.copytree(submitted, code, symlinks=True, dirs_exist_ok=True)
    elif os.path.isfile(submitted) and not os.listdir(code):
        raise LaunchError(
            "sagemaker_submit_directory is {!r}, a file of this host. Give the archive as s3://bucket/key, "
            "or as a file of a channel, /opt/ml/input/data/<channel>/<name>.tar.gz".format(submitted)
        )


# Variables: what scripts read with os.environ["SM_..."]


def variables(settings: dict[str, Any]) -> dict[str, str]:
    base = settings["base"]
    given = settings["given"]
    values = {
        "hosts": settings["hosts"],
        "current_host": settings["host"],
        "current_instance_type": settings["resources"].get("current_instance_type", "local"),
        "current_instance_group": settings["group"],
        "current_instance_group_hosts": settings["groups"]
        .get(settings["group"], {})
        .get("hosts", settings["hosts"]),
        "instance_groups": list(settings["groups"]),
        "instance_groups_dict": settings["groups"],
        "distribution_instance_groups": given.get("sagemaker_distribution_instance_groups") or [],
        "is_hetero": len(settings["groups"]) > 1,
        "network_interface_name": settings["resources"].get("network_interface_name", "lo"),
        "hps": settings["hyperparameters"],
        "user_args": user_arguments(settings["hyperparameters"]) + settings["verbatim"],
        "user_entry_point": settings["program"],
        "channels": sorted(settings["channels"]),
        "model_dir": os.path.join(base, "model"),
        "output_data_dir": os.path.join(base, "output", "data"),
        "output_dir": os.path.join(base, "output"),
        "output_intermediate_dir": os.path.join(base, "output", "intermediate"),
        "input_dir": os.path.join(base, "input"),
        "input_config_dir": settings["config"],
        "input_data_config": settings["channels"],
        "resource_config": settings["resources"],
        "module_dir": str(given.get("sagemaker_submit_directory") or settings["code"]),
        "module_name": module_name(settings["program"]),
        "framework_module": os.environ.get("SAGEMAKER_TRAINING_MODULE", ""),
        "framework_params": {name: value for name, value in given.items() if name not in KNOWN},
        "log_level": given.get("sagemaker_container_log_level", 20),
        "num_cpus": settings["cpus"],
        "num_gpus": settings["gpus"],
        "num_neurons": 0,
    }
    os.makedirs(values["output_intermediate_dir"], exist_ok=True)
    training_env = dict(values)
    training_env["channel_input_dirs"] = {name: channel_folder(base, name) for name in settings["channels"]}
    training_env["hyperparameters"] = values["hps"]
    training_env["job_name"] = os.environ.get("TRAINING_JOB_NAME", "")
    training_env["is_master"] = settings["host"] == settings["hosts"][0]
    training_env["master_hostname"] = settings["hosts"][0]
    values["training_env"] = training_env
    for name, value in settings["hyperparameters"].items():
        if "=" not in name:  # no variable can have it in its name; the argument is passed all the same
            values["hp_" + name] = value
    for name in settings["channels"]:
        values["channel_" + name] = channel_folder(base, name)
    found = {"SM_" + name.upper(): spelled(value) for name, value in values.items()}
    # For scripts that call init_process_group() without arguments. Each job has its own port, because hosts
    # of
    # several jobs share the addresses of one machine.
    found["MASTER_ADDR"] = os.environ.get("MASTER_ADDR") or settings["hosts"][0]
    found["MASTER_PORT"] = os.environ.get("MASTER_PORT") or str(port(0))
    return found


def spelled(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def channel_folder(base: str, name: str) -> str:
    return os.path.join(base, "input", "data", name)


def module_name(program: str) -> str:
    return program[: -len(".py")] if program.endswith(".py") else program


def user_arguments(hyperparameters: dict[str, Any]) -> list[str]:
    """Returns ``--name value``, by name. A one-letter name gets one dash, a mapping becomes k=v,k=v."""
    arguments = []
    for name in sorted(hyperparameters):
        value = hyperparameters[name]
        arguments.append(("--" if len(name) > 1 else "-") + name)
        if isinstance(value, dict):
            arguments.append(",".join("{}={}".format(key, value[key]) for key in sorted(value)))
        else:
            arguments.append(str(value))
    return arguments


def extend_path(environ: dict[str, str], code: str) -> None:
    environ["PYTHONPATH"] = os.pathsep.join([code] + [p for p in [environ.get("PYTHONPATH", "")] if p])
    environ.setdefault("PYTHONUNBUFFERED", "1")


# Commands


def script_command(settings: dict[str, Any]) -> list[str]:
    program, code = settings["program"], settings["code"]
    arguments = user_arguments(settings["hyperparameters"]) + settings["verbatim"]
    path = os.path.join(code, program)
    if program.endswith(".py") and os.path.isfile(path):
        return [sys.executable, program, *arguments]
    if os.path.isfile(path):
        import shlex

        check_first_line(program, path)
        os.chmod(path, os.stat(path).st_mode | 0o500)
        line = " ".join(shlex.quote(word) for word in ["./" + program, *arguments])
        return ["/bin/sh", "-c", line]
    module = module_name(program)
    place = os.path.join(code, *module.split("."))
    if os.path.isfile(place + ".py") or os.path.isfile(os.path.join(place, "__main__.py")):
        return [sys.executable, "-m", module, *arguments]
    raise LaunchError(
        "The entry point {!r} is not in the source directory, which has: {}".format(
            program, ", ".join(sorted(os.listdir(code))[:20]) or "nothing"
        )
    )


def check_first_line(program: str, path: str) -> None:
    """Raises LaunchError when the interpreter of a script does not exist. A shell would only say "not found".

    With Windows line ends, the name of the interpreter ends with a carriage return.
    """
    with open(path, "rb") as file:
        line = file.readline(4096)
    if line.endswith(b"\r\n"):
        raise LaunchError(
            "The entry point {0!r} has the line ends of Windows (CRLF), which a shell can't run. Save it "
            "with LF, for example by: sed -i 's/\\r$//' {0}".format(program)
        )
    words = line[2:].split() if line.startswith(b"#!") else []
    if words and not os.path.exists(words[0]):
        raise LaunchError(
            "The entry point {!r} asks in its first line for {}, which is not there. Name an interpreter "
            "that is, for example: #!/usr/bin/env bash".format(program, os.fsdecode(words[0]))
        )


def algorithm_command(algorithm: str) -> list[str]:
    if algorithm.endswith(".py"):
        return [sys.executable, algorithm]
    return [sys.executable, "-m", algorithm]


# Distribution settings of an estimator


def enabled(settings: dict[str, Any], name: str) -> bool:
    return settings["given"].get(OURS + name) in (True, "true", "True")


def distributes(settings: dict[str, Any]) -> bool:
    chosen = settings["given"].get("sagemaker_distribution_instance_groups")
    return not chosen or settings["group"] in chosen


def distributed(settings: dict[str, Any], command: list[str], environ: dict[str, str]) -> list[str]:
    """Returns the command that runs ``command`` with the job's distribution settings."""
    if (
        enabled(settings, "distributed_dataparallel_enabled")
        or "mp_parameters" in settings["hyperparameters"]
    ):
        raise LaunchError(
            "distribution smdistributed needs AWS's own libraries, which only run on AWS. "
            'Use distribution={"torch_distributed": {"enabled": True}} instead.'
        )
    if enabled(settings, "torch_distributed_enabled") or enabled(settings, "pytorch_ddp_enabled"):
        return torchrun(settings, command)
    if enabled(settings, "mpi_enabled"):
        return mpirun(settings, command)
    if enabled(settings, "multi_worker_mirrored_strategy_enabled"):
        environ["TF_CONFIG"] = json.dumps(mirrored_config(settings))
    elif enabled(settings, "parameter_server_enabled") and len(settings["hosts"]) > 1:
        if "mxnet" in os.environ.get("SAGEMAKER_TRAINING_MODULE", ""):
            start_mxnet_servers(settings, environ)
        else:
            start_tensorflow_server(settings, environ)
    return command


def torchrun(settings: dict[str, Any], command: list[str]) -> list[str]:
    hosts = settings["hosts"]
    if command[0] != sys.executable:
        raise LaunchError(
            "torch_distributed starts Python scripts only, not {!r}".format(settings["program"])
        )
    return [
        sys.executable, "-m", "torch.distributed.run",
        "--nnodes", str(len(hosts)),
        "--nproc_per_node", str(settings["gpus"] or 1),
        "--node_rank", str(hosts.index(settings["host"])),
        "--master_addr", os.environ.get("MASTER_ADDR") or hosts[0],
        "--master_port", os.environ.get("MASTER_PORT") or str(port(0)),
        *command[1:],
    ]  # fmt: skip


def mpirun(settings: dict[str, Any], command: list[str]) -> list[str]:
    import shlex
    import shutil

    if len(settings["hosts"]) > 1:
        raise LaunchError(
            "distribution mpi over several hosts needs an SSH server on each, which these hosts do not have. "
            "Use one instance, or torch_distributed."
        )
    program = shutil.which("mpirun")
    if program is None:
        raise LaunchError("distribution mpi needs mpirun (Open MPI), which is not installed on this machine.")
    count = str(settings["given"].get("sagemaker_mpi_num_of_processes_per_host") or settings["gpus"] or 1)
    options = shlex.split(str(settings["given"].get("sagemaker_mpi_custom_mpi_options") or ""))
    return [program, "-np", count, "--allow-run-as-root", "--oversubscribe", *options, *command]


def mirrored_config(settings: dict[str, Any]) -> dict[str, Any]:
    workers = ["{}:{}".format(host, port(1 + index)) for index, host in enumerate(settings["hosts"])]
    task = {"type": "worker", "index": settings["hosts"].index(settings["host"])}
    return {"cluster": {"worker": workers}, "environment": "cloud", "task": task}


def start_tensorflow_server(settings: dict[str, Any], environ: dict[str, str]) -> None:
    """Starts a parameter server on each host, in a process of its own. The first host is the master."""
    import subprocess

    hosts, index = settings["hosts"], settings["hosts"].index(settings["host"])
    cluster = {
        "master": ["{}:{}".format(hosts[0], port(1))],
        "ps": ["{}:{}".format(host, port(101 + i)) for i, host in enumerate(hosts)],
        "worker": ["{}:{}".format(host, port(1 + i)) for i, host in enumerate(hosts) if i],
    }
    task = {"type": "worker", "index": index - 1} if index else {"type": "master", "index": 0}
    environ["TF_CONFIG"] = json.dumps({"cluster": cluster, "environment": "cloud", "task": task})
    server = (
        "import tensorflow as tf; make = getattr(tf.distribute, 'Server', None) or tf.train.Server; "
        "make(tf.train.ClusterSpec({!r}), job_name='ps', task_index={}).join()".format(cluster, index)
    )
    subprocess.Popen([sys.executable, "-c", server], env=dict(environ, CUDA_VISIBLE_DEVICES="-1"))


def start_mxnet_servers(settings: dict[str, Any], environ: dict[str, str]) -> None:
    """Starts a key-value server on each host, and the scheduler on the first."""
    import socket
    import subprocess

    hosts = settings["hosts"]
    environ.update(
        DMLC_NUM_WORKER=str(len(hosts)),
        DMLC_NUM_SERVER=str(len(hosts)),
        DMLC_ROLE="worker",
        DMLC_PS_ROOT_URI=socket.gethostbyname(hosts[0]),
        DMLC_PS_ROOT_PORT=str(port(1)),
        DMLC_INTERFACE=settings["resources"].get("network_interface_name", "lo"),
    )
    roles = ["scheduler", "server"] if settings["host"] == hosts[0] else ["server"]
    for role in roles:
        subprocess.Popen([sys.executable, "-c", "import mxnet"], env=dict(environ, DMLC_ROLE=role))


def port(number: int) -> int:
    """Returns a port of this job, the same on all its hosts, below the ports that the system assigns."""
    digest = 0
    for byte in os.environ.get("TRAINING_JOB_ARN", "").encode():
        digest = (digest * 31 + byte) % 20000
    return 12000 + (digest + number) % 20000


# The end


def record_command(command: list[str]) -> None:
    """Writes the command to a file, for the reason of a failure: this process is replaced by the script."""
    folder = os.environ.get("CLARY_RUN_DIR")
    if folder:
        with open(os.path.join(folder, "command.json"), "w", encoding="utf-8") as file:
            json.dump(command, file)


def fail(base: str, error: Exception) -> None:
    text = "{}".format(error)
    path = os.path.join(base, "output", "failure")
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        pass  # the same text is written to the log
    sys.stderr.write(text + "\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
