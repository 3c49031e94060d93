"""A Redis server for one run, on a port of its own, that can be stopped and started again. Keeps nothing on disk."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from environment import refuse
from postgres import free_port


class Redis:
    def __init__(self, port: int):
        self.port, self.url = port, f"redis://127.0.0.1:{port}/0"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 10
        while self.ask("PING") != "+PONG":
            if time.monotonic() > deadline:
                refuse(f"Redis does not answer on port {self.port}.")
            time.sleep(0.05)

    def stop(self) -> None:
        """As a crash does: without a word."""
        self.process.kill()
        self.process.wait()

    def ask(self, command: str) -> str:
        """The first line of the answer to an inline command such as `FLUSHALL`; empty when nobody answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as link:
                link.sendall(f"{command}\r\n".encode())
                return link.recv(4096).decode().partition("\r\n")[0]
        except OSError:
            return ""


@contextmanager
def throwaway_redis() -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        refuse("redis-server is missing: install Redis, of which this starts a server of its own.")
    server = Redis(free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop()
