"""Says which arguments it got and what lies in its channels."""

import json
import os
import sys

channels = {}
for name in json.loads(os.environ.get("SM_CHANNELS", "[]")):
    folder = os.environ["SM_CHANNEL_" + name.upper()]
    channels[name] = sorted(os.path.relpath(os.path.join(at, each), folder) for at, _, names in os.walk(folder) for each in names)
print("RESULT " + json.dumps({"arguments": sys.argv[1:], "channels": channels}))
