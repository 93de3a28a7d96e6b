"""``clary users``: people who sign in to Studio with a name and a password. They are users of IAM."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from clary.cli.console import fail, say

users = typer.Typer(no_args_is_help=True, help="People who sign in to Studio with a password.")

DEFAULT_POLICY = "AmazonSageMakerFullAccess"
OWN_PASSWORD = "IAMUserChangePassword"
"""What a user needs to change the password under Your account."""

Home = Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the user.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make up a password and print it.")]

MustChange = Annotated[
    bool, typer.Option("--must-change", help="Have the user choose another one at the next sign-in.")
]


@users.command()
def add(
    name: Name,
    policies: Annotated[
        list[str] | None,
        typer.Option("--policy", help=f"A managed policy, by name or ARN; {DEFAULT_POLICY} by default."),
    ] = None,
    generate: Generate = False,
    must_change: MustChange = False,
    home: Home = None,
) -> None:
    """Add a user who may sign in to Studio. The password is asked for, or read from standard input."""
    from botocore.exceptions import ClientError, ParamValidationError

    from clary.cli.client import connect

    iam = connect(home).client("iam")
    password = _new_password(generate)
    arns = [_policy_arn(iam, policy) for policy in policies or [DEFAULT_POLICY]]
    try:
        iam.create_user(UserName=name)
        is_new = True
    except iam.exceptions.EntityAlreadyExistsException:
        is_new = False
    except (ClientError, ParamValidationError) as error:
        _refused(error)
    try:
        iam.create_login_profile(UserName=name, Password=password, PasswordResetRequired=must_change)
        for arn in [*arns, _policy_arn(iam, OWN_PASSWORD)]:
            iam.attach_user_policy(UserName=name, PolicyArn=arn)
    except (ClientError, ParamValidationError) as error:
        if is_new:
            _unmake(iam, name)
        _refused(error)
    _tell(password, generate)
    rights = ", ".join(arn.rpartition("/")[2] for arn in arns)
    say(f"{name} may sign in to Studio, with the rights of {rights}")


@users.command()
def password(
    name: Name, generate: Generate = False, must_change: MustChange = False, home: Home = None
) -> None:
    """Set another password; sessions with the old one end."""
    from botocore.exceptions import ClientError, ParamValidationError

    from clary.cli.client import connect

    iam = connect(home).client("iam")
    new = _new_password(generate)
    try:
        try:
            iam.update_login_profile(UserName=name, Password=new, PasswordResetRequired=must_change)
        except iam.exceptions.NoSuchEntityException:
            iam.create_login_profile(UserName=name, Password=new, PasswordResetRequired=must_change)
    except (ClientError, ParamValidationError) as error:
        _refused(error)
    _tell(new, generate)
    say(f"{name} has another password")


@users.command("list")
def list_users(home: Home = None) -> None:
    """List the users, and whether they may sign in to Studio."""
    from clary.cli.client import connect
    from clary.cli.tables import print_rows

    iam = connect(home).client("iam")
    rows = []
    for page in iam.get_paginator("list_users").paginate():
        for user in page["Users"]:
            attached = iam.list_attached_user_policies(UserName=user["UserName"])["AttachedPolicies"]
            named = [policy["PolicyName"] for policy in attached if policy["PolicyName"] != OWN_PASSWORD]
            policies = ", ".join(named)
            rows.append([user["UserName"], "yes" if _has_password(iam, user["UserName"]) else "no", policies])
    print_rows(["User", "Signs in", "Policies"], rows)


@users.command()
def remove(name: Name, home: Home = None) -> None:
    """Take away a user's password: sessions end, and access keys stay."""
    from botocore.exceptions import ClientError, ParamValidationError

    from clary.cli.client import connect

    try:
        connect(home).client("iam").delete_login_profile(UserName=name)
    except (ClientError, ParamValidationError) as error:
        _refused(error)
    say(f"{name} can't sign in to Studio any more")


def _new_password(generate: bool) -> str:
    if generate:
        return f"{secrets.token_urlsafe(12)}-Aa1"
    if not sys.stdin.isatty():
        given = sys.stdin.readline().rstrip("\n")
        if not given:
            fail("no password on standard input; pipe one in, or let Clary make one with --generate")
        return given
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _tell(password: str, generated: bool) -> None:
    if generated:
        typer.echo(password)


def _policy_arn(iam: Any, policy: str) -> str:
    """The ARN of a managed policy: AWS's own, or one of the account."""
    if policy.startswith("arn:"):
        return policy
    for page in iam.get_paginator("list_policies").paginate():
        for found in page["Policies"]:
            if found["PolicyName"] == policy:
                return str(found["Arn"])
    fail(f"there is no managed policy {policy}; aws iam list-policies shows what there is")


def _has_password(iam: Any, name: str) -> bool:
    try:
        iam.get_login_profile(UserName=name)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def _unmake(iam: Any, name: str) -> None:
    """Deletes a user that could not be made wholly."""
    for attached in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
        iam.detach_user_policy(UserName=name, PolicyArn=attached["PolicyArn"])
    if _has_password(iam, name):
        iam.delete_login_profile(UserName=name)
    iam.delete_user(UserName=name)


def _refused(error: Exception) -> NoReturn:
    fail(str(getattr(error, "response", {}).get("Error", {}).get("Message", error)))
