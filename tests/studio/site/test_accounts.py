"""The ways in to Studio in a real browser: as a user profile, with a given password, and after an end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.journeys.clients import Client, client_prefix
from tests.journeys.server import Server
from tests.studio.chromium import Page
from tests.studio.site.site import AXE, Studio

GIVEN, CHOSEN, LATER = "Given-horse-1", "Chosen-horse-2", "Later-horse-3"


@pytest.fixture
def door(page: Page, server: Server) -> Studio:
    """The page to sign in, with nobody signed in."""
    studio = Studio(page, server.url)
    studio.open("/login")
    page.evaluate("localStorage.clear()")
    return studio


def fill(studio: Studio, **fields: str) -> None:
    """Fills a form in and submits it."""
    studio.page.wait(f"document.querySelector('input[name={next(iter(fields))}]')")
    studio.page.evaluate(
        f"""(() => {{
          for (const [name, value] of Object.entries({json.dumps(fields)})) {{
            document.querySelector(`input[name=${{name}}]`).value = value;
          }}
          document.querySelector('form button').click();
        }})()"""
    )


def test_the_aws_command_leads_into_studio_as_a_profile(
    door: Studio, page: Page, server: Server, tmp_path: Path
) -> None:
    aws = Client(client_prefix("v2"), server.client_environ(), tmp_path)
    role = f"arn:aws:iam::{server.facts['account']}:role/ClaryExecutionRole"

    def sagemaker(*words: str) -> str:
        return aws.command("aws", "sagemaker", *words, "--output", "text").strip()

    domain = sagemaker(
        *("create-domain", "--domain-name", "lab", "--auth-mode", "IAM", "--vpc-id", "vpc-1"),
        *("--subnet-ids", "subnet-1", "--default-user-settings", f"ExecutionRole={role}"),
        *("--query", "DomainId"),
    )
    named = ("--domain-id", domain, "--user-profile-name", "grace")
    sagemaker("create-user-profile", *named)
    url = sagemaker(
        *("create-presigned-domain-url", *named, "--query", "AuthorizedUrl"),
        *("--landing-uri", "studio::account", "--session-expiration-duration-in-seconds", "1800"),
    )

    page.open(url)
    door.wait_for("A user profile, with the rights of its execution role")
    door.wait_for(f"{domain}/grace")
    door.wait_for("assumed-role/ClaryExecutionRole/grace")
    door.wait_for("(29 min")
    assert door.address == "/account"

    door.click("Sign out")
    page.wait("location.pathname.endsWith('/login')")
    page.open(url)
    door.wait_for("This link was used before. Make a new one with: aws sagemaker create-presigned-domain-url")
    # A question of before signing out may be answered after it.
    said = [each for each in page.troubles() if "403" not in each and "401" not in each]
    assert said == []


@pytest.mark.parametrize("dark", [False, True])
def test_a_given_password_is_replaced_and_changed_again(
    door: Studio, page: Page, server: Server, dark: bool
) -> None:
    page.scheme(dark=dark)
    name = f"ida-{dark}".lower()
    iam = server.session(root=True)("iam")
    iam.create_user(UserName=name)
    iam.create_login_profile(UserName=name, Password=GIVEN, PasswordResetRequired=True)
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/IAMUserChangePassword")

    door.open("/account")
    fill(door, name=name, password=GIVEN)
    door.wait_for("Choose your password")
    _accessible(door)
    fill(door, new=CHOSEN, again="Other-horse-9")
    door.wait_for("The two are not the same.")
    fill(door, new=CHOSEN, again=CHOSEN)

    door.wait_for("Where you are signed in")
    assert door.address == "/account"
    page.wait("document.querySelector('.plain-table tbody tr')")
    _accessible(door)
    fill(door, old="Wrong-horse-1", new=LATER, again=LATER)
    door.wait_for("The old password was incorrect.")
    fill(door, old=CHOSEN, new=LATER, again=LATER)
    door.wait_for("Your password is another one now.")

    page.resize(390, 844)
    door.open("/account")
    door.wait_for("Where you are signed in")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    door.click("Sign out")
    fill(door, name=name, password=LATER)
    page.wait("document.querySelector('.side nav')")


def test_a_session_that_ends_says_why_and_comes_back(studio: Studio, page: Page, server: Server) -> None:
    iam = server.session(root=True)("iam")
    iam.create_user(UserName="joan")
    iam.create_login_profile(UserName="joan", Password=CHOSEN)
    iam.attach_user_policy(UserName="joan", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerReadOnly")
    studio.click("Sign out")
    fill(studio, name="joan", password=CHOSEN)
    page.wait("document.querySelector('.side nav')")
    studio.open("/training-jobs?status=Failed&sort=Name")
    page.wait("document.querySelector('[aria-label=Status]')?.value === 'Failed'")

    iam.update_login_profile(UserName="joan", Password=LATER)
    studio.wait_for("The session has ended: the user has another password now")
    fill(studio, name="joan", password=LATER)
    page.wait("document.querySelector('[aria-label=Status]')?.value === 'Failed'")

    assert studio.address == "/training-jobs?status=Failed&sort=Name"
    page.forget_troubles()


def test_the_frame_stands_until_the_page_is_drawn(studio: Studio, page: Page) -> None:
    """Also where the router writes the address anew, as it does with this list of names."""
    watch = """
      window.seen = [];
      const look = () => {
        const frame = document.querySelector('.still');
        const hidden = frame && getComputedStyle(frame).display === 'none';
        const drawn = document.getElementById('page')?.childElementCount > 0;
        if (frame) window.seen.push(hidden === drawn);
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);"""
    page.ask("Page.enable", {})
    page.ask("Page.addScriptToEvaluateOnNewDocument", {"source": watch})

    page.open("about:blank")
    studio.open("/compare?components=one,two")
    page.wait("document.querySelector('main h1')")

    assert page.evaluate("window.seen.length > 0 && window.seen.every(Boolean)")
    page.forget_troubles()


def _accessible(studio: Studio) -> None:
    if AXE.exists():
        assert studio.complaints() == []
