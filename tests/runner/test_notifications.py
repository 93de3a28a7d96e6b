"""E-mail and SMS of rules, against real sockets."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from clary.runner.notifications import Notifier

EMAIL = {
    "Action": "email",
    "Target": "me@example.com",
    "RuleConfigurationName": "Mine",
    "RuleName": "AllZero",
}
SMS = {**EMAIL, "Action": "sms", "Target": "+491701234567"}


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs to deliver one message."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        lines: list[str] = []
        reading = False
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if reading and line != ".":
                lines.append(line)
                continue
            if reading:
                # Before the client is answered: the test looks as soon as it is.
                self.server.messages.append("\n".join(lines))  # type: ignore[attr-defined]
            reading = line.upper() == "DATA"
            if line.upper() == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                break
            self.wfile.write(b"354 go on\r\n" if reading else b"250 fine\r\n")


@pytest.fixture
def mailbox() -> Iterator[tuple[str, list[str]]]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        messages: list[str] = []
        server.messages = messages  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}", messages
        server.shutdown()


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[Any]]]:
    came: list[Any] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204 if self.path == "/rules" else 500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", came
        server.shutdown()


def test_an_email_goes_to_the_mail_server(mailbox: tuple[str, list[str]]) -> None:
    url, messages = mailbox

    said = Notifier(mail_server=url, mail_from="clary@example.com").send(
        "digits", EMAIL, "at step 5\nTry ReLU."
    )

    assert said == "The email to me@example.com was sent."
    (message,) = messages
    assert "Subject: SMDebugRule:AllZero fired" in message
    assert "From: clary@example.com" in message
    assert "To: me@example.com" in message
    assert "Training job: digits" in message
    assert "Try ReLU." in message


@pytest.mark.parametrize("action", [EMAIL, SMS])
def test_a_webhook_gets_what_no_mail_server_carries(
    action: dict[str, str], webhook: tuple[str, list[Any]]
) -> None:
    url, came = webhook

    said = Notifier(webhook=f"{url}/rules").send("digits", action, "at step 5")

    assert said == f"The {action['Action']} to {action['Target']} was sent."
    assert came == [
        {
            "Subject": "SMDebugRule:AllZero fired",
            "Protocol": action["Action"],
            "Endpoint": action["Target"],
            "TrainingJobName": "digits",
            "RuleConfigurationName": "Mine",
            "RuleName": "AllZero",
            "StatusDetails": "at step 5",
        }
    ]


def test_an_sms_is_never_mailed(mailbox: tuple[str, list[str]]) -> None:
    said = Notifier(mail_server=mailbox[0]).send("digits", SMS, "")

    assert said.endswith("the server has no way to deliver it. Set CLARY_NOTIFY_WEBHOOK.")
    assert mailbox[1] == []


def test_nothing_configured_is_said_with_the_fix() -> None:
    said = Notifier().send("digits", EMAIL, "")

    assert said.endswith("Set CLARY_MAIL_SERVER or CLARY_NOTIFY_WEBHOOK.")


def test_a_way_that_fails_is_said_and_raises_nothing(webhook: tuple[str, list[Any]]) -> None:
    refused = Notifier(webhook=f"{webhook[0]}/elsewhere").send("digits", SMS, "")
    nobody = Notifier(mail_server="smtp://127.0.0.1:1").send("digits", EMAIL, "")

    assert refused.startswith("The sms to +491701234567 could not be delivered: HTTP Error 500")
    assert nobody.startswith("The email to me@example.com could not be delivered: ")
