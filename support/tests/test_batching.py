"""Messages that arrive at the same moment share a commit, and nothing else."""

import asyncio
import uuid

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from realtime.threads import in_database
from support import sql
from support.batching import Batcher
from support.exceptions import ClientIdReused
from support.models import Conversation, Message
from support.services import Post, open_conversation, post_message, post_together
from support.tests.sockets import locked, socket_of
from users.tests.factories import AdminFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def conversations(db) -> list[Conversation]:
    """Each of them has begun already: what begins one is not for the batcher alone."""
    opened = [open_conversation(customer)[0] for customer in UserFactory.create_batch(20)]
    for conversation in opened:
        post_message(**said_in(conversation, "first")._asdict())
    return opened


def said_in(conversation: Conversation, text: str = "Hi", client_id: uuid.UUID | None = None, author=None) -> Post:
    return Post(conversation.pk, author or conversation.customer, client_id or uuid.uuid4(), text)


async def post_all(*posts: Post) -> list:
    """What becomes of each, all sent at the same moment to a batcher of their own."""
    batcher = Batcher()
    return await asyncio.gather(*map(batcher.post, posts), return_exceptions=True)


@in_database
def commits() -> int:
    """How many transactions have brought messages, but for the first ones."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM support_message WHERE seq > 1")
        return cursor.fetchone()[0]


async def test_messages_of_one_moment_share_a_commit(conversations):
    results = await post_all(*map(said_in, conversations))

    assert [(message.seq, is_new) for message, is_new in results] == [(2, True)] * 20
    assert await commits() == 1  # none had begun when the last one arrived


async def test_messages_that_arrive_during_a_commit_share_the_next(conversations):
    batcher = Batcher()
    first, *others = map(said_in, conversations)
    one = asyncio.create_task(batcher.post(first))
    await asyncio.sleep(0)  # the first is under way

    await asyncio.gather(one, *map(batcher.post, others))

    assert await commits() == 2


async def test_conversation_that_is_held_keeps_nobody_else_waiting(conversations):
    batcher = Batcher()
    held, free = conversations[0], conversations[1:]
    with locked(held):
        waiting = [asyncio.create_task(batcher.post(said_in(held))) for _ in range(6)]  # more than there are threads
        await asyncio.sleep(0.5)
        results = await asyncio.wait_for(asyncio.gather(*[batcher.post(said_in(one)) for one in free]), 4)
        assert not any(post.done() for post in waiting)
        assert len(results) == 19

    assert sorted(message.seq for message, _is_new in await asyncio.gather(*waiting)) == [2, 3, 4, 5, 6, 7]


async def test_author_whose_row_is_held_keeps_nobody_else_waiting(conversations):
    """Who changes a password, say. A message refers to its author, which the commit finds out."""
    batcher = Batcher()
    held, free = conversations[0], conversations[1:]
    with locked(held.customer):
        posts = [asyncio.create_task(batcher.post(said_in(one))) for one in (held, *free)]
        results = await asyncio.wait_for(asyncio.gather(*posts[1:]), 20)
        assert not posts[0].done()
        assert [is_new for _message, is_new in results] == [True] * 19

    assert (await posts[0])[1] is True


async def test_waiting_for_a_held_conversation_delays_a_single_commit(conversations, monkeypatch):
    """The control: what the batcher would be without SKIP LOCKED."""
    patient = sql._lock_sql(True)
    monkeypatch.setattr(sql, "_lock_sql", lambda waits: patient)
    batcher = Batcher()
    held, free = conversations[0], conversations[1]
    with locked(held):
        posts = [asyncio.create_task(batcher.post(said_in(one))) for one in (held, free)]
        await asyncio.sleep(1)
        assert not any(post.done() for post in posts)
    await asyncio.gather(*posts)


async def test_repetition_among_others_gets_what_is_there(conversations):
    first = said_in(conversations[0])
    await post_all(first)

    again, other_text, *new = await post_all(first, first._replace(text="Ha"), *map(said_in, conversations[1:]))

    assert (again[0].seq, again[1]) == (2, False)
    assert isinstance(other_text, ClientIdReused)
    assert [is_new for _message, is_new in new] == [True] * 19
    assert await commits() == 2  # the repetition does not part the others


async def test_same_message_twice_in_one_moment_is_stored_once(conversations):
    post = said_in(conversations[0])

    results = await post_all(post, post, said_in(conversations[1]))

    assert sorted(is_new for _message, is_new in results[:2]) == [False, True]
    assert {message.seq for message, _is_new in results[:2]} == {2}
    assert results[2][1] is True


async def test_stranger_among_others_is_told_of_nothing(conversations):
    mine, yours, mine_too = conversations[:3]
    stranger = said_in(yours, author=mine.customer)
    nowhere = said_in(mine)._replace(conversation_id=10**9)

    results = await post_all(said_in(mine), stranger, nowhere, said_in(mine_too))

    assert [type(result) for result in results[1:3]] == [Conversation.DoesNotExist] * 2
    assert [results[0][1], results[3][1]] == [True, True]
    assert await in_database(Message.objects.filter(seq=2).count)() == 2


async def test_both_sides_in_one_moment_follow_each_other(conversations, admin_user):
    conversation = conversations[0]
    texts = ["one", "two", "three", "four"]
    authors = [conversation.customer, admin_user] * 2
    async with socket_of(admin_user) as staff:
        await staff.say("subscribe", conversation=conversation.pk, after=1)
        await staff.say("typing")
        await staff.hear_type("error")  # so what came before is done

        await post_all(
            *[said_in(conversation, text, author=author) for text, author in zip(texts, authors, strict=True)]
        )

        assert await staff.hear_texts(4) == texts
    assert await commits() == 1
    conversation = await in_database(Conversation.objects.get)(pk=conversation.pk)
    assert (conversation.last_seq, conversation.customer_read_seq, conversation.staff_read_seq) == (5, 4, 5)


async def test_administrators_hear_once_when_two_messages_start_a_conversation(conversation, admin_user, mailoutbox):
    await post_all(said_in(conversation, "one"), said_in(conversation, "two"))

    assert [email.to for email in mailoutbox] == [[admin_user.email]]


async def test_message_that_cannot_be_stored_fails_alone(conversations):
    unstorable = said_in(conversations[0], "a text that PostgreSQL does not take: \0")

    failed, *others = await post_all(unstorable, *map(said_in, conversations[1:]))

    assert isinstance(failed, ValueError)
    assert [is_new for _message, is_new in others] == [True] * 19


async def test_every_author_hears_that_the_database_is_away(conversations, monkeypatch):
    def lock(*arguments, **options):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(sql, "lock", lock)

    results = await post_all(*map(said_in, conversations))

    assert [type(result) for result in results] == [OperationalError] * 20


async def test_author_who_leaves_meanwhile_takes_nobody_along(conversations):
    batcher = Batcher()
    leaver, *others = [asyncio.create_task(batcher.post(said_in(one))) for one in conversations]
    await asyncio.sleep(0)
    leaver.cancel()

    results = await asyncio.gather(*others)

    assert [is_new for _message, is_new in results] == [True] * 19
    assert (
        await in_database(Message.objects.filter(seq=2).count)() == 20
    )  # it was on its way, and its client will repeat it


async def test_commit_costs_the_same_questions_however_many_share_it(conversations, admin_user):
    await in_database(Conversation.objects.update)(assignee=await in_database(AdminFactory)())

    asked = [
        await in_database(questions)([said_in(one, author=admin_user) for one in conversations[:number]])
        for number in (2, 20)
    ]

    assert asked[0] == asked[1]


def questions(posts: list[Post]) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert None not in post_together(posts)
    return len(queries)


async def test_batch_that_is_shut_lets_its_authors_go(conversations):
    batcher = Batcher()
    with locked(conversations[0].customer):
        post = asyncio.create_task(batcher.post(said_in(conversations[0])))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        batcher.work.cancel()

        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(post, 3)
