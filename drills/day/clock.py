"""The clock of the day: it began at a moment and goes so many times as fast, the same in every process."""

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from drills import clock

VARIABLE = "DAY_CLOCK"  # names the file that sets it in the shop's processes


@dataclass(frozen=True)
class DayClock:
    began: float  # true seconds since 1970 when it was set
    showed: float  # what it showed then
    speed: float

    @classmethod
    def set_to(cls, moment: datetime, speed: float) -> "DayClock":
        return cls(time.time(), moment.timestamp(), speed)

    def write(self, file: Path) -> None:
        new = file.with_suffix(".new")
        new.write_text(f"{self.began!r} {self.showed!r} {self.speed!r}")
        new.replace(file)

    @classmethod
    def read(cls, file: Path) -> "DayClock | None":
        return cls(*map(float, file.read_text().split())) if file.exists() else None

    def time(self) -> float:
        return self.showed + (time.time() - self.began) * self.speed

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    async def sleep(self, seconds: float) -> None:
        """Seconds of the day."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)

    async def sleep_until(self, moment: datetime) -> None:
        await self.sleep(moment.timestamp() - self.time())


class SharedClock:
    """The true time until all servers are there and the day's clock is set."""

    def __init__(self, file: Path):
        self.file, self.clock = file, DayClock.read(file)

    def time(self) -> float:
        self.clock = self.clock or DayClock.read(self.file)
        return self.clock.time() if self.clock else time.time()


def install() -> None:
    clock.install(SharedClock(Path(os.environ[VARIABLE])).time)
