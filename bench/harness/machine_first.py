"""Process 1 of a machine: it waits for processes whose parent has ended, so that none stays as a zombie."""

import contextlib
import os
import signal

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
print("on", flush=True)
while True:
    signal.sigwait({signal.SIGCHLD})
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
