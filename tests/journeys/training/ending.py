"""Ends in the way that its arguments say."""

import argparse
import os
import signal
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--how", default="raise")
wishes = parser.parse_args()

print(f"ending by {wishes.how}", flush=True)
if wishes.how == "raise":
    raise ValueError("the learning rate must not be 42")
elif wishes.how == "exit":
    sys.exit(7)
elif wishes.how == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
elif wishes.how == "segfault":
    os.kill(os.getpid(), signal.SIGSEGV)
elif wishes.how == "late":
    signal.signal(signal.SIGTERM, lambda *_: (print("asked to end", flush=True), sys.exit(0)))
    with open("/opt/ml/model/half.txt", "w") as file:
        file.write("half a model")
    time.sleep(600)
elif wishes.how == "failure file":
    with open("/opt/ml/output/failure", "w") as file:
        file.write("a reason of its own")
    sys.exit(1)
