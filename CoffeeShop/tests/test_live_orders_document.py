"""The second half of docs/websocket.md, played: its frames against a real server."""

import re

import pytest

from orders.tests.factories import OrderFactory
from products.models import BranchStaff, Position
from products.tests.factories import ProductFactory
from realtime.threads import in_database
from support.tests.pages.test_document import Stage, blocks
from users.tests.factories import UserFactory
from users.tests.sockets import access_token

pytestmark = pytest.mark.django_db(transaction=True)

PASSING = re.compile(r'"(id|order|product|user)": \d+|"[a-z_]*at": "[^"]+"')  # what differs from run to run


class OrdersStage(Stage):
    SUBPROTOCOL = "orders.v1"
    NUMBER = re.compile(r"(?<=/orders/)7(?=/)|(?<=\"order\": )7(?=[,}])")

    async def hear(self, name: str, frame: str) -> str:
        """The proof comes by the clock: it may come between."""
        while '"alive"' in (heard := await super().hear(name, frame)) and '"alive"' not in frame:
            pass
        return heard


def settled(line: str) -> str:
    return PASSING.sub(lambda found: found[0].partition(":")[0], line)


async def test_frames_of_live_orders_are_what_a_server_says(start, branch):
    server = start()
    customer, barista, stranger = [await in_database(UserFactory)(username=name) for name in ("anna", "vera", "boris")]
    await in_database(BranchStaff.objects.create)(user=barista, branch=branch, position=Position.BARISTA)
    product = await in_database(ProductFactory)(name="Latte", price="4.50")
    order = await in_database(OrderFactory)(user=customer, branch=branch, product=product)
    people = {"customer": customer, "barista": barista, "stranger": stranger}
    tokens = {name: await in_database(access_token)(person) for name, person in people.items()}
    stage = OrdersStage(server, order, tokens)
    lines = "".join(blocks("orders")).splitlines()

    async with stage.stack:
        played = [await stage.play(line) for line in lines]

    assert len(lines) > 15
    assert [settled(line) for line in played] == [settled(line) for line in lines]
