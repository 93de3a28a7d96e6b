"""What an invocation answers when there is no prediction: AWS's codes and sentences, and the fix."""

from __future__ import annotations

from dataclasses import dataclass

from clary.domain.errors import PlatformError, ValidationError

MESSAGE_CHARACTERS = 2048
"""The longest message in the model of the service."""
ORIGINAL_BYTES = 16 << 10
"""How much of a container's own message is passed on."""


class ModelError(PlatformError):
    """A container answered an error, or nothing. died: it ended before it answered."""

    code, http_status = "ModelError", 424
    died = False


@dataclass(frozen=True, slots=True)
class EndpointAccount:
    """Where the endpoints are: for names in messages."""

    account: str
    region: str

    def log_group(self, endpoint: str) -> str:
        return f"/aws/sagemaker/Endpoints/{endpoint}"

    def no_endpoint(self, name: str) -> ValidationError:
        return ValidationError(f"Endpoint {name} of account {self.account} not found.")

    def not_in_service(self, name: str, status: str) -> ValidationError:
        advice = {
            "Creating": "wait until it is InService",
            "Failed": "DescribeEndpoint has the FailureReason",
        }.get(status, "DescribeEndpoint tells more")
        return ValidationError(
            f"Endpoint {name} of account {self.account} is {status}, not InService: {advice}."
        )

    def model_error(self, endpoint: str, container: str, status: int, message: str) -> ModelError:
        """The container answered an error. status: its own; 0 when it answered nothing."""
        whose = "client" if 400 <= status < 500 else "server"
        begin = f'Received {whose} error ({status}) from {container} with message "'
        group = self.log_group(endpoint)
        end = (
            f'". See https://{self.region}.console.aws.amazon.com/cloudwatch/home?region={self.region}'
            f"#logEventViewer:group={group} in account {self.account} for more information."
        )
        room = MESSAGE_CHARACTERS - len(begin) - len(end)
        shown = message if len(message) <= room else f"{message[: room - 3]}..."
        return ModelError(
            f"{begin}{shown}{end}",
            members={
                "OriginalStatusCode": status,
                "OriginalMessage": message,
                "LogStreamArn": f"arn:aws:logs:{self.region}:{self.account}:log-group:{group}",
            },
        )

    def timed_out(self, endpoint: str, container: str) -> ModelError:
        return self.model_error(
            endpoint,
            container,
            0,
            f"Your invocation timed out while waiting for a response from container {container}. "
            "Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try "
            "again.",
        )

    def cut_off(self, endpoint: str, container: str, reason: str) -> ModelError:
        """The container ended the connection in the middle of a request."""
        message = f"{reason} before it had answered; its log tells why"
        error = self.model_error(endpoint, container, 0, message)
        error.died = True
        return error


def unavailable(message: str) -> PlatformError:
    """An error that clients repeat after a pause."""
    return PlatformError(message, code="ServiceUnavailable", http_status=503)


def not_ready(message: str) -> PlatformError:
    return PlatformError(message, code="ModelNotReadyException", http_status=429)


def throttled(message: str) -> PlatformError:
    return PlatformError(message, code="ThrottlingException", http_status=400)
