"""What to do about the errors that a first job meets, said beside the error itself.

Judged by its text alone: whether a file exists outside is nothing that a job may learn.
"""

from __future__ import annotations

import re

_MODULE = re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?")
_FILE = re.compile(
    r"(?:FileNotFoundError|NotADirectoryError): .*?['\"]((?:/home/|/Users/|/root/|~/|[A-Z]:[\\/])[^'\"]*)"
)
_COMMAND = re.compile(r'ErrorMessage "([^":]+): (?:No such file or directory|Permission denied)"')


def hint(error: str) -> str:
    """A sentence for the author of a script that ended with ``error``; empty when there is none."""
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
    if command := _COMMAND.search(error):
        return (
            f"Hint: {command[1][:80]} is not a program that this image can run. Name one, and your script by "
            'its full path, such as ["python3", "/opt/ml/processing/input/code/script.py"].'
        )
    return ""


def with_hint(reason: str, most_characters: int) -> str:
    """The reason with a hint at its end, shortened before it where that is needed."""
    said = hint(reason)
    return f"{reason[: most_characters - len(said) - 1]}\n{said}" if said else reason
