"""Questions and answers over `ws/support/`: what was not acknowledged is sent again, by its client id."""

import asyncio
import time
import uuid
from contextlib import suppress

from drills.day.client import Client, Town
from drills.live import LOST, LiveSocket

TIMEOUT = 20 * 60  # seconds of the day for an answer
REPEAT = 3.0  # true seconds until an unacknowledged message is sent again
ACKNOWLEDGED = 60.0  # true seconds until that is given up


class Chat(LiveSocket):
    """Knows what it has sent, and what of it is acknowledged."""

    subprotocol = "support.v1"

    def __init__(self, token: str, town: Town):
        super().__init__(token, town.sockets, "/ws/support/")
        self.town, self.sent = town, town.ledger.messages

    async def take(self, frame: dict) -> None:
        if frame["type"] == "message":
            self.hear(frame)
        elif frame["type"] == "error":
            self.town.ledger.refusals["chat", frame["code"]] += 1

    def hear(self, frame: dict) -> None:
        if self.sent.get(frame["client_id"], 0) is None:
            self.sent[frame["client_id"]] = frame["seq"]

    async def write(self, text: str, **fields) -> bool:
        """Until it is acknowledged."""
        client_id = str(uuid.uuid4())
        self.sent[client_id] = None
        deadline = time.monotonic() + ACKNOWLEDGED
        while self.sent[client_id] is None and time.monotonic() < deadline:
            with suppress(*LOST):  # the next connection sends it again
                await self.say("message", client_id=client_id, text=text, **fields)
            await self.until(lambda: self.sent[client_id] is not None, REPEAT)
        return self.sent[client_id] is not None


class CustomerChat(Chat):
    def __init__(self, token: str, town: Town):
        super().__init__(token, town)
        self.is_answered, self.last = False, None

    async def listen(self) -> None:
        self.path = "/ws/support/" + ("" if self.last is None else f"?after={self.last}")
        await super().listen()

    def hear(self, frame: dict) -> None:
        """Everything, in order and without a hole: a repetition is told to the one who repeats."""
        super().hear(frame)
        if self.last is not None and frame["seq"] > self.last + 1:
            self.odd.append(f"heard message {frame['seq']} after {self.last} of conversation {frame['conversation']}")
        self.last = max(self.last or 0, frame["seq"])
        self.is_answered = self.is_answered or frame["author"]["is_staff"]

    async def ask(self, text: str) -> None:
        """A question, and the wait for what staff say."""
        self.town.ledger.questions["asked"] += 1
        await self.write(text)
        if await self.until(lambda: self.is_answered, TIMEOUT / self.town.clock.speed):
            self.town.ledger.questions["answered"] += 1


class StaffChat(Chat):
    """Somebody who answers what is waiting: told of it by the socket, and looking at the queue now and then."""

    def __init__(self, token: str, town: Town):
        super().__init__(token, town)
        self.client = Client(town, token)
        self.waiting: asyncio.Queue[int] = asyncio.Queue()
        self.known: set[int] = set()  # in the queue already
        self.is_free = asyncio.Event()  # nothing of hers is under way

    async def work(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.run())
            tasks.create_task(self.look())
            while True:
                self.is_free.set()
                conversation = await self.waiting.get()
                self.is_free.clear()
                await self.town.pause(10, 40)
                self.known.discard(conversation)
                await self.write("Минутку, смотрю.", conversation=conversation)

    async def look(self) -> None:
        """A summary may have been lost with a connection."""
        while True:
            await self.town.pause(60, 120)
            queue = await self.client.ask("GET", "support/conversations/?unanswered=true")
            for conversation in queue.body.get("results", ()):
                self.put(conversation)

    async def take(self, frame: dict) -> None:
        await super().take(frame)
        if frame["type"] == "conversation":
            self.put(frame["conversation"])

    def put(self, conversation: dict) -> None:
        if conversation["waiting_since"] and conversation["id"] not in self.known:
            self.known.add(conversation["id"])
            self.waiting.put_nowait(conversation["id"])
