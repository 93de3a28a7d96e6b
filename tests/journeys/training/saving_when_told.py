"""Waits for SIGTERM and saves where it ran; started again with that, says both places and ends."""

import json
import os
import signal
import socket

CHECKPOINT = f"/opt/ml/checkpoints/{os.environ['SM_CURRENT_HOST']}.json"

told = {signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, told)
place = {"address": socket.gethostbyname(os.environ["SM_CURRENT_HOST"])}
if os.path.exists(CHECKPOINT):
    with open(CHECKPOINT) as file:
        print("RESULT " + json.dumps({**place, "saved": json.load(file)}), flush=True)
else:
    print("RESULT " + json.dumps(place), flush=True)
    signal.sigwait(told)
    with open(CHECKPOINT, "w") as file:
        json.dump(place, file)
    raise SystemExit(1)
