"""Reading orders for sockets: those that want the same order at the same moment share one look into the database."""

import asyncio
import contextvars
from collections import OrderedDict
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from orders.models import Channel, Order
from orders.serializers import order_state
from orders.statuses import OPEN
from realtime.threads import in_database

CACHED = 2000  # states
SHOWN_AFTER_END = timedelta(minutes=30)


class Row(NamedTuple):
    """Id, version and state of an order: enough for a socket to find out whether its client knows it."""

    pk: int
    version: int
    is_open: bool


class StateLoader:
    """Single-flight reads: whoever asks during a look into the database shares the next one.

    Not the one under way, which may have begun before the change that is asked for.
    """

    def __init__(self):
        self.cached: OrderedDict[int, dict] = OrderedDict()
        self.waiting: dict[int, asyncio.Future] = {}
        self.task: asyncio.Task | None = None

    async def load(self, order_id: int, version: int) -> dict | None:
        """The `order_state` of this version or a later one, None for an order that was deleted.

        Raises what the database raises.
        """
        state = self.cached.get(order_id)
        if state is not None and state["version"] >= version:
            return state
        loop = asyncio.get_running_loop()
        if self.task is None or self.task.done() or self.task.get_loop() is not loop:  # tests have a loop each
            self.waiting = {}
            self.task = loop.create_task(self._read_waiting(), context=contextvars.Context())
        future = self.waiting.setdefault(order_id, loop.create_future())
        return await asyncio.shield(future)  # whose socket goes takes nothing from the others

    async def _read_waiting(self) -> None:
        await asyncio.sleep(0)  # whoever hears of the same event joins
        while self.waiting:
            batch, self.waiting = self.waiting, {}
            try:
                states = await in_database(read_states)(list(batch))
            except Exception as error:
                for future in batch.values():
                    future.set_exception(error)
                    future.exception()  # nobody may be left to hear of it
                continue
            for order_id, future in batch.items():
                self._keep(order_id, states.get(order_id))
                future.set_result(states.get(order_id))

    def _keep(self, order_id: int, state: dict | None) -> None:
        self.cached.pop(order_id, None)
        if state is not None:
            self.cached[order_id] = state
        while len(self.cached) > CACHED:
            self.cached.popitem(last=False)


loader = StateLoader()


def read_states(order_ids: Collection[int]) -> dict[int, dict]:
    return {order.pk: order_state(order) for order in Order.objects.filter(pk__in=order_ids).with_lines()}


def read_picture(orders: QuerySet) -> list[dict]:
    """The states of every open order, and of those that ended in the last half hour, in the order they were placed."""
    is_shown = Q(status__in=OPEN) | Q(updated_at__gte=timezone.now() - SHOWN_AFTER_END)
    return [order_state(order) for order in orders.filter(is_shown).with_lines().order_by("created_at", "pk")]


def read_rows(branch_ids: Iterable[int], user_ids: Iterable[int], since) -> tuple[dict, dict]:
    """The rows of the open orders, and of those changed since, by branch and by customer. One query for all of them.

    An order from the counter is its branch's, not its typist's.
    """
    concerned = Q(branch__in=list(branch_ids)) | Q(user__in=list(user_ids))
    orders = Order.objects.filter(concerned, Q(status__in=OPEN) | Q(updated_at__gte=since))
    by_branch: dict[int, list[Row]] = {}
    by_user: dict[int, list[Row]] = {}
    columns = ("pk", "version", "status", "branch", "user", "channel")
    for pk, version, status, branch_id, user_id, channel in orders.values_list(*columns):
        row = Row(pk, version, status in OPEN)
        by_branch.setdefault(branch_id, []).append(row)
        if channel == Channel.APP:
            by_user.setdefault(user_id, []).append(row)
    return by_branch, by_user
