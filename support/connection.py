import asyncio
import logging
import time
import uuid

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.utils import await_many_dispatch
from django.conf import settings
from django.utils import translation

from realtime.broker import Inbox, broker
from support import frames
from support.exceptions import BadFrame
from support.heartbeat import heartbeat
from support.limits import TokenBucket, limit
from users.exceptions import TokenNotValid
from users.models import CustomUser
from users.sockets import (
    DATABASE_DOWN,
    CloseCode,
    Identity,
    close_code_of,
    current_epochs,
    identify,
    in_database,
)
from users.tokens import sessions_topic

logger = logging.getLogger(__name__)

SUBPROTOCOL = "support.v1"


class AuthenticatedConsumer(AsyncWebsocketConsumer):
    """A socket that knows whom it speaks for, until when, and how much it may ask for.

    It handles one thing at a time, a frame or an event from its inbox, so its state needs no lock. A subclass says
    what to do with frames (`on_<type>`) and how to greet (`welcome`).
    """

    def __init__(self):
        super().__init__()
        self.inbox = Inbox()
        self.bucket = TokenBucket()
        self.birth: list = []
        self.younger: set[str] = set()  # the user's sockets that were opened after this one
        self.user: CustomUser | None = None
        self.epoch, self.expires_at = 0, 0.0
        self.language = settings.LANGUAGE_CODE
        self.bad_frames = 0
        self.is_closing = False
        self.alarm: asyncio.TimerHandle | None = None

    async def __call__(self, scope, receive, send):
        """As AsyncConsumer does, with the inbox in place of a channel for every socket."""
        self.scope, self.base_send = scope, send
        try:
            await await_many_dispatch([receive, self.inbox.get], self.dispatch)
        except StopConsumer:
            pass
        finally:
            self.depart()

    async def dispatch(self, message: dict) -> None:
        if self.is_closing and message["type"] != "websocket.disconnect":
            return
        with translation.override(self.language):
            try:
                await getattr(self, get_handler_name(message))(message)
            except DATABASE_DOWN as error:  # the next pulse brings what is missing now
                logger.warning("The database does not answer a socket: %s", error)

    async def connect(self) -> None:
        await self.accept(SUBPROTOCOL if SUBPROTOCOL in self.scope["subprotocols"] else None)
        self.set_alarm(limit("AUTH_SECONDS"), "auth.overdue")
        if self.scope["identity"] is not None:
            await self.enter(self.scope["identity"])

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        if not self.is_closing:
            self.is_closing = True
            await super().close(code, reason)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.bucket.take():
            return await self.close(CloseCode.FLOOD)
        try:
            frame = frames.parse(text_data)
        except BadFrame as error:
            return await self.count_bad_frame(error)
        self.bad_frames = 0
        if self.user is None and frame.type != "auth":
            return await self.close(CloseCode.NOT_AUTHENTICATED)
        return await self.obey(frame)

    async def obey(self, frame: frames.Frame) -> None:
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

    # --- Whom it speaks for -----------------------------------------------------------------------------------------

    async def on_auth(self, data: dict) -> None:
        try:
            identity = await identify(data["token"])
        except TokenNotValid as error:
            if self.user is None:
                return await self.close(close_code_of(error))
            raise
        if self.user is None:
            return await self.enter(identity)
        if (identity.user.pk, identity.epoch) != (self.user.pk, self.epoch):  # what it may see was settled at the start
            raise TokenNotValid
        return self.admit(identity)

    async def enter(self, identity: Identity) -> None:
        self.admit(identity)
        self.birth = [time.time(), uuid.uuid4().hex]  # not before: whoever is older hears of it
        heartbeat.watch(self)
        group = sessions_topic(self.user.pk)
        broker.subscribe(self.inbox, group)
        broker.publish({"type": "socket.opened", "birth": self.birth}, group)
        try:
            await self.welcome()
        except DATABASE_DOWN:
            await self.close(CloseCode.RESTARTING)

    def admit(self, identity: Identity) -> None:
        self.user, self.epoch, self.expires_at = identity
        self.language = self.user.language
        self.set_alarm(self.seconds_left() - limit("EXPIRY_NOTICE_SECONDS"), "auth.expiring")

    def depart(self) -> None:
        if self.alarm is not None:
            self.alarm.cancel()
        heartbeat.unwatch(self)
        broker.unsubscribe(self.inbox)
        if self.user is not None:
            broker.publish({"type": "socket.closed", "birth": self.birth}, sessions_topic(self.user.pk))

    def set_alarm(self, seconds: float, event_type: str) -> None:
        """The one thing that will happen by itself; it takes the place of what would have happened."""
        if self.alarm is not None:
            self.alarm.cancel()
        loop = asyncio.get_running_loop()
        self.alarm = loop.call_later(seconds, self.inbox.deliver, {"type": event_type})

    def seconds_left(self) -> float:
        return max(0.0, self.expires_at - time.time())

    async def auth_overdue(self, event: dict) -> None:
        await self.close(CloseCode.NO_AUTHENTICATION)

    async def auth_expiring(self, event: dict) -> None:
        await self.send_frame({"type": "auth_expiring", "expires_in": round(self.seconds_left())})
        self.set_alarm(self.seconds_left(), "auth.over")

    async def auth_over(self, event: dict) -> None:
        await self.close(CloseCode.NOT_AUTHENTICATED)

    async def session_changed(self, event: dict) -> None:
        """Somebody knows that the user's sessions may have ended, and does not want to wait for the pulse."""
        await self.check_epoch(await in_database(current_epochs)([self.user.pk]))

    async def check_epoch(self, epochs: dict[int, int]) -> None:
        if self.is_over(epochs):
            await self.close(CloseCode.NOT_ALLOWED)

    def is_over(self, epochs: dict[int, int]) -> bool:
        """Have the sessions ended that the socket belongs to?"""
        return epochs.get(self.user.pk, float("inf")) > self.epoch

    async def socket_opened(self, event: dict) -> None:
        """Every socket counts the younger ones, in whatever process: the oldest of too many finds out by itself."""
        if event["birth"] > self.birth:
            self.younger.add(event["birth"][1])
        if len(self.younger) >= limit("SOCKETS_PER_USER"):
            await self.close(CloseCode.FLOOD)

    async def socket_closed(self, event: dict) -> None:
        self.younger.discard(event["birth"][1])
