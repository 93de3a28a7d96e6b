"""TensorFlow Serving's address for scripts that send requests to it themselves (``context.rest_uri``)."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from ._saved_model import SavedModel


class RestResponse:
    """What an output_handler gets: the part of ``requests.Response`` that handlers use."""

    def __init__(self, status_code: int, document: Any) -> None:
        self.status_code = status_code
        self.headers = {"Content-Type": "application/json"}
        self.content = json.dumps(document).encode("utf-8")

    @property
    def ok(self) -> bool:
        return self.status_code < 400

    @property
    def text(self) -> str:
        return self.content.decode("utf-8")

    def json(self) -> Any:
        return json.loads(self.content)


class RestServer:
    """Answers on a loopback address of this worker, in threads."""

    def __init__(self, models: Mapping[str, SavedModel]) -> None:
        class RestHandler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                name = self.path.rpartition("/")[2].partition(":")[0]
                try:
                    status, said = models[name].respond(json.loads(body))
                except (KeyError, ValueError) as error:
                    status, said = 400, {"error": "{!r}".format(error)}
                answer = json.dumps(said).encode("utf-8")
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), RestHandler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def uri(self, name: str, method: str) -> str:
        return "http://127.0.0.1:{}/v1/models/{}:{}".format(self._server.server_address[1], name, method)
