"""`ws/orders/`: the live orders of a customer, or the board of a branch, as whole states."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Self

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied

from orders.boards import renew_boards
from orders.events import topic_of_branch, topic_of_user
from orders.live import Row, loader, read_picture, read_rows
from orders.models import Order, OrderQuerySet
from orders.serializers import OrderSerializer, shown_to
from orders.services import mark_seen
from orders.statuses import OPEN
from products.models import Branch, BranchStaff
from realtime.broker import broker
from realtime.connection import CloseCode
from realtime.frames import BadFrame
from realtime.reconcile import reconciler
from realtime.threads import in_database
from rest.fields import MAX_ID, CharField, IntegerField, moment_text
from users.consumers import AuthenticatedConsumer
from users.models import CustomUser
from users.sockets import Identity


class OrdersQuery(serializers.Serializer):
    branch = CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text=_("The slug of a branch whose board it is, for its staff. Without it: your own orders."),
    )


class SeenFrame(serializers.Serializer):
    about = _("A board shows this order.")

    order = IntegerField(min_value=1, max_value=MAX_ID)
    version = IntegerField(min_value=1, max_value=MAX_ID)


class WatcherSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    is_staff = serializers.BooleanField(help_text=_("Whether it is a board."))


class ReadyFrame(serializers.Serializer):
    about = _("You are in: every open order, and those that ended in the last 30 minutes.")

    user = WatcherSerializer()
    branch = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField(help_text=_("The server's time."))
    orders = OrderSerializer(many=True)


class OrderFrame(serializers.Serializer):
    about = _("An order as it is now. Of two pictures the one with the higher `version` is the newer.")

    order = OrderSerializer()


class AliveFrame(serializers.Serializer):
    about = _("Every ten seconds, the proof that nothing is missing: whoever has another number connects again.")

    at = serializers.DateTimeField(help_text=_("The server's time."))
    open = serializers.IntegerField(help_text=_("How many orders are open."))


class OrdersConsumer(AuthenticatedConsumer):
    """Live orders: a customer's own, or the board of a branch for its staff.

    It carries state, not events: an event only says that an order has a new version, and what is sent is the whole
    order as the database has it. Each tick the client is sent what it was not told of, and then the proof.
    """

    about = _("Live orders: a customer's own, or the board of a branch for its staff.")
    subprotocol = "orders.v1"
    query_schema = OrdersQuery
    schemas = {**AuthenticatedConsumer.schemas, "seen": SeenFrame}
    sends = {**AuthenticatedConsumer.sends, "ready": ReadyFrame, "order": OrderFrame, "alive": AliveFrame}
    refusals = (*AuthenticatedConsumer.refusals, NotFound, PermissionDenied)

    def __init__(self):
        super().__init__()
        self.branch: Branch | None = None
        self.staffed: set[str] = set()  # branches whose orders this user may move
        self.sent: dict[int, Row] = {}  # what the client knows

    async def welcome(self) -> None:
        try:
            slug = self.query().get("branch")
        except BadFrame:
            return await self.close(CloseCode.NOT_ALLOWED)
        if slug is not None:
            self.branch = await in_database(_board)(self.user, slug)
            if self.branch is None:
                return await self.close(CloseCode.NOT_ALLOWED)
            self.language = self.branch.language
        # Before the picture is read: what changes meanwhile is told after it.
        broker.subscribe(self.inbox, topic_of_branch(self.branch.pk) if self.branch else topic_of_user(self.user.pk))
        if self.branch is not None:
            await self.renew_boards(reconciler.sockets[type(self)])
        self.staffed = await in_database(_staffed)(self.user)
        states = await in_database(read_picture)(self.orders())
        self.sent = {state["id"]: _row(state) for state in states}
        return await self.send_frame(
            {
                "type": "ready",
                "user": {"id": self.user.pk, "name": self.user.username, "is_staff": self.branch is not None},
                "branch": self.branch and self.branch.slug,
                "at": moment_text(timezone.now()),
                "orders": [self.shown(state) for state in states],
            }
        )

    async def disconnect(self, code: int) -> None:
        if self.branch is not None:
            await self.renew_boards(reconciler.sockets[type(self)] - {self})

    async def renew_boards(self, sockets: Collection[Self]) -> None:
        await in_database(renew_boards)(server=broker.name, branch_ids=_boards(sockets))

    def orders(self) -> OrderQuerySet:
        """The orders this socket is about."""
        if self.branch is not None:
            return Order.objects.filter(branch=self.branch)
        return Order.objects.own(self.user)

    def renew(self, identity: Identity) -> None:
        super().renew(identity)
        self.language = self.branch.language if self.branch is not None else self.user.language

    def shown(self, state: dict) -> dict:
        with override(self.language):
            return shown_to(state, self.user, is_staff=state["branch"] in self.staffed)

    # --- What clients send ------------------------------------------------------------------------------------------

    async def on_seen(self, data: dict) -> None:
        if self.branch is None:
            raise PermissionDenied
        await in_database(mark_seen)(order_id=data["order"], branch=self.branch)

    # --- What is new ------------------------------------------------------------------------------------------------

    async def order_changed(self, event: dict) -> None:
        await self.send_order(event["order"], event["version"])

    async def send_order(self, order_id: int, version: int) -> None:
        """Send the order, unless the client knows this version."""
        known = self.sent.get(order_id)
        if known is not None and known.version >= version:
            return
        state = await loader.load(order_id, version)
        if state is None or (known is not None and state["version"] <= known.version):
            return
        self.sent[order_id] = _row(state)
        await self.send_frame({"type": "order", "order": self.shown(state)})

    @classmethod
    def poll(cls, sockets: Collection[Self], since: datetime) -> dict:
        """Read for reconciling, in a constant number of queries for all sockets; and renew our boards' presence."""
        boards = _boards(sockets)
        renew_boards(server=broker.name, branch_ids=boards)
        customers = {socket.user.pk for socket in sockets if socket.branch is None}
        at = timezone.now()
        by_branch, by_user = read_rows(boards, customers, since)
        return {
            **super().poll(sockets, since),
            "at": moment_text(at),
            "boards": boards,
            "by_branch": by_branch,
            "by_user": by_user,
            "positions": _positions(sockets),
        }

    def concerns(self, event: dict) -> bool:
        """Reconcile every socket: each gets an `alive` frame."""
        return True

    async def reconcile(self, event: dict) -> None:
        await super().reconcile(event)
        if self.branch is not None and self.branch.pk not in event["boards"]:
            return  # when the poll began, this was not known to be a board
        await self.follow_positions(event["positions"].get(self.user.pk, {}))
        if self.is_closing:
            return
        rows = event["by_user"].get(self.user.pk, ())
        if self.branch is not None:
            rows = event["by_branch"].get(self.branch.pk, ())
        await self.send_missed(rows)
        await self.send_frame({"type": "alive", "at": event["at"], "open": sum(row.is_open for row in rows)})

    async def follow_positions(self, held: dict[int, str]) -> None:
        """Close a board whose position is gone. A customer whose positions have changed connects again: orders that
        are known already show other moves and names now.
        """
        if self.user.is_admin:
            return
        has_changed, self.staffed = self.staffed != set(held.values()), set(held.values())
        if self.branch is not None and self.branch.pk not in held:
            await self.close(CloseCode.NOT_ALLOWED)
        elif self.branch is None and has_changed:
            await self.close(CloseCode.RESTARTING)

    async def send_missed(self, rows: Iterable[Row]) -> None:
        """`rows` has every open order. What we told of as open and is not there has gone to another branch."""
        for row in rows:
            await self.send_order(row.pk, row.version)
            known = self.sent.get(row.pk)
            if known is not None and known.version == row.version:
                self.sent[row.pk] = row  # what was placed while somebody looked was taken for gone, see below
        for pk in self.sent.keys() - {row.pk for row in rows}:
            known = self.sent[pk]
            if not known.is_open:
                del self.sent[pk]
                continue
            await self.send_order(known.pk, known.version + 1)
            # Until the next poll: an event of the same change may wait behind this one, and would be told again.
            self.sent[pk] = self.sent[pk]._replace(is_open=False)


def _boards(sockets: Iterable[OrdersConsumer]) -> set[int]:
    return {socket.branch.pk for socket in sockets if socket.branch is not None}


def _positions(sockets: Iterable[OrdersConsumer]) -> dict[int, dict[int, str]]:
    """By user, the branches where they have a position now, by id."""
    positions = BranchStaff.objects.filter(
        user__in={socket.user.pk for socket in sockets}, user__is_active=True, branch__is_active=True
    )
    held: dict[int, dict[int, str]] = {}
    for user_id, branch_id, slug in positions.values_list("user", "branch", "branch__slug"):
        held.setdefault(user_id, {})[branch_id] = slug
    return held


def _row(state: dict) -> Row:
    return Row(state["id"], state["version"], state["status"] in OPEN)


def _board(user: CustomUser, slug: str) -> Branch | None:
    """The branch, if the user works there."""
    return Branch.objects.staffed_by(user).filter(slug=slug).first()


def _staffed(user: CustomUser) -> set[str]:
    return set(Branch.objects.staffed_by(user).values_list("slug", flat=True))
