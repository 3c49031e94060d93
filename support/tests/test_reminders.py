import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from mailer.models import Message as Email

from realtime.threads import in_database
from rest.tests.races import in_parallel, meeting
from support import reminders, services
from support.models import Conversation, ConversationQuerySet, Message
from support.tests.sockets import socket_of
from users.tests.factories import AdminFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outbox(settings):
    """What is queued in the database, as the shop itself does it."""
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    return lambda: [row.email for row in Email.objects.order_by("pk")]


def post(conversation, author, text="hello") -> Message:
    return services.post_message(conversation_id=conversation.pk, author=author, client_id=uuid.uuid4(), text=text)[0]


def wait(*, seconds: int = 181) -> None:
    """As if so much time had passed since the last answer."""
    for conversation in Conversation.objects.exclude(reminder_due_at=None):
        conversation.reminder_due_at -= timedelta(seconds=seconds)
        conversation.save()


def to_customer(outbox, user) -> list:
    return [email for email in outbox() if email.to == [user.email]]


# --- To administrators ----------------------------------------------------------------------------------------------


def test_administrators_hear_of_new_conversations_in_their_language(outbox, conversation, user, admin_user):
    AdminFactory(username="gone", is_active=False)
    AdminFactory(username="masha", language="ru")

    post(conversation, user, "Где мой латте?")

    first, second = sorted(outbox(), key=lambda email: email.to)
    assert (first.to, second.to) == (["boss@example.com"], ["masha@example.com"])
    assert "http://127.0.0.1:8000/admin/support/conversation/" in first.body
    assert not [word for word in ("anna", "Где мой латте?") if word in first.subject + first.body]
    assert "пишет" in second.body


def test_administrators_hear_again_when_a_conversation_is_reopened(outbox, conversation, user, admin_user):
    for text in ("one", "two"):
        post(conversation, user, text)
    assert len(outbox()) == 1

    services.change_conversation(conversation_id=conversation.pk, by=admin_user, status="closed")
    post(conversation, user, "three")

    assert len(outbox()) == 2


def test_nobody_is_told_of_a_rolled_back_message(outbox, conversation, user, admin_user):
    with transaction.atomic():
        post(conversation, user)
        transaction.set_rollback(True)

    assert outbox() == []


# --- To a customer who is away --------------------------------------------------------------------------------------


def test_customer_gets_one_reminder_for_several_answers(outbox, conversation, user, admin_user):
    user.language = "ru"
    user.save()
    post(conversation, user, "my own words")
    post(conversation, admin_user, "first answer")
    wait(seconds=170)
    post(conversation, admin_user, "second answer")
    reminders.queue_due_reminders()
    assert to_customer(outbox, user) == []

    wait(seconds=15)
    reminders.queue_due_reminders()
    reminders.queue_due_reminders()

    (email,) = to_customer(outbox, user)
    assert "first answer" in email.body
    assert "second answer" in email.body
    assert "my own words" not in email.body
    assert "Новых ответов в чате поддержки: 2" in email.body
    assert "http://127.0.0.1:8000/support/" in email.body


def test_next_reminder_tells_only_of_newer_answers(outbox, conversation, user, admin_user):
    post(conversation, admin_user, "first answer")
    wait()
    reminders.queue_due_reminders()

    post(conversation, admin_user, "second answer")
    wait()
    reminders.queue_due_reminders()

    _first, second = to_customer(outbox, user)
    assert "first answer" not in second.body
    assert "second answer" in second.body


@pytest.mark.parametrize("seq", [2, 1])
def test_customer_gets_no_reminder_about_what_they_have_read(outbox, conversation, user, admin_user, seq):
    for text in ("first answer", "second answer"):
        post(conversation, admin_user, text)
    services.mark_read(conversation_id=conversation.pk, reader=user, seq=seq)

    wait()
    reminders.queue_due_reminders()

    bodies = [email.body for email in to_customer(outbox, user)]
    assert ["second answer" in body and "first answer" not in body for body in bodies] == [True] * (2 - seq)


def test_customer_gets_no_reminder_when_they_have_written_since(outbox, conversation, user, admin_user):
    post(conversation, admin_user)
    post(conversation, user)

    wait()
    reminders.queue_due_reminders()

    assert to_customer(outbox, user) == []


@pytest.mark.parametrize("change", [{"email": ""}, {"is_active": False}])
def test_nobody_writes_to_a_gone_or_blocked_customer(outbox, conversation, user, admin_user, change):
    post(conversation, admin_user)
    type(user).objects.update(**change)

    wait()
    reminders.queue_due_reminders()

    assert outbox() == []
    assert not Conversation.objects.with_reminder_due(timezone.now()).exists()


def test_scheduled_command_queues_and_sends_the_reminder(settings, conversation, user, admin_user):
    settings.MAILER_EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    post(conversation, admin_user)
    wait()

    call_command("send_queued_mail")

    assert [email.to for email in mail.outbox] == [[user.email]]


def test_due_reminders_are_looked_for_by_one_query(conversation, django_assert_num_queries):
    with django_assert_num_queries(1):
        reminders.queue_due_reminders()


@pytest.mark.django_db(transaction=True)
async def test_connected_customer_gets_no_reminder_until_some_time_after(conversation, user, admin_user, settings):
    settings.SOCKET_LIMITS = {"TICK_SECONDS": 0.2}
    async with socket_of(user) as socket:
        await in_database(post)(conversation, admin_user)
        await socket.hear()
        await in_database(wait)()

        await in_database(wait_until_put_off)(conversation)

    await in_database(reminders.queue_due_reminders)()
    assert await in_database(Email.objects.count)() == 0
    await in_database(wait)()
    await in_database(reminders.queue_due_reminders)()
    assert await in_database(Email.objects.count)() == 1


@pytest.mark.django_db(transaction=True)
async def test_due_reminder_is_postponed_when_the_customer_connects(conversation, user, admin_user):
    await in_database(post)(conversation, admin_user)
    await in_database(wait)()

    async with socket_of(user, "/ws/support/?after=0") as socket:
        await socket.hear_type("message")

        await in_database(reminders.queue_due_reminders)()

    assert await in_database(Email.objects.count)() == 0


def test_putting_off_one_customers_reminder_leaves_the_others_due(outbox, conversation, user, admin_user, stranger):
    for talk in (conversation, services.open_conversation(stranger)[0]):
        post(talk, admin_user)
    wait()

    reminders.put_off([user.pk])
    reminders.queue_due_reminders()

    assert [email.to for email in outbox()] == [[stranger.email]]


def wait_until_put_off(conversation) -> None:
    deadline = timezone.now() + timedelta(seconds=20)
    while Conversation.objects.with_reminder_due(timezone.now()).filter(pk=conversation.pk).exists():
        assert timezone.now() < deadline


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False], ids=["locked", "unlocked"])
def test_reminder_is_written_once_only_when_schedulers_lock(
    outbox, conversation, user, admin_user, monkeypatch, is_locked
):
    if not is_locked:
        monkeypatch.setattr(ConversationQuerySet, "locked", meeting(8))
    post(conversation, admin_user)
    wait()

    in_parallel([reminders.queue_due_reminders] * 8)

    assert (len(to_customer(outbox, user)) == 1) is is_locked


@pytest.mark.django_db(transaction=True)
def test_reminder_is_not_written_when_the_customer_reads(outbox, conversation, user, admin_user):
    post(conversation, admin_user)
    wait()
    is_written = []

    def read():
        services.mark_read(conversation_id=conversation.pk, reader=user, seq=1)
        is_written.append(Email.objects.exists())

    in_parallel([read, *[reminders.queue_due_reminders] * 4])

    # Either the e-mail was there before the mark, or there is none: never one that came after it.
    assert [Email.objects.exists()] == is_written


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_put_off_passes_over_a_conversation_that_somebody_holds(conversation, user, admin_user):
    post(conversation, admin_user)
    conversation.refresh_from_db()

    with transaction.atomic():
        held = Conversation.objects.locked().get()
        in_parallel([partial(reminders.put_off, [user.pk])])

    conversation.refresh_from_db()
    assert conversation.reminder_due_at == held.reminder_due_at


@pytest.mark.django_db(transaction=True)
def test_postponing_on_two_servers_waits_for_nobody(conversation, user, admin_user):
    post(conversation, admin_user)

    in_parallel([partial(reminders.put_off, [user.pk])] * 4)

    conversation.refresh_from_db()
    assert conversation.reminder_due_at > timezone.now() + timedelta(seconds=100)
