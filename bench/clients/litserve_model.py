"""A model behind LitServe. MODEL: the module that makes it."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import litserve
import numpy as np

served = importlib.import_module(os.environ["MODEL"])


class Api(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.model = served.made()

    # LitServe reads the annotations: without one it hands the JSON over.
    def decode_request(self, request):  # type: ignore[no-untyped-def]
        return np.array(request)

    def predict(self, x: Any) -> Any:
        return served.predict(self.model, x)

    def encode_response(self, output: Any) -> Any:
        return output.tolist()


if __name__ == "__main__":
    server = litserve.LitServer(Api(api_path="/invocations"), accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=1,
        log_level="warning",
        generate_client_file=False,
    )
