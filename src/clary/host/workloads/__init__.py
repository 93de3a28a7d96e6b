"""What a host may run, one file a workload; ``workload.py`` says what such a file holds.

The name that a spec asks for is the name of the file. Further folders come from CLARY_WORKLOADS: what is in
them runs with the rights of the server, which is why nobody but who starts the server can name one.
"""

import os

__path__ += [folder for folder in os.environ.get("CLARY_WORKLOADS", "").split(os.pathsep) if folder]
