import uuid

import pytest

from conftest import client_of
from realtime.broker import Broker
from realtime.threads import in_database
from support import services
from support.models import Conversation, Message
from support.tests.sockets import PATH, socket_of

pytestmark = pytest.mark.django_db(transaction=True)


def store(conversation, author, *texts) -> list[Message]:
    return [
        services.post_message(conversation_id=conversation.pk, author=author, client_id=uuid.uuid4(), text=text)[0]
        for text in texts
    ]


async def test_ready_tells_where_the_conversation_stands(conversation, user, admin_user):
    await in_database(store)(conversation, user, "one", "two")
    await in_database(store)(conversation, admin_user, "three")

    async with socket_of(user) as socket:
        assert socket.ready["conversation"] == {
            "id": conversation.pk,
            "status": "open",
            "last_seq": 3,
            "customer_read_seq": 2,
            "staff_read_seq": 3,
        }


async def test_customer_has_a_conversation_from_the_first_connection_on(user):
    async with socket_of(user) as socket:
        assert socket.ready["conversation"]["last_seq"] == 0


async def test_staff_have_no_conversation_of_their_own(admin_user):
    async with socket_of(admin_user) as socket:
        assert socket.ready["conversation"] is None
        assert socket.ready["user"]["is_staff"] is True


async def test_both_sides_see_every_message_with_its_acknowledgement(user, admin_user):
    async with socket_of(user) as customer, socket_of(admin_user) as staff:
        client_id = await customer.write("Где мой латте? ☕")
        acknowledged = await customer.hear()
        conversation_id = acknowledged["conversation"]
        await staff.say("subscribe", conversation=conversation_id, after=0)
        await staff.hear_type("message")
        await staff.write("Уже несу!", conversation=conversation_id)

        assert (acknowledged["client_id"], acknowledged["seq"]) == (client_id, 1)
        assert await customer.hear() == await staff.hear_type("message")


async def test_frames_carry_cyrillic_unescaped(user):
    async with socket_of(user) as socket:
        await socket.write("латте")

        assert "латте" in await socket.receive_from()


async def test_all_sockets_of_a_customer_hear_a_message(user):
    async with socket_of(user) as phone, socket_of(user) as tablet:
        await phone.write("hello")

        assert await tablet.hear() == await phone.hear()


async def test_customers_do_not_hear_each_other(user, stranger):
    async with socket_of(user) as one, socket_of(stranger) as other:
        await one.write("secret")
        await one.hear()

        assert await other.receive_nothing()


async def test_staff_get_an_acknowledgement_when_they_do_not_follow(conversation, admin_user):
    async with socket_of(admin_user) as staff:
        client_id = await staff.write("hello", conversation=conversation.pk)

        assert (await staff.hear_type("message"))["client_id"] == client_id


async def test_missed_messages_come_in_order_and_then_new_ones(conversation, user):
    await in_database(store)(conversation, user, *(f"{number}" for number in range(1, 131)))

    async with socket_of(user, f"{PATH}?after=3") as socket:
        await socket.write("new")

        assert await socket.hear_texts(128) == [*(f"{number}" for number in range(4, 131)), "new"]


async def test_nothing_old_comes_without_after(conversation, user):
    await in_database(store)(conversation, user, "old")

    async with socket_of(user) as socket:
        await socket.write("new")

        assert (await socket.hear())["text"] == "new"


async def test_future_after_skips_nothing(user):
    async with socket_of(user, f"{PATH}?after=1000") as socket:
        await socket.write("new")

        assert (await socket.hear())["text"] == "new"


async def test_repeated_first_message_returns_to_its_sender_alone(user):
    async with socket_of(user) as phone, socket_of(user) as tablet:
        client_id = await phone.write("one")
        first = await phone.hear()
        await tablet.hear()

        await phone.write("one", client_id=client_id)

        assert await phone.hear() == first
        assert await tablet.receive_nothing()


async def test_error_names_the_client_id_when_it_is_reused(user):
    async with socket_of(user) as socket:
        client_id = await socket.write("one")
        await socket.hear()

        await socket.write("two", client_id=client_id)

        error = await socket.hear()
        assert (error["type"], error["code"], error["client_id"]) == ("error", "client_id_reused", client_id)


async def test_strangers_conversation_is_absent(conversation, stranger):
    async with socket_of(stranger) as socket:
        for frame in (
            {"type": "message", "client_id": str(uuid.uuid4()), "text": "hi", "conversation": conversation.pk},
            {"type": "read", "seq": 1, "conversation": conversation.pk},
            {"type": "typing", "conversation": conversation.pk},
        ):
            await socket.send_json_to(frame)
            assert (await socket.hear())["code"] == "not_found"


async def test_customer_may_not_subscribe(conversation, user):
    async with socket_of(user) as socket:
        await socket.say("subscribe", conversation=conversation.pk, after=0)

        assert (await socket.hear())["code"] == "permission_denied"


@pytest.mark.parametrize("type", ["message", "read", "subscribe"])
async def test_staff_hear_that_a_conversation_does_not_exist(admin_user, type):
    async with socket_of(admin_user) as staff:
        await staff.say(type, conversation=10**15, client_id=str(uuid.uuid4()), text="hi", seq=1, after=0)

        assert (await staff.hear())["code"] == "not_found"


async def test_staff_have_to_name_the_conversation(admin_user):
    async with socket_of(admin_user) as staff:
        await staff.write("hello")

        assert (await staff.hear())["code"] == "invalid"


async def test_staff_get_a_summary_when_a_conversation_changes(user, admin_user):
    async with socket_of(admin_user) as staff, socket_of(user) as customer:
        await customer.write("hello")

        summary = (await staff.hear())["conversation"]

        assert (summary["customer"], summary["last_seq"]) == ({"id": user.pk, "name": "anna"}, 1)
        assert summary["waiting_since"] is not None


async def test_staff_get_messages_instead_of_summaries_while_subscribed(conversation, user, admin_user):
    async with socket_of(admin_user) as staff, socket_of(user) as customer:
        await staff.say("subscribe", conversation=conversation.pk, after=0)
        await staff.say("typing", conversation=conversation.pk)
        await customer.hear_type("typing")  # so the subscription holds
        await customer.write("one")
        assert (await staff.hear())["type"] == "message"

        await staff.say("unsubscribe", conversation=conversation.pk)
        await staff.say("typing", conversation=conversation.pk)
        await customer.hear_type("typing")
        await customer.write("two")
        assert (await staff.hear())["type"] == "conversation"


async def test_subscribers_hear_when_a_conversation_is_closed(conversation, admin_user):
    async with socket_of(admin_user) as staff:
        await staff.say("subscribe", conversation=conversation.pk)
        await staff.say("typing")  # answered when the subscription holds
        await staff.hear_type("error")

        await in_database(services.change_conversation)(
            conversation_id=conversation.pk, by=admin_user, status=Conversation.Status.CLOSED
        )

        assert (await staff.hear())["conversation"]["status"] == "closed"


async def test_read_mark_is_told_to_both_sides(conversation, user, admin_user):
    await in_database(store)(conversation, admin_user, "one", "two")
    async with socket_of(user) as customer, socket_of(admin_user) as staff:
        await staff.say("subscribe", conversation=conversation.pk)
        await staff.say("typing", conversation=conversation.pk)
        await customer.hear_type("typing")

        await customer.say("read", seq=2)

        expected = {"type": "read", "conversation": conversation.pk, "by": "customer", "seq": 2}
        assert await customer.hear() == expected
        assert await staff.hear() == expected


async def test_read_mark_is_told_again_to_whoever_repeats_it(conversation, user, admin_user):
    await in_database(store)(conversation, admin_user, "one", "two")
    async with socket_of(user) as socket:
        await socket.say("read", seq=2)
        await socket.hear()

        await socket.say("read", seq=1)

        assert (await socket.hear())["seq"] == 2


async def test_typing_is_told_to_the_others_only(user, admin_user):
    async with socket_of(user) as phone, socket_of(user) as tablet, socket_of(admin_user) as staff:
        await staff.say("typing", conversation=phone.ready["conversation"]["id"])

        frame = await phone.hear()
        assert frame["type"] == "typing"
        assert frame["author"] == {"id": admin_user.pk, "name": "CoffeeShop", "is_staff": True}
        assert await tablet.hear() == frame
        await phone.say("typing")
        assert await tablet.receive_nothing()


async def test_message_sent_over_http_reaches_the_socket(conversation, user):
    client = await in_database(client_of)(user)
    async with socket_of(user) as socket:
        body = {"client_id": str(uuid.uuid4()), "text": "from elsewhere"}
        response = await in_database(client.post)(f"/api/support/conversations/{conversation.pk}/messages/", body)

        assert await socket.hear() == response.json()


@pytest.fixture
def deaf(monkeypatch, settings):
    """All events are lost on the way; only reconciliation is left."""
    settings.SOCKET_LIMITS = {"TICK_SECONDS": 0.3}
    monkeypatch.setattr(Broker, "_deliver", lambda broker, event, topics: None)


async def test_lost_events_are_made_good_by_reconciliation(deaf, conversation, user, admin_user):
    async with socket_of(user) as customer, socket_of(admin_user) as staff:
        await in_database(store)(conversation, admin_user, "one", "two")
        await in_database(services.mark_read)(conversation_id=conversation.pk, reader=user, seq=1)

        assert await customer.hear_texts(2) == ["one", "two"]
        assert (await customer.hear())["by"] == "customer"
        while (await staff.hear())["conversation"]["last_seq"] < 2:  # a beat may come between the two
            pass


async def test_gap_is_filled_from_the_database_when_events_lag(conversation, user, admin_user, monkeypatch):
    async with socket_of(user) as socket:
        with monkeypatch.context() as patch:
            patch.setattr(Broker, "_deliver", lambda broker, event, topics: None)
            await in_database(store)(conversation, admin_user, "one", "two")
            await socket.receive_nothing()

        await in_database(store)(conversation, admin_user, "three")

        assert await socket.hear_texts(3) == ["one", "two", "three"]
