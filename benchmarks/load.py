"""An HTTP/1.1 client that costs little: many connections, each with a visitor who asks one thing after the other.

A visitor is a generator: it yields what it asks and is sent the answer, which it checks. Whoever raises ends the run.
"""

import asyncio
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from typing import NamedTuple

from drills import Failed

try:
    from uvloop import new_event_loop
except ImportError:  # there is none for Windows
    from asyncio import new_event_loop

HOST = "127.0.0.1:8000"  # told to every server, so that links in answers are the same
TIMEOUT = 30  # seconds for an answer


class Ask(NamedTuple):
    route: str  # what its times are counted under
    payload: bytes


class Answer(NamedTuple):
    status: int
    head: bytes
    body: bytes

    def json(self) -> dict:
        return json.loads(self.body)

    def header(self, name: bytes) -> str:
        for line in self.head.split(b"\r\n")[1:]:
            key, _colon, value = line.partition(b":")
            if key.lower() == name:
                return value.strip().decode()
        raise Failed(f"There is no {name.decode()} in {self.head.decode()}")


Visitor = Generator[Ask, Answer, None]


class Measured(NamedTuple):
    seconds: float
    times: dict[str, list[float]]  # seconds, by route

    @property
    def count(self) -> int:
        return sum(len(times) for times in self.times.values())

    @property
    def rate(self) -> float:
        return self.count / self.seconds


def percentile(times: list[float], percent: int) -> float:
    """In the unit of the times, of which there are some."""
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1] if len(times) > 1 else times[0]


def request(method: str, path: str, body: object = None, **headers: str) -> bytes:
    """The bytes of a request. `Idempotency_Key="x"` becomes a header."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    content = b"" if body is None else json.dumps(body).encode()
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def expect(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise Failed(
            f"{status} was expected, not {answer.head.decode()[:200]} {answer.body[:500].decode(errors='replace')}"
        )
    return answer


def repeat(payload: bytes, expected: Answer) -> Visitor:
    """The same question, which must get the same answer each time."""
    ask = Ask("", payload)
    while True:
        answer = yield ask
        if answer.status != expected.status or answer.body != expected.body:
            raise Failed(f"Another answer: {answer.head.decode()} {answer.body[:500].decode(errors='replace')}")


def ask_once(port: int, payload: bytes) -> Answer:
    """One answer, to know what is right."""
    answers = []

    def visitor() -> Visitor:
        answers.append((yield Ask("", payload)))

    visit(port, [visitor()], TIMEOUT)
    return answers[0]


def visit(port: int, visitors: Iterable[Visitor], seconds: float) -> Measured:
    """Let each visitor ask over a connection of its own for so long. Raises Failed for a wrong answer or none."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(visiting([port], list(visitors), seconds))


async def visiting(ports: list[int], visitors: list[Visitor], seconds: float) -> Measured:
    began = time.perf_counter()
    crowd = Crowd(began + seconds)
    for number, visitor in enumerate(visitors):
        await crowd.connect(visitor, ports[number % len(ports)])
    async with asyncio.timeout(seconds + TIMEOUT):
        await asyncio.gather(*(connection.gone for connection in crowd.connections))
    return Measured(max(crowd.last_answer - began, 1e-9), crowd.times)


class Crowd:
    """The connections of one run, and what they have seen."""

    def __init__(self, deadline: float):
        self.deadline, self.last_answer = deadline, 0.0
        self.times: dict[str, list[float]] = defaultdict(list)
        self.connections: list[Connection] = []

    async def connect(self, visitor: Visitor, port: int) -> None:
        connection = Connection(self, visitor)
        self.connections.append(connection)
        await asyncio.get_running_loop().create_connection(lambda: connection, "127.0.0.1", port)


class Connection(asyncio.Protocol):
    def __init__(self, crowd: Crowd, visitor: Visitor):
        self.crowd, self.visitor = crowd, visitor
        self.gone = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.asked, self.asked_at = Ask("", b""), 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.go_on(lambda: next(self.visitor))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        answer = parsed(self.buffer)
        if answer is None:
            return
        now = time.perf_counter()
        self.crowd.times[self.asked.route].append(now - self.asked_at)
        self.crowd.last_answer, self.buffer = now, b""
        self.go_on(lambda: self.visitor.send(answer))

    def go_on(self, step: Callable[[], Ask]) -> None:
        try:
            self.asked = step()
        except StopIteration:
            self.leave()
        except Exception as error:
            self.leave(error)
        else:
            self.ask()

    def ask(self) -> None:
        self.asked_at = time.perf_counter()
        if self.asked_at < self.crowd.deadline:
            self.transport.write(self.asked.payload)
        else:
            self.leave()

    def leave(self, error: Exception | None = None) -> None:
        if not self.gone.done():
            self.gone.set_exception(error) if error else self.gone.set_result(None)
        self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.leave(Failed(f"The server hung up on {self.asked.payload[:100]!r}"))


def parsed(buffer: bytes) -> Answer | None:
    """The answer in the buffer, once all of it is there."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    status, head = int(buffer[9:12]), buffer[:end]
    if status in {204, 304}:
        return Answer(status, head, b"")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = buffer[end + 4 :]
    return Answer(status, head, body) if len(body) >= length else None
