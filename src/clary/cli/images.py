"""``clary images``: lists and builds the environments that image names stand for on this machine."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail, progress, say
from clary.cli.tables import print_fields, print_rows

if TYPE_CHECKING:
    from clary.compute.environments import Installed
    from clary.compute.environments import Progress as BuildProgress
    from clary.server.machines import ThisMachine

images = typer.Typer(help="What image names stand for on this machine.", no_args_is_help=True)


@images.command("list")
def list_images(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    layers: Annotated[
        bool, typer.Option("--layers", help="List the environments that were extended for jobs, too.")
    ] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """List the image families, their versions, and what is built already."""
    machine = _machine(home)
    if as_json:
        typer.echo(json.dumps(_listed(machine), indent=2))
        return
    for family in machine.catalogue().families():
        versions = ", ".join(release.version for release in family.releases)
        print_fields(family.short, [("names", ", ".join(family.repositories)), ("versions", versions)])
    of_images, of_jobs = _built(machine)
    if not of_images:
        say("\nNothing is built yet. The first job of an image builds it, or: clary images build pytorch")
    else:
        _print_built("Built here", of_images)
    if of_jobs and layers:
        _print_built("Extended with the requirements of jobs", of_jobs)
    elif of_jobs:
        size = _mebibytes(sum(layer.size_bytes for layer in of_jobs))
        typer.echo(
            f"\n{len(of_jobs)} more with the requirements of jobs, {size} MiB with the files they share: "
            "clary images list --layers"
        )


def _built(machine: ThisMachine) -> tuple[list[Installed], list[Installed]]:
    """The environments of images, and their layers: each an environment with the requirements of a job."""
    installed = machine.environments.installed()
    return [each for each in installed if not each.base], [each for each in installed if each.base]


def _print_built(title: str, environments: list[Installed]) -> None:
    typer.echo(f"\n{title}")
    rows = [
        [each.key, each.python, _mebibytes(each.size_bytes), _at(each.last_used_at)] for each in environments
    ]
    titles = ["Environment", "Python", "MiB", "Last used"]
    print_rows(titles, rows, may_leave_out=("Last used", "Python", "MiB"))


def _mebibytes(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:,.0f}"


def _at(epoch_s: float) -> str:
    return f"{datetime.datetime.fromtimestamp(epoch_s).astimezone():%Y-%m-%d %H:%M}"


def _listed(machine: ThisMachine) -> dict[str, Any]:
    of_images, of_jobs = _built(machine)
    return {
        "Images": [
            {
                "Short": family.short,
                "Repositories": list(family.repositories),
                "Versions": [release.version for release in family.releases],
            }
            for family in machine.catalogue().families()
        ],
        "Environments": [_facts(each) for each in of_images],
        "Layers": [{**_facts(each), "Base": each.base} for each in of_jobs],
    }


def _facts(environment: Installed) -> dict[str, Any]:
    return {
        "Key": environment.key,
        "Python": environment.python,
        "SizeBytes": environment.size_bytes,
        "LastUsed": environment.last_used_at,
    }


@images.command("build")
def build(
    image: Annotated[str, typer.Argument(help="An image URI, or a short name such as pytorch.")],
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Build what an image name stands for, so that the first job starts at once."""
    build_image(image, home=home)


@images.command("remove")
def remove(
    key: Annotated[str, typer.Argument(help="The environment, as clary images list names it.")],
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Remove a built environment; the next job that needs it builds it again."""
    environments = _machine(home).environments
    if key not in {environment.key for environment in environments.installed()}:
        fail(f"there is no environment {key}; clary images list shows them")
    environments.remove(key)
    say(f"{key} is removed")


def build_image(image: str, *, home: Path | None) -> None:
    """Builds an environment with a progress bar; ends the command with a message when that fails."""
    from rich.progress import BarColumn, DownloadColumn, SpinnerColumn, TextColumn, TimeElapsedColumn

    from clary.compute.environments import EnvironmentBuildFailed
    from clary.domain.errors import BadRequest

    machine = _machine(home)
    try:
        recipe = machine.recipe(image)
    except BadRequest as error:
        fail(error.message)
    if recipe.note:
        say(recipe.note)
    if machine.environments.find(recipe) is not None:
        say(f"The environment {recipe.key} is ready")
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeElapsedColumn(),
    )
    with progress(*columns) as bar:
        task = bar.add_task(f"Building {recipe.key}", total=None)

        def on_progress(progress: BuildProgress) -> None:
            bar.update(
                task,
                description=progress.text,
                completed=progress.done_bytes,
                total=progress.total_bytes or None,
            )

        try:
            machine.environments.build(recipe, on_progress)
        except EnvironmentBuildFailed as error:
            fail(f"{recipe.key} could not be built: {error}")
    say(f"The environment {recipe.key} is ready")


def _machine(home: Path | None) -> ThisMachine:
    from clary.server.machines import ThisMachine
    from clary.server.settings import load_settings
    from clary.server.state import StateFolder

    settings = load_settings(home=home)
    return ThisMachine(settings, StateFolder(settings.home))
