"""Continues from its checkpoint, for ``--steps`` more steps each time."""

import argparse
import json
import os

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=3)
wishes = parser.parse_args()

path = "/opt/ml/checkpoints/deep/state.json"
done = 0
if os.path.exists(path):
    with open(path) as file:
        done = json.load(file)["done"]
os.makedirs(os.path.dirname(path), exist_ok=True)
with open(path, "w") as file:
    json.dump({"done": done + wishes.steps}, file)
print("RESULT " + json.dumps({"began_at": done, "ended_at": done + wishes.steps}))
