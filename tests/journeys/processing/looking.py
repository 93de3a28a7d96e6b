"""Prints what it finds, and writes a file named after its host."""

import json
import os
import socket
from pathlib import Path

root = Path("/opt/ml/processing")
resources = json.loads(Path("/opt/ml/config/resourceconfig.json").read_text())
host = resources["current_host"]
found = {
    "host": host,
    "hosts": resources["hosts"],
    "host_name": socket.gethostname(),
    "peer": socket.gethostbyname("algo-2"),
    "wish": os.environ["MY_WISH"],
    "inputs": sorted(os.listdir(root / "input" / "data")),
}
(root / "out" / f"{host}.json").write_text(json.dumps(found))
print("RESULT " + json.dumps(found))
