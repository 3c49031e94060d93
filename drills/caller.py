"""Somebody who asks over HTTP on a thread of their own, and repeats what was not answered."""

import json
import threading
import time
from http.client import HTTPConnection, HTTPException

AWAY = {None, 503}  # no answer at all, or one that says to come back: repeat the same
WAIT = 0.2  # seconds before a repetition
CLIENT_TIMEOUT = 15  # seconds for an answer


class Caller(threading.Thread):
    def __init__(self, port: int, token: str):
        super().__init__(daemon=True)
        self.port, self.token, self.is_wanted = port, token, True
        self.answers: list[tuple[float, int | None, float]] = []  # when, status, seconds
        self.odd: list[str] = []
        self.link: HTTPConnection | None = None

    def ask(self, method: str, path: str, body: dict, wanted: set[int], key: str = "") -> dict | None:
        """Repeat a request until it is answered. Gives up only when the load is over, or on an answer that is no
        promise.
        """
        while True:
            status, text = self.send(method, path, body, key)
            if status in wanted:
                return json.loads(text)
            if status not in AWAY:
                self.odd.append(f"{method} {path} {status} {text[:200]!r}")
                return None
            if not self.is_wanted:
                return None
            time.sleep(WAIT)

    def send(self, method: str, path: str, body: dict, key: str) -> tuple[int | None, bytes]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        began = time.monotonic()
        try:
            if self.link is None:
                self.link = HTTPConnection("127.0.0.1", self.port, timeout=CLIENT_TIMEOUT)
            self.link.request(method, path, json.dumps(body), headers)
            response = self.link.getresponse()
            status, text = response.status, response.read()
        except (OSError, HTTPException):
            self.link, status, text = None, None, b""
        self.answers.append((time.monotonic(), status, time.monotonic() - began))
        return status, text
