"""A chat server as one writes it with `websockets`: it stores each message with asyncpg and tells whoever listens.

`/<conversation>` is a customer's socket; `/staff` hears all conversations. Nobody has to say who they are.
"""

import asyncio
import json
import os
import sys
from collections import defaultdict
from datetime import UTC, datetime
from http import HTTPStatus

import asyncpg
from websockets.asyncio.server import ServerConnection, broadcast, serve

TABLE = """
    CREATE TABLE IF NOT EXISTS rival_message (
        id bigserial PRIMARY KEY, conversation bigint NOT NULL, client_id uuid NOT NULL UNIQUE,
        author text NOT NULL, text text NOT NULL, created_at timestamptz NOT NULL
    )
"""
INSERT = """
    INSERT INTO rival_message (conversation, client_id, author, text, created_at)
    VALUES ($1, $2, $3, $4, $5) RETURNING id
"""
listeners: defaultdict[str, set[ServerConnection]] = defaultdict(set)


async def chat(socket: ServerConnection) -> None:
    name = socket.request.path.strip("/")
    listeners[name].add(socket)
    try:
        await socket.send(json.dumps({"type": "ready"}))
        async for text in socket:
            await post(name, json.loads(text))
    finally:
        listeners[name].discard(socket)


async def post(name: str, frame: dict) -> None:
    conversation, now = int(frame.get("conversation", name)), datetime.now(UTC)
    seq = await pool.fetchval(INSERT, conversation, frame["client_id"], name, frame["text"], now)
    message = {
        "type": "message",
        "conversation": conversation,
        "seq": seq,
        "client_id": frame["client_id"],
        "author": {"id": conversation, "name": name, "is_staff": name == "staff"},
        "text": frame["text"],
        "created_at": now.isoformat(),
    }
    broadcast(listeners[str(conversation)] | listeners["staff"], json.dumps(message, ensure_ascii=False))


def healthz(connection, request):
    return connection.respond(HTTPStatus.OK, "ok") if request.path == "/healthz" else None


async def main(port: int) -> None:
    global pool
    pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=4, max_size=10)
    await pool.execute(TABLE)
    async with serve(chat, "127.0.0.1", port, process_request=healthz) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
