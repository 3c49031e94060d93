import asyncio

import pytest
from django.utils import timezone

from orders.boards import board_connected
from orders.models import Channel, Order
from orders.moving import move_order
from orders.services import change_order, mark_seen
from orders.statuses import Status
from orders.tests.factories import OrderFactory
from products.models import Branch, BranchStaff, Position
from products.tests.factories import BranchFactory
from realtime.broker import Broker, broker
from realtime.threads import in_database
from users.tests.factories import UserFactory
from users.tests.sockets import TIMEOUT, Socket, access_token, bearer

pytestmark = pytest.mark.django_db(transaction=True)
OWN = "/ws/orders/"


class OrdersSocket(Socket):
    """Signed in, and has heard `ready`."""

    @classmethod
    async def of(cls, user, branch=None):
        token = await in_database(access_token)(user)
        path = OWN if branch is None else f"{OWN}?branch={branch.slug}"
        socket = cls(path, subprotocols=bearer(token, "orders.v1"))
        assert await socket.connect(TIMEOUT) == (True, "orders.v1")
        return socket

    async def __aenter__(self):
        self.ready = await self.hear()
        return self

    async def __aexit__(self, *_error):
        await self.disconnect()


@pytest.fixture
def barista(branch):
    return BranchStaff.objects.create(user=UserFactory(), branch=branch, position=Position.BARISTA).user


@pytest.fixture
def quick_ticks(settings):
    settings.SOCKET_LIMITS = {"TICK_SECONDS": 0.1}


@pytest.fixture
def deaf(monkeypatch):
    """Every event is lost on its way."""
    monkeypatch.setattr(Broker, "_deliver", lambda self, event, topics: None)


@in_database
def move(order, to, by) -> Order:
    return change_order(order_id=order.pk, status=to, by=by)


async def test_ready_brings_open_orders_and_those_just_ended(user, branch):
    waiting = await in_database(OrderFactory)(user=user, branch=branch)
    ended = await in_database(OrderFactory)(user=user, branch=branch, status=Status.COMPLETED)
    old = await in_database(OrderFactory)(user=user, branch=branch, status=Status.COMPLETED)
    half_an_hour = timezone.timedelta(minutes=31)
    await in_database(Order.objects.filter(pk=old.pk).update)(updated_at=timezone.now() - half_an_hour)
    await in_database(OrderFactory)(branch=branch)  # somebody else's

    async with await OrdersSocket.of(user) as socket:
        assert [order["id"] for order in socket.ready["orders"]] == [waiting.pk, ended.pk]
        assert socket.ready["branch"] is None
        assert socket.ready["user"]["id"] == user.pk


async def test_ready_shows_orders_as_http_does(client, user, branch):
    order = await in_database(OrderFactory)(user=user, branch=branch)
    shown = (await in_database(client.get)(f"/api/orders/{order.pk}/")).json()

    async with await OrdersSocket.of(user) as socket:
        assert socket.ready["orders"] == [shown]


async def test_board_shows_every_order_of_its_branch_only(barista, branch):
    here = await in_database(OrderFactory)(branch=branch)
    await in_database(OrderFactory)(branch=await in_database(BranchFactory)())

    async with await OrdersSocket.of(barista, branch) as board:
        assert [order["id"] for order in board.ready["orders"]] == [here.pk]
        assert board.ready["branch"] == branch.slug
        assert "accepted" in board.ready["orders"][0]["allowed_statuses"]


async def test_change_reaches_customer_and_boards_whole(user, barista, branch):
    order = await in_database(OrderFactory)(user=user, branch=branch)

    async with (
        await OrdersSocket.of(user) as customer,
        await OrdersSocket.of(barista, branch) as board,
        await OrdersSocket.of(barista, branch) as other_board,
    ):
        await move(order, Status.ACCEPTED, barista)

        frames = [await socket.hear_type("order") for socket in (customer, board, other_board)]
        assert [frame["order"]["status"] for frame in frames] == ["accepted"] * 3
        assert {frame["order"]["version"] for frame in frames} == {order.version + 1}
        assert frames[0]["order"]["allowed_statuses"] == ["cancelled"]


async def test_customer_never_reads_a_sign_in_name(user, barista, branch):
    order = await in_database(OrderFactory)(user=user, branch=branch)

    async with await OrdersSocket.of(user) as customer:
        await move(order, Status.ACCEPTED, barista)

        assert barista.username not in str(await customer.hear_type("order"))


async def test_lost_event_is_made_good_by_the_next_tick(user, barista, branch, quick_ticks, deaf):
    order = await in_database(OrderFactory)(user=user, branch=branch)

    async with await OrdersSocket.of(user) as customer, await OrdersSocket.of(barista, branch) as board:
        await move(order, Status.ACCEPTED, barista)

        for socket in (customer, board):
            assert (await socket.hear_type("order"))["order"]["status"] == "accepted"


async def test_ended_order_is_told_when_its_event_is_lost(user, barista, branch, quick_ticks, deaf):
    order = await in_database(OrderFactory)(user=user, branch=branch)

    async with await OrdersSocket.of(barista, branch) as board:
        await move(order, Status.CANCELLED, user)

        assert (await board.hear_type("order"))["order"]["status"] == "cancelled"
        assert (await board.hear_type("alive"))["open"] == 0


async def test_board_that_an_order_leaves_hears_at_once(user, barista, branch):
    order, other = await in_database(OrderFactory)(user=user, branch=branch), await in_database(BranchFactory)()

    async with await OrdersSocket.of(barista, branch) as board:
        await in_database(move_order)(order_id=order.pk, branch=other, by=user)

        assert (await board.hear_type("order"))["order"]["branch"] == other.slug  # before the first tick


async def test_moved_order_is_told_once_when_ticks_come_first(user, barista, branch, settings, monkeypatch):
    settings.SOCKET_LIMITS = {"TICK_SECONDS": 1}
    order, other = await in_database(OrderFactory)(user=user, branch=branch), await in_database(BranchFactory)()
    events, deliver = [], Broker._deliver
    monkeypatch.setattr(Broker, "_deliver", lambda self, event, topics: events.append((event, topics)))

    async with await OrdersSocket.of(barista, branch) as board:
        await in_database(move_order)(order_id=order.pk, branch=other, by=user)
        assert (await board.hear_type("order"))["order"]["branch"] == other.slug
        for event, topics in events:  # late
            deliver(broker, event, topics)

        frames = [await board.hear(), await board.hear()]

    assert [frame["type"] for frame in frames] == ["alive", "alive"]


async def test_alive_counts_open_orders_and_tells_the_time(user, barista, branch, quick_ticks):
    await in_database(OrderFactory.create_batch)(2, user=user, branch=branch)
    await in_database(OrderFactory)(branch=branch)

    async with await OrdersSocket.of(user) as customer, await OrdersSocket.of(barista, branch) as board:
        assert (await customer.hear_type("alive"))["open"] == 2
        proof = await board.hear_type("alive")

    assert proof["open"] == 3
    assert timezone.datetime.fromisoformat(proof["at"]).tzinfo is not None


async def test_counter_order_is_not_its_typists_own(barista, branch, quick_ticks, deaf):
    async with await OrdersSocket.of(barista) as own:
        counter = await in_database(OrderFactory)(user=barista, branch=branch, channel=Channel.COUNTER)
        app = await in_database(OrderFactory)(user=barista, branch=branch)

        assert (await own.hear_type("order"))["order"]["id"] == app.pk
        assert (await own.hear_type("alive"))["open"] == 1

    assert counter.pk < app.pk


async def test_seen_is_set_once_and_told(user, barista, branch):
    order = await in_database(OrderFactory)(user=user, branch=branch)

    async with await OrdersSocket.of(user) as customer, await OrdersSocket.of(barista, branch) as board:
        await board.say("seen", order=order.pk, version=1)
        first = await customer.hear_type("order")
        await in_database(mark_seen)(order_id=order.pk, branch=branch)

        await in_database(order.refresh_from_db)()
        assert first["order"]["seen_at"] is not None
        assert order.version == first["order"]["version"]


@pytest.mark.parametrize("fields", [{"order": 0}, {"order": "1"}, {"order": True}, {"order": 1.5}, {}, {"order": None}])
async def test_seen_with_nonsense_is_an_error(barista, branch, fields):
    async with await OrdersSocket.of(barista, branch) as board:
        await board.say("seen", version=1, **fields)

        assert (await board.hear_type("error"))["code"] == "invalid"


async def test_customer_cannot_say_seen(user, branch):
    order = await in_database(OrderFactory)(user=user, branch=branch)

    async with await OrdersSocket.of(user) as socket:
        await socket.say("seen", order=order.pk, version=1)

        assert (await socket.hear_type("error"))["code"] == "permission_denied"


async def test_order_of_another_branch_cannot_be_seen(barista, branch):
    elsewhere = await in_database(OrderFactory)(branch=await in_database(BranchFactory)())

    async with await OrdersSocket.of(barista, branch) as board:
        await board.say("seen", order=elsewhere.pk, version=1)

        assert (await board.hear_type("error"))["code"] == "not_found"


async def test_frame_of_the_chat_is_malformed_here(barista, branch):
    async with await OrdersSocket.of(barista, branch) as board:
        await board.say("message", client_id="1", text="hello")

        assert (await board.hear_type("error"))["code"] == "malformed"


@pytest.mark.parametrize("slug", ["main", "nowhere", "", "%00", "main&branch=nowhere"])
async def test_board_closes_for_who_does_not_work_there(user, branch, slug):
    token = await in_database(access_token)(user)
    socket = Socket(f"{OWN}?branch={slug}", subprotocols=bearer(token, "orders.v1"))
    await socket.connect(TIMEOUT)

    assert await socket.close_code() == 4403


async def test_barista_of_another_branch_gets_no_board(branch):
    other = await in_database(BranchFactory)()
    stranger = await in_database(UserFactory)()
    await in_database(BranchStaff.objects.create)(user=stranger, branch=other, position=Position.MANAGER)

    assert await (await OrdersSocket.of(stranger, branch)).close_code() == 4403


async def test_lost_position_ends_the_board(barista, branch, quick_ticks):
    async with await OrdersSocket.of(barista, branch) as board:
        await in_database(BranchStaff.objects.filter(user=barista).delete)()

        assert await board.close_code() == 4403


async def test_board_ends_when_its_branch_goes_out_of_business(barista, branch, quick_ticks):
    async with await OrdersSocket.of(barista, branch) as board:
        await in_database(Branch.objects.filter(pk=branch.pk).update)(is_active=False)

        assert await board.close_code() == 4403


async def test_board_stays_when_its_branch_is_renamed(barista, branch, quick_ticks):
    async with await OrdersSocket.of(barista, branch) as board:
        await in_database(Branch.objects.filter(pk=branch.pk).update)(slug="renamed")
        await board.hear_type("alive")
        await board.hear_type("alive")
        await in_database(OrderFactory)(branch=branch)

        assert "accepted" in (await board.hear_type("order"))["order"]["allowed_statuses"]


async def test_lost_position_ends_what_own_orders_show(barista, branch, quick_ticks):
    await in_database(OrderFactory)(user=barista, branch=branch)

    async with await OrdersSocket.of(barista) as own:
        await in_database(BranchStaff.objects.filter(user=barista).delete)()
        code = await own.close_code()
    async with await OrdersSocket.of(barista) as again:
        after = again.ready["orders"][0]["allowed_statuses"]

    assert (own.ready["orders"][0]["allowed_statuses"], code, after) == (["accepted", "cancelled"], 1012, ["cancelled"])


async def test_administrators_have_every_board(admin_user, branch):
    async with await OrdersSocket.of(admin_user, branch) as board:
        assert board.ready["branch"] == branch.slug


async def test_branch_knows_whether_somebody_looks_at_its_board(barista, user, branch):
    async with await OrdersSocket.of(user):
        before = await in_database(board_connected)(branch.pk)
    async with await OrdersSocket.of(barista, branch):
        meanwhile = await in_database(board_connected)(branch.pk)
    for _ in range(50):
        if not (after := await in_database(board_connected)(branch.pk)):
            break
        await asyncio.sleep(0.1)

    assert (before, meanwhile, after) == (False, True, False)
