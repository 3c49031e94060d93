"""Cache generation of the catalogue: cached responses and facts of one version, in each process.

A generation ends with its version, at the next moment at which time itself changes something, and after a minute at the
latest, should an invalidation ever be lost.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Min
from django.utils import timezone

from products.hours import next_change_at
from products.models import Branch, StopListEntry
from products.version import shared_version

LONGEST = timedelta(seconds=60)
LARGEST_SHARE = 4  # a response that would take more than a quarter of the room is not cached
SINGLE_FLIGHT_TIMEOUT = 10  # seconds to wait for somebody who computes the same
MAX_FACTS = 1000


class Facts:
    """Memo of answers that one request, or all requests of a generation, ask for once only."""

    def __init__(self):
        self._known: dict[Hashable, object] = {}

    def remember(self, name: Hashable, ask: Callable[[], object]):
        if name not in self._known:
            if len(self._known) >= MAX_FACTS:
                self._known.clear()
            self._known[name] = ask()
        return self._known[name]


class CachedResponses:
    """LRU cache of responses within a room of so many bytes."""

    def __init__(self, room: int):
        self.room, self.used = room, 0
        self._entries: OrderedDict[str, tuple[object, int]] = OrderedDict()
        self._pending: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def get_or_compute(self, name: str, compute: Callable[[], tuple[object, int | None]]) -> tuple[object, bool]:
        """A response, and whether it was a hit. Single-flight: of all who miss it at the same time one computes.

        `compute` gives the response and its size in bytes, None for one that is not to be cached.
        """
        while True:
            with self._lock:
                if name in self._entries:
                    self._entries.move_to_end(name)
                    return self._entries[name][0], True
                others = self._pending.get(name)
                if others is None:
                    mine = self._pending[name] = threading.Event()
                    break
            if not others.wait(SINGLE_FLIGHT_TIMEOUT) or name not in self._entries:  # it is stuck, or not to be cached
                return compute()[0], False
        try:
            answer, size = compute()
            self._store(name, answer, size)
            return answer, False
        finally:
            with self._lock:
                del self._pending[name]
            mine.set()

    def _store(self, name: str, answer: object, size: int | None) -> None:
        if size is None or size * LARGEST_SHARE > self.room:
            return
        with self._lock:
            self._entries[name] = answer, size
            self.used += size
            while self.used > self.room:
                _oldest, (_answer, freed) = self._entries.popitem(last=False)
                self.used -= freed


class CacheGeneration:
    def __init__(self, version: str, room: int):
        self.version = version
        self.ends_at = _next_change(timezone.now())
        self.facts, self.responses = Facts(), CachedResponses(room)

    def is_current(self, version: str) -> bool:
        return self.version == version and timezone.now() < self.ends_at


class CacheGenerations:
    """The generation of this process."""

    def __init__(self, room: int):
        self.room = room
        self._generation: CacheGeneration | None = None
        self._lock = threading.Lock()

    def current(self) -> CacheGeneration | None:
        """Generation in force; None where nothing may be cached: nobody knows the version, or we are inside somebody's
        transaction.
        """
        version = None if connection.in_atomic_block else shared_version.read()
        if version is None:
            return None
        generation = self._generation
        if generation is None or not generation.is_current(version):
            generation = self._renew(version)
        return generation

    def _renew(self, version: str) -> CacheGeneration:
        with self._lock:
            if self._generation is None or not self._generation.is_current(version):
                self._generation = CacheGeneration(version, self.room)
            return self._generation


def facts_of(request) -> Facts:
    """Facts of the generation that the request is answered from, or of this request alone."""
    request = getattr(request, "_request", request)
    if not hasattr(request, "catalogue_facts"):
        request.catalogue_facts = Facts()
    return request.catalogue_facts


def _next_change(now: datetime) -> datetime:
    """Expiry of a generation: the next moment at which time changes something, at most a minute from now."""
    branches = Branch.objects.active().prefetch_related("hours", "special_days")
    back = StopListEntry.objects.filter(until__gt=now).aggregate(first=Min("until"))["first"]
    changes = [back, *(next_change_at(branch, now) for branch in branches)]
    changes += [branch.paused_until for branch in branches if branch.is_paused_at(now)]
    return min([now + LONGEST, *(change for change in changes if change is not None)])
