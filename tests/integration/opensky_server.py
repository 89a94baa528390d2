"""A local stand-in for OpenSky: a real HTTP server that answers from a script."""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ROW = [
    "e8021b",
    "LPE2368 ",
    "Chile",
    1,
    2,
    -59.6,
    -33.0,
    10393.6,
    False,
    219.5,
    328.8,
    0,
    None,
    10400,
    "2236",
    False,
    0,
    4,
]
NOON = 1_750_852_800


@dataclass
class Reply:
    """One scripted answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    announced_bytes: int | None = None
    """Content-Length, when it is to be more than what is sent."""


def sky(time: int = NOON, rows: int = 1, **headers: str) -> Reply:
    body = json.dumps({"time": time, "states": [ROW] * rows if rows else None}).encode()
    return Reply(body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


def token(value: str = "token-1", **content) -> Reply:
    return Reply(body=json.dumps({"access_token": value, "expires_in": 1800} | content).encode())


@dataclass
class Request:
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    form: dict[str, list[str]]


class OpenSkyServer:
    """What is asked is kept in ``requests``; what is answered is taken from ``states`` and ``tokens``."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[Request] = []
        self.states: deque[Reply] = deque()
        self.tokens: deque[Reply] = deque()

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def reply(self, request: Request) -> Reply:
        self.requests.append(request)
        script = self.tokens if request.path == "/token" else self.states
        return script.popleft() if script else Reply(500)


@contextmanager
def opensky_server() -> Iterator[OpenSkyServer]:
    """A server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, form: str) -> None:
            url = urlsplit(self.path)
            reply = server.reply(Request(url.path, parse_qs(url.query), dict(self.headers), parse_qs(form)))
            time.sleep(reply.delay_s)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(reply.announced_bytes or len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server = OpenSkyServer(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
