"""A Channels consumer for frames and events, which knows nobody and no domain."""

import asyncio
import contextvars
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.utils import await_many_dispatch
from django.conf import settings
from django.db.models import IntegerChoices
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import APIException

from realtime import frames
from realtime.broker import Inbox, broker
from realtime.frames import BadFrame, Frame, Schema
from realtime.limits import TokenBucket, limit
from realtime.logs import OncePerMinute
from realtime.threads import DATABASE_DOWN
from rest.exceptions import Unavailable

logger = logging.getLogger(__name__)
logger.addFilter(OncePerMinute())

LONG = 8 * 1024  # characters

parsing = ThreadPoolExecutor(1, thread_name_prefix="parsing")


class CloseCode(IntegerChoices):
    RESTARTING = 1012, _("The server restarts. Come back.")
    BAD_FRAMES = 4400, _("Ten bad frames in a row. Mend the client.")
    NOT_AUTHENTICATED = 4401, _("No good token, or it ran out. Get a new one, and come back.")
    NOT_ALLOWED = 4403, _("Blocked, logged out everywhere, or not allowed here. Sign in again.")
    NO_AUTHENTICATION = 4408, _("No token within 5 seconds. Come back with one.")
    FLOOD = 4429, _("Too many frames or sockets of this user. Do not come back by yourself.")


class FrameConsumer(AsyncWebsocketConsumer):
    """An AsyncWebsocketConsumer of JSON frames, with an inbox of events in place of a channel for every socket.

    It handles one thing at a time, a frame or an event, so its state needs no lock. A frame of a type in `schemas` is
    checked and handed to `on_<type>`, an event to the method of its type, with `_` for its dots. `sends` and
    `refusals`, the schemas of what it says and why it says `error`, make the AsyncAPI document; tests hold it to them.
    """

    about: ClassVar[str]
    subprotocol: ClassVar[str]
    query_schema: ClassVar[Schema] = serializers.Serializer
    schemas: ClassVar[Mapping[str, Schema]] = {}
    sends: ClassVar[Mapping[str, Schema]] = {"error": frames.ErrorFrame}
    refusals: ClassVar[tuple[type[APIException], ...]] = (BadFrame, frames.InvalidFrame, Unavailable)

    def __init__(self):
        super().__init__()
        self.inbox = Inbox()
        self.bucket = TokenBucket()
        self.language = settings.LANGUAGE_CODE
        self.bad_frames = 0
        self.is_closing = False
        self.timer: asyncio.TimerHandle | None = None

    async def __call__(self, scope, receive, send):
        """Dispatch as AsyncConsumer does, but from the inbox."""
        self.scope, self.base_send = scope, send
        try:
            await await_many_dispatch([receive, self.inbox.get], self.dispatch)
        except StopConsumer:
            pass
        finally:
            self.cleanup()

    def cleanup(self) -> None:
        """The end, however it came: `disconnect` is not called for a consumer that is cancelled."""
        if self.timer is not None:
            self.timer.cancel()
        broker.unsubscribe(self.inbox)

    async def dispatch(self, message: dict) -> None:
        if self.is_closing and message["type"] != "websocket.disconnect":
            return
        with translation.override(self.language):
            try:
                await getattr(self, get_handler_name(message))(message)
            except DATABASE_DOWN as error:  # the next reconciliation brings what is missing now
                logger.warning("The database does not answer a socket: %s", error)

    async def connect(self) -> None:
        await self.accept(self.subprotocol if self.subprotocol in self.scope["subprotocols"] else None)

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        if not self.is_closing:
            self.is_closing = True
            await super().close(code, reason)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.bucket.take():
            return await self.close(CloseCode.FLOOD)
        try:
            frame = await self.parse(text_data)
        except BadFrame as error:
            return await self.count_bad_frame(error)
        self.bad_frames = 0
        return await self.handle(frame)

    async def parse(self, text: str | None) -> Frame:
        """A long frame is parsed on a thread, or all other sockets would wait for it. Raises BadFrame."""
        if text is None or len(text) <= LONG:
            return frames.parse(text, self.schemas)
        call = contextvars.copy_context().run  # with the language
        return await asyncio.get_running_loop().run_in_executor(parsing, call, frames.parse, text, self.schemas)

    def query(self) -> dict:
        """The parameters of the address. Raises BadFrame."""
        return frames.parse_query(self.scope["query_string"], self.query_schema)

    async def handle(self, frame: Frame) -> None:
        try:
            await getattr(self, f"on_{frame.type}")(frame.data)
        except frames.REFUSALS as reason:
            await self.send_frame(frames.error(reason, frame.data.get("client_id")))

    async def count_bad_frame(self, error: BadFrame) -> None:
        self.bad_frames += 1
        await self.send_frame(frames.error(error, error.client_id))
        if self.bad_frames >= limit("BAD_FRAMES"):
            await self.close(CloseCode.BAD_FRAMES)

    async def send_frame(self, frame: dict) -> None:
        await self.send(text_data=frames.encode(frame))

    def set_timer(self, seconds: float, event_type: str) -> None:
        """The one event that comes by itself; it takes the place of the one that was to come."""
        if self.timer is not None:
            self.timer.cancel()
        loop = asyncio.get_running_loop()
        self.timer = loop.call_later(seconds, self.inbox.put_first, {"type": event_type})
