"""Fits a line to the channel train: the same everywhere, to the last bit."""

import json
import os

with open("/opt/ml/input/config/hyperparameters.json") as file:
    asked = json.load(file)
with open("/opt/ml/input/data/train/points.csv") as file:
    points = [tuple(map(float, line.split(","))) for line in file]
slope = level = 0.0
for epoch in range(int(asked["epochs"])):
    errors = [slope * x + level - y for x, y in points]
    slope -= 0.01 * sum(error * x for error, (x, _) in zip(errors, points, strict=True)) / len(points)
    level -= 0.01 * sum(errors) / len(points)
    print(f"epoch={epoch} loss={sum(error * error for error in errors) / len(points):.6f};", flush=True)
with open("/opt/ml/model/line.json", "w") as file:
    json.dump({"slope": slope, "level": level}, file)
os.makedirs("/opt/ml/model/of-root", mode=0o700)
