"""The program of a helper: what is done in the network of a container, or with the files that it wrote.

    inside.py sockets <address of a Unix socket>
    inside.py files <user> <group> <folder> ...

It is the one file of ours in a helper, so it imports nothing of ours.
"""

from __future__ import annotations

import os
import socket
import sys

MESSAGE_BYTES = 1024
JOINED = b"joined"


def hand_out(link: socket.socket) -> None:
    """Makes a socket in this process's network for each request, until the other end closes."""
    link.send(JOINED)
    while link.recv(MESSAGE_BYTES):
        with socket.socket() as made:
            socket.send_fds(link, [b"made"], [made.fileno()])


def give(folder: str, user: int, group: int) -> None:
    """Gives a folder and all that is in it to a user. Follows no link.

    What has a path of more than 4,096 bytes stays as it is: no program reads it by its path.
    """
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            os.chown(path, user, group, follow_symlinks=False)
            if os.path.isdir(path) and not os.path.islink(path):
                waiting += [os.path.join(path, name) for name in os.listdir(path)]
        except OSError as error:
            print(error, file=sys.stderr)


def main(words: list[str]) -> None:
    if words[0] == "sockets":
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
            link.connect(words[1])
            hand_out(link)
    else:
        for folder in words[3:]:
            give(folder, int(words[1]), int(words[2]))


if __name__ == "__main__":
    main(sys.argv[1:])
