"""Prints its arguments and the files of its channels."""

import json
import os
import sys

channels = {}
for name in json.loads(os.environ.get("SM_CHANNELS", "[]")):
    folder = os.environ["SM_CHANNEL_" + name.upper()]
    paths = [os.path.join(at, each) for at, _, names in os.walk(folder) for each in names]
    channels[name] = sorted(os.path.relpath(path, folder) for path in paths)
print("RESULT " + json.dumps({"arguments": sys.argv[1:], "channels": channels}))
