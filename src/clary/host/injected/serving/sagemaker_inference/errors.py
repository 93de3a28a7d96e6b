"""Errors of scripts that become answers with a status of their own."""

from __future__ import annotations

from clary_serving.formats import UnsupportedFormat  # type: ignore[import-not-found, import-untyped, unused-ignore]


class BaseInferenceToolkitError(Exception):
    def __init__(self, status_code: int, message: str, phrase: str = "") -> None:
        super().__init__(message)
        self.status_code, self.message, self.phrase = status_code, message, phrase


class GenericInferenceToolkitError(BaseInferenceToolkitError):
    pass


class UnsupportedFormatError(UnsupportedFormat):  # type: ignore[misc, unused-ignore]
    def __init__(self, content_type: str) -> None:
        super().__init__("The content type {} is not supported by the serving script".format(content_type))


class UserModuleLoadError(Exception):
    """For ``except`` clauses of scripts."""
