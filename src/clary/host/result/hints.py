"""Hints for the errors that are usual in a first job, added to the reason of the failure.

They depend on the text of the error alone, because a job must not learn which files exist outside.
"""

from __future__ import annotations

import re

_MODULE = re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?")
_FILE = re.compile(
    r"(?:FileNotFoundError|NotADirectoryError): .*?['\"]((?:/home/|/Users/|/root/|~/|[A-Z]:[\\/])[^'\"]*)"
)
_ADDRESS = re.compile(r"address already in use|EADDRINUSE", re.IGNORECASE)
_COMMAND = re.compile(r'ErrorMessage "([^":]+): (?:No such file or directory|Permission denied)"')


def hint(error: str) -> str:
    """Returns a sentence for the author of a script that ended with ``error``; empty when there is none."""
    if module := _MODULE.search(error):
        name = module[1].partition(".")[0]
        return (
            f"Hint: if {name} is a file or folder beside your script, send its folder along (source_dir= in "
            "the SDK, --source-dir of clary train); if it is a package, name it in a requirements.txt there."
        )
    if file := _FILE.search(error):
        return (
            f"Hint: a job does not see your own files, such as {file[1][:80]}. Upload data to S3, give it "
            "as an input channel, and read it from the folder that SM_CHANNEL_<NAME> names."
        )
    if _ADDRESS.search(error):
        return (
            "Hint: all hosts share the network of this machine. Listen on the address of this host only, "
            "$SAGEMAKER_BIND_TO_HOST, not on every one (0.0.0.0), and on its port $SAGEMAKER_BIND_TO_PORT."
        )
    if command := _COMMAND.search(error):
        return (
            f"Hint: {command[1][:80]} is not a program that this image can run. Name one, and your script by "
            'its full path, such as ["python3", "/opt/ml/processing/input/code/script.py"].'
        )
    return ""


def with_hint(reason: str, most_characters: int) -> str:
    """Returns the reason with a hint at its end. The reason is cut when both are too long."""
    said = hint(reason)
    return f"{reason[: most_characters - len(said) - 1]}\n{said}" if said else reason
