"""Chooses the program. Exit status: 0, or 1 with the reason in the log and where the job is asked for it."""

from __future__ import annotations

import sys
from importlib import import_module

from .hyperparameters import read_hyperparameters
from .trouble import BadInput, report_failure

_PROGRAMS = {
    "analyze": "analyze",
    "train": "train",
    "fit-features": "features",
    "apply-features": "features",
    "report": "report",
}


def main(arguments: list[str]) -> int:
    try:
        given = {} if arguments else read_hyperparameters()
        command, *rest = arguments or [given.get("_command", "train")]
        if command not in _PROGRAMS:
            raise BadInput(f"there is no program {command!r}; there are {', '.join(_PROGRAMS)}")
        module = import_module(f".{_PROGRAMS[command]}", __package__)
        module.PROGRAMS[command](given, rest)
    except BadInput as error:
        report_failure(str(error))
        print(f"Error: {error}", file=sys.stderr, flush=True)
        return 1
    except MemoryError:
        reason = "the job ran out of memory; choose a larger instance type or fewer rows"
        report_failure(reason)
        print(f"Error: {reason}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
