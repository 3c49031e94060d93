import time
from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from prometheus_client import Histogram
from rest_framework.exceptions import NotFound, PermissionDenied

from realtime.broker import broker
from realtime.frames import BadFrame, InvalidFrame
from realtime.threads import in_database
from support import events, frames, reminders, services
from support.batching import batcher
from support.exceptions import ClientIdReused, SeqNotReached
from support.feeds import Feed
from support.models import Conversation, Message
from support.serializers import PAGE, conversation_state, message_frame
from users.consumers import AuthenticatedConsumer

DELIVERY_SECONDS = Histogram(
    "coffeeshop_chat_delivery_seconds", "Seconds from storing a message to handing it to a socket."
)


class SupportConsumer(AuthenticatedConsumer):
    """The support chat: a customer's own conversation, or all of them for staff.

    An event only says that there is something. What the client gets is read forward from the socket's own cursor, so
    nothing is skipped or doubled whatever happens to the events.
    """

    about = gettext_lazy("The support chat: a customer's own conversation, or all of them for staff.")
    subprotocol = "support.v1"
    query_schema = frames.AddressSerializer
    schemas = {**AuthenticatedConsumer.schemas, **frames.SCHEMAS}
    sends = {**AuthenticatedConsumer.sends, **frames.SENDS}
    refusals = (*AuthenticatedConsumer.refusals, ClientIdReused, SeqNotReached, NotFound, PermissionDenied)

    def __init__(self):
        super().__init__()
        self.feeds: dict[int, Feed] = {}
        self.known: dict[int, float] = {}  # staff: which snapshots of recently changed conversations it has seen

    async def welcome(self) -> None:
        try:
            await self.greet(**self.query())
        except BadFrame as error:
            await self.greet()
            await self.count_bad_frame(error)

    async def greet(self, after: int | None = None) -> None:
        if self.user.is_admin:
            await self.welcome_staff()
        else:
            await self.welcome_customer(after)

    async def welcome_staff(self) -> None:
        broker.subscribe(self.inbox, events.STAFF)
        await self.send_frame(frames.ready(self.user, None))

    async def welcome_customer(self, after: int | None) -> None:
        conversation, _is_new = await in_database(services.open_conversation)(self.user)
        if conversation.reminder_due_at is not None:
            await in_database(reminders.put_off)([self.user.pk])
        await self.send_frame(frames.ready(self.user, conversation))
        self.feeds[conversation.pk] = Feed.of(conversation, after)
        broker.subscribe(self.inbox, events.topic(conversation.pk))
        await self.read_on({"type": "read.on", "conversation": conversation.pk})

    # --- What clients send ------------------------------------------------------------------------------------------

    async def on_message(self, data: dict) -> None:
        post = services.Post(self.conversation_meant(data), self.user, data["client_id"], data["text"])
        message, is_new = await batcher.post(post)
        if not is_new or message.conversation_id not in self.feeds:  # otherwise it comes in its order, by the feed
            await self.send_frame(message_frame(message))

    async def on_read(self, data: dict) -> None:
        conversation, has_moved = await in_database(services.mark_read)(
            conversation_id=self.conversation_meant(data), reader=self.user, seq=data["seq"]
        )
        if not has_moved or conversation.pk not in self.feeds:
            side = "staff" if self.user.is_admin else "customer"
            await self.send_frame(frames.read(conversation_state(conversation), side))

    async def on_typing(self, data: dict) -> None:
        conversation_id = self.conversation_meant(data)
        event = {"type": "somebody.typing", "frame": frames.typing(self.user, conversation_id)}
        broker.publish(event, events.topic(conversation_id), events.STAFF)

    async def on_subscribe(self, data: dict) -> None:
        self.require_staff()
        conversation = await in_database(Conversation.objects.get)(pk=data["conversation"])
        self.feeds[conversation.pk] = Feed.of(conversation, data.get("after"))
        await self.read_on({"type": "read.on", "conversation": conversation.pk})

    async def on_unsubscribe(self, data: dict) -> None:
        self.require_staff()
        self.feeds.pop(data["conversation"], None)

    def require_staff(self) -> None:
        if not self.user.is_admin:
            raise PermissionDenied

    def conversation_meant(self, data: dict) -> int:
        """Staff name the conversation; a customer has one, and may not name another."""
        named = data.get("conversation")
        if self.user.is_admin:
            if named is None:
                raise InvalidFrame(_("Name the conversation."), client_id=data.get("client_id"))
            return named
        (own,) = self.feeds
        if named not in (None, own):
            raise NotFound
        return own

    # --- What is new ------------------------------------------------------------------------------------------------

    async def conversation_changed(self, event: dict) -> None:
        conversation = event["conversation"]
        feed = self.feeds.get(conversation["id"])
        if feed is not None:
            await self.follow(feed, event)
        # Whoever follows a conversation sees its messages and marks; only status and assignee are left to tell.
        if self.user.is_admin and self.is_unknown(event) and (feed is None or feed.takes_standing(conversation)):
            await self.send(text_data=event["summary"])

    async def follow(self, feed: Feed, event: dict) -> None:
        line, conversation = event["message"], event["conversation"]
        if conversation["last_seq"] > feed.cursor:
            DELIVERY_SECONDS.observe(max(0, time.time() - event["at"]))
        if line is not None and line["seq"] == feed.cursor + 1:
            await self.show(feed, line)
        elif conversation["last_seq"] > feed.cursor:
            await self.read_on({"type": "read.on", "conversation": conversation["id"]})
        for side in feed.moved_marks(conversation):
            await self.send_frame(frames.read(conversation, side))

    async def read_on(self, event: dict) -> None:
        """Send the next page of what is behind the cursor. A long history comes page by page, with frames between."""
        feed = self.feeds.get(event["conversation"])
        if feed is None:  # unsubscribed meanwhile
            return
        page = await in_database(read_page)(event["conversation"], feed.cursor)
        for line in page:
            await self.show(feed, line)
        if len(page) == PAGE:
            self.inbox.put_first(event)

    async def show(self, feed: Feed, line: dict) -> None:
        await self.send(text_data=line["frame"])
        feed.passed(line)

    async def somebody_typing(self, event: dict) -> None:
        frame = event["frame"]
        if frame["conversation"] in self.feeds and frame["author"]["id"] != self.user.pk:
            await self.send_frame(frame)

    def is_unknown(self, event: dict) -> bool:
        conversation_id = event["conversation"]["id"]
        if event["at"] <= self.known.get(conversation_id, 0):
            return False
        self.known[conversation_id] = event["at"]
        return True

    # --- What was lost ----------------------------------------------------------------------------------------------

    @classmethod
    def poll(cls, sockets: Collection[Self], since: datetime) -> dict:
        """Read the conversations changed since; and put off the e-mails to customers who are here now."""
        reminders.put_off({socket.user.pk for socket in sockets})
        changed = Conversation.objects.with_people().changed_since(since)
        changes = {conversation.pk: events.change_of(conversation) for conversation in changed}
        return {**super().poll(sockets, since), "changes": changes}

    def concerns(self, event: dict) -> bool:
        return self.user.is_admin or super().concerns(event) or not self.feeds.keys().isdisjoint(event["changes"])

    async def reconcile(self, event: dict) -> None:
        await super().reconcile(event)
        changes = event["changes"]
        for conversation_id in list(changes if self.user.is_admin else self.feeds.keys() & changes.keys()):
            await self.conversation_changed(changes[conversation_id])
        # Nothing older will be looked up again.
        self.known = {conversation_id: change["at"] for conversation_id, change in changes.items()}


def read_page(conversation_id: int, cursor: int) -> list[dict]:
    messages = Message.objects.filter(conversation=conversation_id).select_related("author")
    return [events.line_of(message) for message in messages.window(after=cursor, limit=PAGE)]
