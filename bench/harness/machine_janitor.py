"""Removes what machines leave, once the process that made them has ended: a folder, and control groups.

Its arguments are the folder and the groups. Its standard input ends with that process, however it ends.
"""

import os
import shutil
import sys
import time

PATIENCE_S = 20.0


def main(folder: str, groups: list[str]) -> None:
    sys.stdin.read()
    until = time.monotonic() + PATIENCE_S
    while any(map(os.path.isdir, groups)) and time.monotonic() < until:
        for group in groups:
            for inner, _, _ in os.walk(group, topdown=False):
                try:
                    os.rmdir(inner)
                except OSError:  # its last process is ending
                    time.sleep(0.01)
    # What a machine mounted there has gone with its namespace.
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
