"""Somebody with a device: asks over HTTP, repeats what got no answer by its key, and writes down what was refused."""

import asyncio
import random
import re
import time
from dataclasses import dataclass, field

import aiohttp

from drills.day.clock import DayClock
from drills.day.ledger import Ledger
from drills.day.plan import Plan

AWAY = {None, 502, 503}  # no answer at all, or one that says to come back: repeat the same
WAIT = 0.2  # true seconds before a repetition
TIMEOUT = 90  # true seconds until somebody stops repeating
LIST_OF_REASONS = {"cart_has_problems"}


@dataclass
class Answer:
    status: int | None
    body: dict
    etag: str | None = None

    @property
    def is_good(self) -> bool:
        return self.status is not None and self.status < 400

    @property
    def code(self) -> str:
        return self.body.get("code") or ",".join(self.body) or str(self.status)

    def reasons(self) -> list[str]:
        """Error codes of a refusal, with those of each problem."""
        if self.code not in LIST_OF_REASONS:
            return [self.code]
        return [": ".join(filter(None, (one["code"], one.get("reason")))) for one in self.body["problems"]]


@dataclass
class Town:
    """State shared by all people of the day."""

    plan: Plan
    clock: DayClock
    http: str  # where the shop is
    sockets: int  # the port of its sockets
    ledger: Ledger = field(default_factory=Ledger)
    chance: random.Random = field(init=False)
    session: aiohttp.ClientSession = field(init=False, default=None)

    def __post_init__(self):
        self.chance = random.Random(self.plan.seed)  # noqa: S311 - nothing hangs on it

    def is_lucky(self, share: float) -> bool:
        return self.chance.random() < share

    async def pause(self, least: float, most: float) -> None:
        """Seconds of the day, as people take them."""
        await self.clock.sleep(self.chance.uniform(least, most))


class Client:
    def __init__(self, town: Town, token: str | None = None):
        self.town, self.token = town, token
        self.address = ".".join(["10", *(str(town.chance.randrange(1, 255)) for _ in range(3))])
        self.etags: dict[str, tuple[str, dict]] = {}

    async def get(self, path: str) -> dict:
        """Conditional GET: repeats with the ETag, and returns the known body on 304."""
        etag, known = self.etags.get(path, (None, {}))
        answer = await self.ask("GET", path, headers={"If-None-Match": etag} if etag else {})
        if answer.status == 304:
            return known
        if answer.etag:
            self.etags[path] = answer.etag, answer.body
        return answer.body

    async def look(self, path: str) -> dict:
        """GET without an ETag, as for what is one's own."""
        return (await self.ask("GET", path)).body

    async def ask(self, method: str, path: str, body: dict | None = None, *, key: str = "", headers=None) -> Answer:
        """The answer in the end. `path` without the leading `/api/`."""
        headers = {"X-Forwarded-For": self.address, **(headers or {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        deadline = time.monotonic() + TIMEOUT
        while (answer := await self._send(method, path, body, headers)).status in AWAY:
            self.town.ledger.repeated += 1
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(WAIT)
        self._write_down(method, path, answer)
        return answer

    async def _send(self, method: str, path: str, body: dict | None, headers: dict) -> Answer:
        url = f"{self.town.http}/api/{path}"
        try:
            async with self.town.session.request(method, url, json=body, headers=headers) as response:
                text = await response.json() if response.content_type == "application/json" else {}
                return Answer(response.status, text, response.headers.get("ETag"))
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Answer(None, {})

    def _write_down(self, method: str, path: str, answer: Answer) -> None:
        ledger, doing = self.town.ledger, f"{method} {re.sub('[0-9]+', '…', path.partition('?')[0])}"
        if answer.status is None or answer.status >= 500:
            ledger.odd.append(f"{doing}: {answer.status or 'no answer'}")
        elif answer.status >= 400:
            ledger.refusals.update((doing, reason) for reason in answer.reasons())
