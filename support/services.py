"""Everything that changes a conversation, for the sockets and for HTTP alike."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, ValidationError

from support import mails, reminders, sql
from support.events import announce_change
from support.exceptions import ClientIdReused, SeqNotReached
from support.models import Conversation, Message
from users.models import CustomUser


def open_conversation(customer: CustomUser) -> tuple[Conversation, bool]:
    """The customer's one conversation, and whether it is new. Raises PermissionDenied: administrators have none."""
    if customer.is_admin:
        raise PermissionDenied
    return Conversation.objects.with_people().get_or_create(customer=customer)


class Post(NamedTuple):
    """A message on its way. Its author's `client_id` makes that it arrives once."""

    conversation_id: int
    author: CustomUser
    client_id: uuid.UUID
    text: str


def post_message(*, conversation_id: int, author: CustomUser, client_id: uuid.UUID, text: str) -> tuple[Message, bool]:
    """Store a message, and say whether it is new: a repetition gets the one that is there.

    Raises ClientIdReused when the author's `client_id` came with another text or in another conversation, and
    Conversation.DoesNotExist when the author does not see the conversation.
    """
    try:
        (message,) = _store([Post(conversation_id, author, client_id, text)], waits=True)
    except IntegrityError as error:  # so only a repetition costs a look, not every message
        earlier = Message.objects.select_related("author").filter(author=author, client_id=client_id).first()
        if earlier is None:
            raise
        if (earlier.conversation_id, earlier.text) != (conversation_id, text):
            raise ClientIdReused from error
        return earlier, False
    if message is None:
        raise Conversation.DoesNotExist
    return message, True


def post_together(posts: Sequence[Post]) -> list[Message | None]:
    """Store in one commit what is plain: new, in a conversation that nobody holds, and not its first message, of which
    all administrators get an e-mail. None is for what wants `post_message` to itself.

    Raises django.db.Error; then none is stored.
    """
    try:
        return _store(posts, waits=False)
    except IntegrityError:  # somebody repeats
        new = _without_repetitions(posts)
        stored = dict(zip(new, _store(new, waits=False), strict=True)) if new else {}
        return [stored.get(post) for post in posts]


@transaction.atomic
def mark_read(*, conversation_id: int, reader: CustomUser, seq: int) -> tuple[Conversation, bool]:
    """Move the reader's side's mark up to `seq`, and say whether it moved; it never moves back.

    Raises SeqNotReached, and Conversation.DoesNotExist when the reader does not see the conversation.
    """
    conversation = _locked(conversation_id, reader)
    if seq > conversation.last_seq:
        raise SeqNotReached
    mark = _read_mark(reader.is_admin)
    if seq <= getattr(conversation, mark):
        return conversation, False
    changes: dict = {mark: seq}
    if not reader.is_admin and seq == conversation.last_seq:
        changes["reminder_due_at"] = None
    _change(conversation, **changes)
    return conversation, True


@transaction.atomic
def change_conversation(*, conversation_id: int, by: CustomUser, **changes) -> Conversation:
    """Set `status` and `assignee`, whichever is given. Whoever waited in a closed conversation waits no more.

    Raises ValidationError for an assignee who is staff no more, and Conversation.DoesNotExist.
    """
    if changes.get("assignee") is not None:
        _require_staff(changes["assignee"])
    conversation = _locked(conversation_id, by)
    if changes.get("status") == Conversation.Status.CLOSED:
        changes["waiting_since"] = None
    different = {name: value for name, value in changes.items() if getattr(conversation, name) != value}
    if different:
        _change(conversation, **different)
    return conversation


def _require_staff(user: CustomUser) -> None:
    """Locks the row, as those do who take the role away: `unassign` then comes before this, or after it is stored."""
    if not CustomUser.objects.active().administrators().filter(pk=user.pk).select_for_update(no_key=True):
        raise ValidationError({"assignee": [_("Only an administrator can look after a conversation.")]}, code="invalid")


@transaction.atomic
def unassign(user: CustomUser) -> None:
    """Free the conversations of somebody who is staff no more, for others to take."""
    for conversation in Conversation.objects.filter(assignee=user).with_people().order_by("pk").locked():
        _change(conversation, assignee=None)


def _without_repetitions(posts: Sequence[Post]) -> list[Post]:
    times = Counter((post.author.pk, post.client_id) for post in posts)
    earlier = Message.objects.filter(client_id__in=[post.client_id for post in posts])
    times.update(earlier.values_list("author", "client_id"))
    return [post for post in posts if times[post.author.pk, post.client_id] == 1]


@transaction.atomic
def _store(posts: Sequence[Post], *, waits: bool) -> list[Message | None]:
    """None where the author does not see the conversation, or, without waiting, where it would take its time."""
    conversations = sql.lock({post.conversation_id for post in posts}, waits=waits)
    _introduce(posts, conversations)
    changed = defaultdict(set)
    messages = []
    for post in posts:
        conversation = conversations.get(post.conversation_id)
        if conversation is None or not _takes(conversation, post, waits=waits):
            messages.append(None)
            continue
        message, names = _add(conversation, post)
        messages.append(message)
        changed[conversation].update(names)
    if changed:
        sql.store([message for message in messages if message is not None], changed)
    return messages


def _introduce(posts: Sequence[Post], conversations: dict[int, Conversation]) -> None:
    """Prefetch customers and assignees: authors are known, and the others are read in one query for all."""
    here = {post.author.pk: post.author for post in posts}
    for conversation in conversations.values():
        if conversation.customer_id in here:
            conversation.customer = here[conversation.customer_id]
        if conversation.assignee_id in here:
            conversation.assignee = here[conversation.assignee_id]
    prefetch_related_objects([*conversations.values()], "customer", "assignee")


def _takes(conversation: Conversation, post: Post, *, waits: bool) -> bool:
    return conversation.is_visible_to(post.author) and (waits or not _starts(conversation, post.author))


def _starts(conversation: Conversation, author: CustomUser) -> bool:
    return not author.is_admin and (conversation.last_seq == 0 or conversation.status == Conversation.Status.CLOSED)


def _add(conversation: Conversation, post: Post) -> tuple[Message, list[str]]:
    """The conversation's next message, and the names of what changes with it. Neither is stored yet."""
    starts = _starts(conversation, post.author)
    message = Message(
        conversation=conversation,
        seq=conversation.last_seq + 1,
        author=post.author,
        is_staff=post.author.is_admin,
        client_id=post.client_id,
        text=post.text,
        created_at=timezone.now(),
    )
    names = _set(conversation, **_consequences(message))
    if starts:
        mails.send_conversation(message)
    announce_change(conversation, message)
    return message, names


def _consequences(message: Message) -> dict:
    """Changes of a conversation that follow from a message. Its author has read as far as they have written."""
    conversation = message.conversation
    changes = {
        "last_seq": message.seq,
        "last_message_at": message.created_at,
        _read_mark(message.is_staff): message.seq,
    }
    if message.is_staff:
        reminder_due_at = conversation.reminder_due_at or reminders.due_after(message.created_at)
        return {**changes, "waiting_since": None, "reminder_due_at": reminder_due_at}
    waiting_since = conversation.waiting_since or message.created_at
    return {**changes, "waiting_since": waiting_since, "reminder_due_at": None, "status": Conversation.Status.OPEN}


def _locked(conversation_id: int, user: CustomUser) -> Conversation:
    return Conversation.objects.visible_to(user).with_people().locked().get(pk=conversation_id)


def _change(conversation: Conversation, **changes) -> None:
    conversation.save(update_fields=_set(conversation, **changes))
    announce_change(conversation)


def _set(conversation: Conversation, **changes) -> list[str]:
    """The names of what is to be saved."""
    changes["updated_at"] = max(timezone.now(), conversation.updated_at + timedelta(microseconds=1))
    for name, value in changes.items():
        setattr(conversation, name, value)
    return list(changes)


def _read_mark(is_staff: bool) -> str:
    return "staff_read_seq" if is_staff else "customer_read_seq"
