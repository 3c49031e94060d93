import uuid
from contextlib import suppress
from functools import partial

import pytest
from django.db import IntegrityError
from rest_framework.exceptions import PermissionDenied

from rest.tests.races import in_parallel, meeting
from support import services, sql
from support.exceptions import ClientIdReused, SeqNotReached
from support.models import Conversation, Message
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def post(conversation, author, text="привет", client_id=None) -> Message:
    return services.post_message(
        conversation_id=conversation.pk, author=author, client_id=client_id or uuid.uuid4(), text=text
    )[0]


def test_messages_are_numbered_from_one_without_holes(conversation, user, admin_user):
    seqs = [post(conversation, author).seq for author in (user, admin_user, user)]

    assert seqs == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False], ids=["locked", "unlocked"])
def test_seq_has_no_holes_only_when_parallel_posts_lock(conversation, user, monkeypatch, is_locked):
    if not is_locked:
        meet, unlocked = meeting(16), sql._lock_sql(True).removesuffix("FOR UPDATE")
        monkeypatch.setattr(sql, "_lock_sql", lambda waits: meet(unlocked))

    in_parallel([partial(try_to_post, conversation, user) for _ in range(16)])

    seqs = list(conversation.messages.order_by("seq").values_list("seq", flat=True))
    assert (seqs == list(range(1, 17))) is is_locked


def try_to_post(conversation, user):
    with suppress(IntegrityError):  # two took the same number: only without the lock
        post(conversation, user)


@pytest.mark.django_db(transaction=True)
def test_message_is_stored_once_when_repeated_in_parallel(conversation, user):
    client_id = uuid.uuid4()

    messages = in_parallel([partial(post, conversation, user, "one", client_id) for _ in range(8)])

    assert {message.seq for message in messages} == {1}
    assert Message.objects.count() == 1


def test_repetition_gets_its_authors_own_message_among_all_others(conversation, user, admin_user):
    client_id = uuid.uuid4()
    post(conversation, admin_user, "two", client_id)
    post(conversation, user, "one")
    first = post(conversation, user, "two", client_id)

    again, is_new = services.post_message(conversation_id=conversation.pk, author=user, client_id=client_id, text="two")

    assert (again.seq, is_new) == (first.seq, False)


def test_message_is_refused_when_client_id_has_another_text(conversation, user):
    first = post(conversation, user, "one")

    with pytest.raises(ClientIdReused):
        post(conversation, user, "two", first.client_id)


def test_message_is_refused_when_client_id_changes_conversation(conversation, admin_user, stranger):
    first = post(conversation, admin_user, "one")
    other, _is_new = services.open_conversation(stranger)

    with pytest.raises(ClientIdReused):
        post(other, admin_user, "one", first.client_id)


@pytest.mark.django_db(transaction=True)
def test_client_id_is_stored_once_when_two_conversations_compete(conversation, admin_user, stranger):
    other, _is_new = services.open_conversation(stranger)
    client_id = uuid.uuid4()

    def try_to_answer(where):
        try:
            post(where, admin_user, "one", client_id)
        except ClientIdReused:
            return "refused"
        return "stored"

    outcomes = in_parallel([partial(try_to_answer, where) for where in (conversation, other)])

    assert sorted(outcomes) == ["refused", "stored"]


def test_two_users_may_use_the_same_client_id(conversation, user, admin_user):
    first = post(conversation, user)

    assert post(conversation, admin_user, "answer", first.client_id).seq == 2


def test_customer_waits_since_the_first_unanswered_message(conversation, user, admin_user):
    first = post(conversation, user)
    post(conversation, user)
    conversation.refresh_from_db()
    assert conversation.waiting_since == first.created_at

    post(conversation, admin_user)

    conversation.refresh_from_db()
    assert conversation.waiting_since is None


def test_queue_begins_with_the_longest_wait_then_latest_talk(conversation, user, admin_user, stranger):
    talks = [
        conversation,
        *(services.open_conversation(person)[0] for person in (stranger, *UserFactory.create_batch(2))),
    ]
    for talk, author in zip(talks, (user, stranger, admin_user, admin_user), strict=True):
        post(talk, author)
    post(talks[2], admin_user)
    post(talks[0], user)

    assert list(Conversation.objects.queue()) == talks


def test_authors_have_read_what_they_answer(conversation, user, admin_user):
    post(conversation, user)
    post(conversation, admin_user)

    conversation.refresh_from_db()
    assert (conversation.customer_read_seq, conversation.staff_read_seq) == (1, 2)


def test_conversation_reopens_only_when_its_customer_writes(conversation, user, admin_user):
    close(conversation, admin_user)

    post(conversation, admin_user)
    conversation.refresh_from_db()
    assert conversation.status == "closed"

    post(conversation, user)
    conversation.refresh_from_db()
    assert conversation.status == "open"


def test_nobody_waits_in_a_closed_conversation(conversation, user, admin_user):
    post(conversation, user)

    close(conversation, admin_user)

    conversation.refresh_from_db()
    assert conversation.waiting_since is None


def close(conversation, admin_user):
    services.change_conversation(conversation_id=conversation.pk, by=admin_user, status=Conversation.Status.CLOSED)


@pytest.mark.parametrize("seq", [1, 2])
def test_read_mark_moves_forward_only(conversation, user, admin_user, seq):
    for _ in range(3):
        post(conversation, admin_user)
    services.mark_read(conversation_id=conversation.pk, reader=user, seq=2)

    after, has_moved = services.mark_read(conversation_id=conversation.pk, reader=user, seq=seq)

    assert (after.customer_read_seq, has_moved) == (2, False)


def test_read_mark_is_refused_when_its_message_is_missing(conversation, user):
    with pytest.raises(SeqNotReached):
        services.mark_read(conversation_id=conversation.pk, reader=user, seq=1)


def test_stranger_cannot_write_into_a_conversation(conversation, stranger):
    with pytest.raises(Conversation.DoesNotExist):
        post(conversation, stranger)


@pytest.mark.django_db(transaction=True)
def test_customer_gets_one_conversation_when_opened_in_parallel(user):
    in_parallel([partial(services.open_conversation, user) for _ in range(8)])

    assert Conversation.objects.count() == 1


def test_administrator_has_no_conversation_of_their_own(admin_user):
    with pytest.raises(PermissionDenied):
        services.open_conversation(admin_user)


def test_snapshots_grow_when_the_clock_stands_still(conversation, user, monkeypatch):
    frozen = conversation.updated_at
    monkeypatch.setattr(services.timezone, "now", lambda: frozen)

    stamps = [post(conversation, user).conversation.updated_at for _ in range(3)]

    assert frozen < stamps[0] < stamps[1] < stamps[2]
