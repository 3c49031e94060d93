"""`python -m benchmarks.idle PORT`: keeps a socket open for each token on the standard input until it is ended."""

import asyncio
import sys

from aiohttp import ClientSession, TCPConnector

from benchmarks.talk import Person, Place, enter

AT_ONCE = 20


async def main(port: int, tokens: list[str]) -> None:
    session = ClientSession(connector=TCPConnector(limit=0))
    place, gate = Place(port, True), asyncio.Semaphore(AT_ONCE)

    async def open_one(token: str):
        async with gate:
            return await enter(session, place, Person(token))

    clients = await asyncio.gather(*map(open_one, tokens))
    print("open", flush=True)
    await asyncio.gather(*(client.reading for client in clients))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.stdin.read().split()))
