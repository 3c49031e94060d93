"""A wire between two processes that can be cut, go silent or slow: TCP, several targets, one after the other.

It runs on a thread of its own. As a reverse proxy it gives each connection the next target that takes it.
"""

import asyncio
import re
import threading
from collections.abc import Sequence

from postgres import free_port

CHUNK = 65536


class Wire:
    def __init__(self, *ports: int):
        self.targets: Sequence[int] = ports
        self.port = free_port()
        self.delay = 0.0
        self.is_cut = False
        self.turn = 0
        self.links: set[asyncio.Task] = set()
        self.loop = asyncio.new_event_loop()
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Wire":
        self.thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *how) -> None:
        self._call(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def instead_of(self, url: str) -> str:
        """The URL of a server, as it is reached over this wire."""
        return re.sub(r":\d+/", f":{self.port}/", url)

    # --- What may happen to a wire ----------------------------------------------------------------------------------

    def cut(self) -> None:
        """Every connection breaks, and a new one breaks as soon as it is made."""
        self.is_cut = True
        self._call(self._break())

    def fall_silent(self) -> None:
        """Nothing gets through any more and nobody is told: half-open."""
        self.loop.call_soon_threadsafe(self.flowing.clear)

    def heal(self, *, break_old: bool = False) -> None:
        self.is_cut = False
        if break_old:
            self._call(self._break())
        self.loop.call_soon_threadsafe(self.flowing.set)

    # --- The works --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        self.loop.close()

    def _call(self, coroutine) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def _listen(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _close(self) -> None:
        self.server.close()
        await self._break()

    async def _break(self) -> None:
        for link in self.links:
            link.cancel()
        await asyncio.gather(*self.links, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        self.links.add(link)
        ends = [writer]
        try:
            if self.is_cut:
                return
            await self.flowing.wait()
            there, end = await self._reach_target()
            ends.append(end)
            await asyncio.gather(self._pump(reader, end), self._pump(there, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.links.discard(link)
            for end in ends:
                end.transport.abort()

    async def _reach_target(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The next in turn that is there. Raises OSError when none is."""
        for _ in self.targets:
            self.turn += 1
            try:
                return await asyncio.open_connection("127.0.0.1", self.targets[self.turn % len(self.targets)])
            except OSError:
                continue
        raise ConnectionRefusedError

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            if self.delay:
                await asyncio.sleep(self.delay)
            await self.flowing.wait()
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
