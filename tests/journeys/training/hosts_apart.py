"""Each of two hosts logs a loss of its own: 0.1 of the first, then 0.2 of the second."""

import os
import socket
import time

PORT = 47011
first = os.environ["SM_CURRENT_HOST"] == "algo-1"

if first:
    print("loss=0.1", flush=True)
    with socket.create_server(("", PORT)) as server:
        server.accept()
else:
    while True:
        try:
            socket.create_connection(("algo-1", PORT), timeout=5.0).close()
            break
        except OSError:
            time.sleep(0.1)
    print("loss=0.2", flush=True)
