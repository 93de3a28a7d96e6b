"""The software that image names stand for, built once on this machine and shared.

    image URI ──Catalogue.resolve──▶ Recipe ──Environments.build──▶ EnvironmentSpec
                  ▲            ▲                                      │
            images/*.toml    Supply (available Pythons and            └─ layer: base + requirements.txt
                             packages)

Everything here uses the standard library only (``uv`` runs as a process), because the layer command runs at
the start of jobs and has to be fast.
"""

from .catalogue import Catalogue, UnknownImage
from .environments import Environments, Installed
from .family import BadFamily, Family
from .image_names import ImageName, parse_image
from .installer import EnvironmentBuildFailed, Progress
from .recipe import Recipe
from .supply import MachineSupply, environments_root

__all__ = [
    "BadFamily",
    "Catalogue",
    "EnvironmentBuildFailed",
    "Environments",
    "Family",
    "ImageName",
    "Installed",
    "MachineSupply",
    "Progress",
    "Recipe",
    "UnknownImage",
    "environments_root",
    "parse_image",
]
