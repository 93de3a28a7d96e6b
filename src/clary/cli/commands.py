"""The list of subcommands. Each imports what it needs when it runs, so that ``clary up`` starts fast."""

from __future__ import annotations

import typer

import clary
from clary.cli.automl import automl
from clary.cli.demo import demo
from clary.cli.deploy import deploy
from clary.cli.doctor import doctor
from clary.cli.down import down
from clary.cli.endpoints import endpoints
from clary.cli.env import env
from clary.cli.experiments import experiments
from clary.cli.images import images
from clary.cli.interrupt import interrupt
from clary.cli.jobs import jobs
from clary.cli.keys import keys
from clary.cli.logs import logs
from clary.cli.metrics import metrics
from clary.cli.objects import objects
from clary.cli.predict import predict
from clary.cli.rerun import rerun
from clary.cli.rules import rules
from clary.cli.show import show
from clary.cli.stop import stop
from clary.cli.studio import studio
from clary.cli.trace import trace
from clary.cli.train import train
from clary.cli.transfer import export, import_
from clary.cli.tune import tune
from clary.cli.up import up
from clary.cli.users import users

app = typer.Typer(
    name="clary",
    help="The training platform a SageMaker user can run.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"clary {clary.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass


app.command()(up)
app.command()(down)
app.command()(env)
app.command()(export)
app.command("import")(import_)
app.command()(objects)
app.command()(studio)
app.command()(demo)
app.command()(train)
app.command()(tune)
app.command()(automl)
app.command()(jobs)
app.command()(show)
app.command()(logs)
app.command()(metrics)
app.command()(stop)
app.command()(interrupt)
app.command()(deploy)
app.command()(predict)
app.add_typer(endpoints, name="endpoints")
app.command()(rules)
app.command()(rerun)
app.command()(trace)
app.add_typer(experiments, name="experiments")
app.add_typer(images, name="images")
app.add_typer(users, name="users")
app.add_typer(keys, name="keys")
app.command()(doctor)
