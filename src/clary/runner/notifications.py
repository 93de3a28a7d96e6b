"""Sends e-mail and SMS actions of rules, as the administrator has configured it.

CLARY_MAIL_SERVER     smtp://user:password@host:587, or smtps://...     carries e-mail
CLARY_NOTIFY_WEBHOOK  https://...                                       gets e-mail and SMS as JSON
"""

from __future__ import annotations

import json
import smtplib
import urllib.request
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

Document = dict[str, Any]

TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Notifier:
    """An empty setting: this way of delivery is not configured. Safe to use from any thread."""

    mail_server: str = ""
    mail_from: str = "clary@localhost"
    webhook: str = ""

    def send(self, job_name: str, action: Document, details: str) -> str:
        """Delivers an e-mail or SMS action; returns the result as a sentence for the rule's log."""
        by_mail = action["Action"] == "email" and bool(self.mail_server)
        if not by_mail and not self.webhook:
            setting = "CLARY_MAIL_SERVER or " if action["Action"] == "email" else ""
            return (
                f"The {action['Action']} to {action['Target']} was not sent: the server has no way to "
                f"deliver it. Set {setting}CLARY_NOTIFY_WEBHOOK."
            )
        try:
            if by_mail:
                self._mail(job_name, action, details)
            else:
                self._post(job_name, action, details)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return f"The {action['Action']} to {action['Target']} could not be delivered: {error}"
        return f"The {action['Action']} to {action['Target']} was sent."

    def _mail(self, job_name: str, action: Document, details: str) -> None:
        message = EmailMessage()
        message["Subject"] = f"SMDebugRule:{action['RuleName']} fired"
        message["From"], message["To"] = self.mail_from, action["Target"]
        message.set_content(
            f"SMDebugRule:{action['RuleName']} fired.\n\nTraining job: {job_name}\n{details}\n"
        )
        server = urlsplit(self.mail_server)
        secure = server.scheme == "smtps"
        connect = smtplib.SMTP_SSL if secure else smtplib.SMTP
        with connect(
            server.hostname or "", server.port or (465 if secure else 25), timeout=TIMEOUT_S
        ) as link:
            link.ehlo_or_helo_if_needed()
            if not secure and link.has_extn("starttls"):
                link.starttls()
            if server.username:
                link.login(unquote(server.username), unquote(server.password or ""))
            link.send_message(message)

    def _post(self, job_name: str, action: Document, details: str) -> None:
        content = {
            "Subject": f"SMDebugRule:{action['RuleName']} fired",
            "Protocol": action["Action"],
            "Endpoint": action["Target"],
            "TrainingJobName": job_name,
            "RuleConfigurationName": action["RuleConfigurationName"],
            "RuleName": action["RuleName"],
            "StatusDetails": details,
        }
        request = urllib.request.Request(
            self.webhook, json.dumps(content).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):
            pass
