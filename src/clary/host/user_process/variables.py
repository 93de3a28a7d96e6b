"""The paths that user code uses, and its environment variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.domain.hosts import ContainerImage, EnvironmentSpec, HostSpec

TRUSTED = "trusted.pem"
"""In the folder ``aws``: the certificates of authorities and of this server, for AWS's SDKs."""
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class UserPaths:
    """The paths that user code uses: the well-known ones in a sandbox, otherwise in the host's folder."""

    ml: str = "/opt/ml"
    launcher: str = "/opt/clary/launcher.py"
    site: str = "/opt/clary/site"
    serving: str = "/opt/clary/serving"
    aws: str = "/opt/clary/aws"
    debugger_library: str = "/opt/clary/lib"
    run: str = "/run/clary"
    tmp: str = "/tmp"
    home: str = "/root"


def variables_of(
    spec: HostSpec,
    environment: EnvironmentSpec,
    paths: UserPaths,
    *,
    noun: str,
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Returns the variables of the user's process. The job's override the environment's, which override ours.

    noun: TRAINING or PROCESSING, as in TRAINING_JOB_NAME; empty for a host that does not know a job. more:
    further ones of ours.
    """
    if environment.container is not None:
        return _in_a_container(spec, environment.container, paths, noun=noun, more=more)
    variables = {
        **_system(environment, paths),
        **_job(spec, noun),
        **_platform(spec, paths, spec.network_interface),
        **_endpoint(spec, paths),
        **_aws(spec),
        **_credentials_file(paths),
        **(more or {}),
        **environment.variables,
        **spec.variables,
    }
    ours = [
        paths.site,
        *filter(None, [environment.variables.get("PYTHONPATH"), spec.variables.get("PYTHONPATH")]),
    ]
    variables["PYTHONPATH"] = ":".join(ours)
    return variables


def _in_a_container(
    spec: HostSpec,
    image: ContainerImage,
    paths: UserPaths,
    *,
    noun: str,
    more: Mapping[str, str] | None,
) -> dict[str, str]:
    """The image's variables stay, such as PATH; those of the job override them. Ours say where the job is.

    Where Clary and the credentials are found is added when the container starts (``container/doors.py``).
    """
    alone = spec.isolated and len(spec.hosts) == 1
    own_interface = "lo" if alone else "eth0"
    variables = {
        **_job(spec, noun),
        **_platform(spec, paths, spec.network_interface if spec.across_machines else own_interface),
        **(more or {}),
        **spec.variables,
    }
    if not spec.isolated:
        variables = {**_aws(spec), **variables}
    there = [image.variables.get("PYTHONPATH"), spec.variables.get("PYTHONPATH")]
    variables["PYTHONPATH"] = ":".join([paths.site, *filter(None, there)])
    return variables


def _system(environment: EnvironmentSpec, paths: UserPaths) -> dict[str, str]:
    return {
        # The programs of packages that the job itself installs with pip.
        "PATH": f"{environment.prefix}/bin:{paths.home}/.local/bin:{SYSTEM_PATH}",
        "HOME": paths.home,
        "TMPDIR": paths.tmp,
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
    }


def _platform(spec: HostSpec, paths: UserPaths, interface: str) -> Mapping[str, str]:
    """interface: the one that has the host's address, and no other address of a host."""
    return {
        "SAGEMAKER_JOB_NAME": spec.job_name,
        "SAGEMAKER_REGION": spec.endpoint.region,
        "SAGEMAKER_BASE_DIR": paths.ml,
        "SAGEMAKER_METRICS_DIRECTORY": f"{paths.ml}/output/metrics/sagemaker",
        "CLARY_RUN_DIR": paths.run,
        "CLARY_LIBRARY": paths.debugger_library,
        "SMDEBUG_CONFIG_FILE_PATH": f"{paths.ml}/input/config/debughookconfig.json",
        "TENSORBOARD_CONFIG_FILE_PATH": f"{paths.ml}/input/config/tensorboardoutputconfig.json",
        "SM_NUM_CPUS": str(spec.cpus),
        "SM_NUM_GPUS": str(spec.gpus),
        "OMP_NUM_THREADS": str(spec.cpus),
        "MKL_NUM_THREADS": str(spec.cpus),
        # Jobs share the processors of a machine. By default, a waiting thread of OpenMP keeps its processor
        # busy for milliseconds: three jobs at once took three to four times as long as one after the other.
        "OMP_WAIT_POLICY": "PASSIVE",
        "GLOO_SOCKET_IFNAME": interface,
        "NCCL_SOCKET_IFNAME": interface,
        "TP_SOCKET_IFNAME": interface,
    }


def _job(spec: HostSpec, noun: str) -> Mapping[str, str]:
    return {f"{noun}_JOB_NAME": spec.job_name, f"{noun}_JOB_ARN": spec.job_arn} if noun else {}


def _endpoint(spec: HostSpec, paths: UserPaths) -> dict[str, str]:
    """Where Clary is. Its own certificate is trusted beside those that the machine trusts."""
    found = {"AWS_ENDPOINT_URL": spec.endpoint.url}
    return {**found, "AWS_CA_BUNDLE": f"{paths.aws}/{TRUSTED}"} if spec.endpoint.certificate else found


def _credentials_file(paths: UserPaths) -> dict[str, str]:
    return {
        "AWS_CONFIG_FILE": f"{paths.aws}/config",
        "AWS_SHARED_CREDENTIALS_FILE": f"{paths.aws}/none",
    }


def _aws(spec: HostSpec) -> dict[str, str]:
    return {
        "AWS_REGION": spec.endpoint.region,
        "AWS_DEFAULT_REGION": spec.endpoint.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "clary_endpoint=clary_endpoint",
        "NO_PROXY": "localhost,127.0.0.1,.amazonaws.com",
        "no_proxy": "localhost,127.0.0.1,.amazonaws.com",
    }
