"""Faults of a day: the milk is out at eleven, a bar pauses at noon, a tablet sleeps, a server is restarted."""

import asyncio
import time
from datetime import timedelta

from drills.day.bar import Bar
from drills.day.client import Town
from drills.shop import Process, Shop

SLEEP, PAUSE, OUT = timedelta(minutes=10), timedelta(minutes=12), timedelta(hours=1)


class Happenings:
    def __init__(self, town: Town, shop: Shop, bars: dict[str, Bar]):
        self.town, self.shop, self.bars = town, shop, list(bars.values())

    async def happen(self) -> None:
        """One after the other, each at its hour: those that are over when the day begins do not happen."""
        for name, hour in sorted(self.town.plan.hours.items(), key=lambda pair: pair[1]):
            if self.town.plan.opens_at <= self.town.plan.at(hour) <= self.town.plan.closes_at:
                await self.town.clock.sleep_until(self.town.plan.at(hour))
                print(f"  {hour:%H:%M} {await getattr(self, name)()}", flush=True)

    async def stop(self) -> str:
        bar = self.bars[0]
        ingredients = await bar.till.look("ingredients/")
        until = (self.town.clock.now() + OUT).isoformat()
        names = {one["name"]: one["id"] for one in ingredients["results"]}
        answer = await bar.till.ask(
            "POST", f"branches/{bar.slug}/stop-list/", {"ingredient": names["Oat milk"], "until": until}
        )
        return f"oat milk is out at {bar.slug} for an hour ({answer.status})"

    async def pause(self) -> str:
        bar, until = self.bars[-1], (self.town.clock.now() + PAUSE).isoformat()
        answer = await bar.till.ask("PATCH", f"branches/{bar.slug}/bar/", {"paused_until": until})
        return f"the bar of {bar.slug} pauses for {PAUSE.seconds // 60} minutes ({answer.status})"

    async def sleep(self) -> str:
        tablet = self.bars[0].tablets[0]
        tablet.is_asleep = True
        tablet.fall_asleep()
        asyncio.get_running_loop().call_later(SLEEP.seconds / self.town.clock.speed, self.wake, tablet)
        return f"the tablet {tablet.name} sleeps for {SLEEP.seconds // 60} minutes"

    def wake(self, tablet) -> None:
        tablet.is_asleep = False
        tablet.cut()

    async def restart(self) -> str:
        servers = [self.shop.of("day_web")[0], self.shop.of("day_ws")[0]]
        for server in servers:
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.restart)
        return "a web and a ws server were restarted, in the rush"

    # --- The drills' faults -------------------------------------------------------------------------------------------

    async def kill_web(self) -> str:
        return await self.kill(self.shop.of("day_web")[-1])

    async def kill_ws(self) -> str:
        return await self.kill(self.shop.of("day_ws")[-1])

    async def kill_mail(self) -> str:
        return await self.kill(self.shop.of("day_mail")[0])

    async def kill(self, process: Process) -> str:
        await asyncio.to_thread(process.kill)
        await asyncio.to_thread(process.restart)
        return f"kill -9 of {process.kind.removeprefix('day_')}"

    async def lose_redis(self) -> str:
        await asyncio.to_thread(self.flush_and_stop)
        return "Redis flushed, stopped and started again"

    def flush_and_stop(self) -> None:
        self.shop.redis.ask("FLUSHALL")
        self.shop.redis.stop()
        time.sleep(2)
        self.shop.redis.start()

    async def crash_postgres(self) -> str:
        await asyncio.to_thread(self.shop.postgres.stop, "immediate")
        await asyncio.sleep(1.5)
        await asyncio.to_thread(self.shop.postgres.start)
        return "PostgreSQL crashed and was started again"
