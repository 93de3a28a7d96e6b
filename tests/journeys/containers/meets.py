"""Says hello to every other host by its name, and prints what this host can see of the world."""

import json
import os
import socket
import threading
import time
import urllib.request

with open("/opt/ml/input/config/resourceconfig.json") as file:
    cluster = json.load(file)
own = cluster["current_host"]
heard = []


def listen(server):
    for _ in cluster["hosts"][1:]:
        link, _ = server.accept()
        heard.append(link.recv(100).decode())
        link.close()


def greet(host):
    for _ in range(300):  # the other host may not be there yet
        try:
            with socket.create_connection((host, 5000), 5) as link:
                link.sendall(own.encode())
                return
        except OSError:
            time.sleep(0.1)


with socket.create_server(("0.0.0.0", 5000)) as server:
    listener = threading.Thread(target=listen, args=(server,))
    listener.start()
    for host in cluster["hosts"]:
        if host != own:
            greet(host)
    listener.join(60)


def can_reach(address):
    try:
        socket.create_connection(address, 2).close()
    except OSError as error:
        return type(error).__name__
    return True


def read(url, token=None):
    asked = urllib.request.Request(url, headers={"Authorization": token} if token else {})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return json.load(answer)


token = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
clary, role = os.environ.get("AWS_ENDPOINT_URL"), os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
seen = {
    "heard": sorted(heard),
    "address": socket.gethostbyname(own),
    "interfaces": sorted(os.listdir("/sys/class/net")),
    "health": read(f"{clary}/_clary/health")["status"] if clary else None,
    "credentials": sorted(read(role, token)) if role else None,
    "world": can_reach(("192.0.2.1", 80)),
}
print("RESULT " + json.dumps(seen), flush=True)
