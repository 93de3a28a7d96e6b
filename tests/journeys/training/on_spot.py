"""Descends a slope for ``--steps`` steps; saves a checkpoint when it is told to end, and goes on from it."""

import argparse
import json
import os
import random
import signal
import time

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=60)
parser.add_argument("--seconds", type=float, default=6.0)
parser.add_argument(
    "--every", type=int, default=0, help="also save after so many steps; 0: only when told to end"
)
parser.add_argument(
    "--wait-at", type=int, default=0, help="the first attempt waits there until it is told to end"
)
wishes = parser.parse_args()
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(True))

checkpoint = f"/opt/ml/checkpoints/{os.environ.get('SM_CURRENT_HOST', 'algo-1')}.json"
step, weights, generator = 0, [4.0, -3.0], random.Random(7)
if os.path.exists(checkpoint):
    with open(checkpoint) as file:
        saved = json.load(file)
    step, weights = saved["step"], saved["weights"]
    state = saved["random"]
    generator.setstate((state[0], tuple(state[1]), state[2]))


def save() -> None:
    with open(f"{checkpoint}.new", "w") as file:
        json.dump({"step": step, "weights": weights, "random": generator.getstate()}, file)
    os.replace(f"{checkpoint}.new", checkpoint)


os.makedirs(os.path.dirname(checkpoint), exist_ok=True)
print(f"begins at step {step}", flush=True)
while step < wishes.steps and not told:
    slope = [2 * weight + generator.gauss(0.0, 0.1) for weight in weights]
    weights = [weight - 0.05 * each for weight, each in zip(weights, slope, strict=True)]
    step += 1
    if wishes.every and step % wishes.every == 0:
        save()
    while step == wishes.wait_at and not told and not os.path.exists(checkpoint):
        time.sleep(0.1)
    time.sleep(wishes.seconds / wishes.steps)
if step < wishes.steps:
    save()
    raise SystemExit(1)
with open("/opt/ml/model/weights.json", "w") as file:
    json.dump({"step": step, "weights": weights}, file)
