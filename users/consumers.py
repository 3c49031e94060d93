import asyncio
import time
import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from realtime.broker import broker
from realtime.connection import CloseCode, FrameConsumer
from realtime.frames import Frame
from realtime.limits import buckets, limit
from realtime.reconcile import reconciler
from realtime.threads import DATABASE_DOWN, in_database
from users.exceptions import TokenNotValid
from users.models import CustomUser
from users.sockets import Identity, close_code_of, current_epochs, identify
from users.tokens import sessions_topic

ANONYMOUS_BYTES = 8 * 1024  # of one frame
ROLL_CALL_SECONDS = 1.0


class AuthFrame(serializers.Serializer):
    about = _("An access token: the first within 5 seconds where the connection brought none, later a new one.")

    token = serializers.CharField(max_length=4096)


class AuthExpiringFrame(serializers.Serializer):
    about = _("The token is about to run out. Send a new one in `auth`, and the socket stays open.")

    expires_in = serializers.IntegerField(help_text=_("Seconds."))


class AuthenticatedConsumer(FrameConsumer):
    """A FrameConsumer that knows whom it speaks for, and until when.

    A subclass names its `subprotocol`, adds to `schemas` what it takes (`on_<type>`), greets in `welcome`, and may
    extend `poll` and `reconcile`, by which lost events are made good.
    """

    schemas = {"auth": AuthFrame}
    sends = {**FrameConsumer.sends, "auth_expiring": AuthExpiringFrame}
    refusals = (*FrameConsumer.refusals, TokenNotValid)

    def __init__(self):
        super().__init__()
        self.user: CustomUser | None = None
        self.epoch, self.expires_at = 0, 0.0
        self.opened_at: list = []  # the moment, and an id that tells sockets of one moment apart
        self.younger: set[str] = set()  # the user's sockets of this kind that were opened after this one
        self.is_counting = False

    async def welcome(self) -> None:
        """Say `ready`, and subscribe to what comes."""
        raise NotImplementedError

    async def connect(self) -> None:
        await super().connect()
        self.set_timer(limit("AUTH_SECONDS"), "auth.overdue")
        if self.scope["identity"] is not None:
            await self.enter(self.scope["identity"])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.user is None and len(bytes_data or (text_data or "").encode()) > ANONYMOUS_BYTES:
            return await self.close(CloseCode.NOT_AUTHENTICATED)
        return await super().receive(text_data, bytes_data)

    async def handle(self, frame: Frame) -> None:
        if self.user is None and frame.type != "auth":
            return await self.close(CloseCode.NOT_AUTHENTICATED)
        return await super().handle(frame)

    def cleanup(self) -> None:
        super().cleanup()
        reconciler.unwatch(self)
        if self.opened_at:
            broker.publish({"type": "socket.closed", "opened_at": self.opened_at}, self.sockets_topic())

    # --- Whom it speaks for, until when -----------------------------------------------------------------------------

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
        return self.renew(identity)

    async def enter(self, identity: Identity) -> None:
        self.renew(identity)
        self.bucket = buckets.of(self.user.pk)
        if not self.bucket.take():  # whoever comes back again and again sends something, too
            return await self.close(CloseCode.FLOOD)
        self.opened_at = [time.time(), uuid.uuid4().hex]  # not before: whoever is older hears of it
        reconciler.watch(self)
        broker.subscribe(self.inbox, sessions_topic(self.user.pk), self.sockets_topic())
        self.announce()
        try:
            await self.welcome()
        except DATABASE_DOWN:
            await self.close(CloseCode.RESTARTING)

    def renew(self, identity: Identity) -> None:
        self.user, self.epoch, self.expires_at = identity
        self.language = self.user.language
        self.set_timer(self.seconds_left() - limit("EXPIRY_NOTICE_SECONDS"), "auth.expiring")

    def seconds_left(self) -> float:
        return max(0.0, self.expires_at - time.time())

    async def auth_overdue(self, event: dict) -> None:
        await self.close(CloseCode.NO_AUTHENTICATION)

    async def auth_expiring(self, event: dict) -> None:
        await self.send_frame({"type": "auth_expiring", "expires_in": round(self.seconds_left())})
        self.set_timer(self.seconds_left(), "auth.over")

    async def auth_over(self, event: dict) -> None:
        await self.close(CloseCode.NOT_AUTHENTICATED)

    # --- Whether its session goes on --------------------------------------------------------------------------------

    @classmethod
    def poll(cls, sockets: Collection[Self], since: datetime) -> dict:
        """Read for `reconcile`: one look into the database, for all these sockets. Runs on a thread."""
        return {"type": "reconcile", "epochs": current_epochs({socket.user.pk for socket in sockets})}

    def concerns(self, event: dict) -> bool:
        """True when `reconcile` has anything to do. Most sockets are idle, and there may be thousands of them."""
        return self.is_over(event["epochs"])

    async def reconcile(self, event: dict) -> None:
        if self.is_over(event["epochs"]):
            await self.close(CloseCode.NOT_ALLOWED)

    async def session_changed(self, event: dict) -> None:
        """Somebody knows that the user's sessions may have ended, and does not want to wait for the tick."""
        if self.is_over(await in_database(current_epochs)([self.user.pk])):
            await self.close(CloseCode.NOT_ALLOWED)

    def is_over(self, epochs: dict[int, int]) -> bool:
        """Have the sessions ended that the socket belongs to?"""
        return epochs.get(self.user.pk, float("inf")) > self.epoch

    # --- How many there are -----------------------------------------------------------------------------------------

    def sockets_topic(self) -> str:
        return f"users.sockets.{self.subprotocol}.{self.user.pk}"

    def announce(self) -> None:
        broker.publish({"type": "socket.opened", "opened_at": self.opened_at}, self.sockets_topic())

    async def socket_opened(self, event: dict) -> None:
        """Every socket counts the younger ones, in whatever process: the oldest of too many finds out by itself."""
        if event["opened_at"] > self.opened_at:
            self.younger.add(event["opened_at"][1])
        if self.has_too_many() and not self.is_counting:
            broker.publish({"type": "roll.call"}, self.sockets_topic())

    def has_too_many(self) -> bool:
        return len(self.younger) >= limit("SOCKETS_PER_USER")

    async def roll_call(self, event: dict) -> None:
        """Count again who is there: of some the end was never heard, as when their server was killed."""
        if self.is_counting:
            return
        self.is_counting = True
        self.younger.clear()
        self.announce()
        asyncio.get_running_loop().call_later(ROLL_CALL_SECONDS, self.inbox.put_first, {"type": "all.counted"})

    async def all_counted(self, event: dict) -> None:
        self.is_counting = False
        if self.has_too_many():
            await self.close(CloseCode.FLOOD)

    async def socket_closed(self, event: dict) -> None:
        self.younger.discard(event["opened_at"][1])
