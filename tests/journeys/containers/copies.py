"""Writes the words of its input in capitals."""

import os
import sys

os.makedirs("/opt/ml/processing/out", exist_ok=True)
with open("/opt/ml/processing/in/words.txt") as words, open("/opt/ml/processing/out/words.txt", "w") as out:
    out.write(words.read().upper() + " ".join(sys.argv[1:]))
print("copied", flush=True)
