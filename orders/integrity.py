"""Integrity checks of orders. Each rule is one statement, so it sees one moment of a shop that sells."""

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import (
    BigIntegerField,
    Count,
    DecimalField,
    Exists,
    F,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    Window,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Lag, Round

from orders.models import Channel, Order, OrderEvent, OrderItem
from orders.placing import OPERATION
from orders.reports.integrity import wrong_sums
from orders.statuses import STAFF_MOVES, UNFINISHED, Status
from products.models import OpenWork, StockMovement
from promotions.models import Redemption, StampEntry
from users.models import IdempotencyRecord

NOTHING = "nothing"  # what a timeline begins after; a NULL would make a comparison neither true nor false


def problems() -> Iterator[str]:
    for order in _wrong_totals().iterator():
        yield f"order {order.pk} costs {order.subtotal_price}, its items {order.of_items}"
    for order in _discounted().iterator():
        if order.total_price != order.subtotal_price - sum(Decimal(one["amount"]) for one in order.discounts):
            yield f"order {order.pk} costs {order.total_price}, not {order.subtotal_price} less its discounts"
    for order in _wrong_shares().iterator():
        yield f"order {order.pk} is {order.subtotal_price - order.total_price} cheaper, its items {order.of_items}"
    for order in _wrong_redemptions().iterator():
        yield f"order {order.pk} is {order.status} and its promo code is not used accordingly"
    for use in _lost_redemptions().iterator():
        yield f"promo code {use.code_id} is used by order {use.order_id}, which is not there"
    for order in _wrong_rewards().iterator():
        yield f"order {order.pk} is {order.status} and its reward is not held, taken or returned accordingly"
    for order in _wrong_statuses().iterator():
        yield f"order {order.pk} is {order.status}, its timeline ends with {order.last_event}"
    for event in _wrong_moves().iterator():
        yield f"order {event.order_id} moved from {event.before} to {event.status}"
    for movement in _wrong_sales().iterator():
        row, taken = movement.branch_product_id, -movement.change
        yield f"order {movement.order_id} took {taken} of stock row {row}, its items say {movement.bought}"
    for item in OrderItem.objects.exclude(made__gte=0, made__lte=F("quantity")).iterator():
        yield f"item {item.pk} of order {item.order_id} has {item.made} cups made of {item.quantity}"
    for order in _wrong_work().iterator():
        yield f"order {order.pk} has {order.left} s to be made, its open work says {order.work}"
    for work in _finished_work().iterator():
        yield f"open work of order {work.order_id}, which has none"
    for order in _wrong_versions().iterator():
        yield f"order {order.pk} has version {order.version}, but {order.lines} lines in its timeline"
    for order in _twice_called().iterator():
        yield f"order {order.pk} waits at branch {order.branch_id} as {order.number}, and so does another"
    for record in _wrong_owners().iterator():
        yield f"key {record.key!r} of user {record.user_id} answers with order {record.order}, which is not theirs"
    yield from wrong_sums()
    for record in _shared_answers().iterator():
        yield f"order {record['order']} answers {record['keys']} keys"


def _wrong_totals() -> QuerySet:
    # Rounded, because SQLite adds floats.
    money = DecimalField(max_digits=16, decimal_places=2)
    of_items = Round(Sum(F("items__unit_price") * F("items__quantity"), output_field=money), precision=2)
    return (
        Order.objects.order_by()
        .annotate(of_items=of_items)
        .exclude(of_items=F("subtotal_price"), of_items__isnull=False)
    )


def _discounted() -> QuerySet:
    """The few whose total is not, by a constraint, what it was before discounts."""
    return Order.objects.order_by().exclude(discounts=[])


def _wrong_shares() -> QuerySet:
    money = DecimalField(max_digits=16, decimal_places=2)
    of_items = Round(Sum("items__discount", output_field=money), precision=2)
    cheaper = Round(F("subtotal_price") - F("total_price"), precision=2)  # 5.19 + 2.6 is not 7.79 in SQLite
    orders = Order.objects.order_by().annotate(of_items=of_items, cheaper=cheaper)
    return orders.exclude(of_items=F("cheaper"), of_items__isnull=False)


def _wrong_redemptions() -> QuerySet:
    """Orders with a code that is not in use by them, or still is though they are cancelled."""
    uses = Redemption.objects.filter(order_id=OuterRef("pk"))
    orders = _discounted().annotate(is_used=Exists(uses.in_use()), is_known=Exists(uses))
    with_code = orders.filter(is_known=True) | orders.exclude(discounts__0__code=None, discounts__1__isnull=True)
    return with_code.exclude(Q(status=Status.CANCELLED, is_used=False) | ~Q(status=Status.CANCELLED) & Q(is_used=True))


def _lost_redemptions() -> QuerySet:
    orders = Order.objects.filter(pk=OuterRef("order_id"))
    return Redemption.objects.in_use().order_by().exclude(Exists(orders))


def _wrong_rewards() -> QuerySet:
    """Orders whose entries of a reward do not end as they did. A card that was closed has no entries."""
    kinds = {
        f"is_{kind}": Exists(StampEntry.objects.filter(order_id=OuterRef("pk"), kind=kind))
        for kind in ("held", "taken", "returned")
    }
    is_right = (
        Q(status=Status.COMPLETED, is_taken=True, is_returned=False)
        | Q(status=Status.CANCELLED, is_taken=False, is_returned=True)
        | (~Q(status__in=[Status.COMPLETED, Status.CANCELLED]) & Q(is_taken=False, is_returned=False))
    )
    return _discounted().annotate(**kinds).filter(is_held=True).exclude(is_right)


def _wrong_statuses() -> QuerySet:
    last = OrderEvent.objects.filter(order=OuterRef("pk")).order_by("-pk").values("status")[:1]
    orders = Order.objects.order_by().annotate(last_event=Subquery(last))
    return orders.exclude(last_event=F("status"), last_event__isnull=False)


def _wrong_moves() -> QuerySet:
    """Lines of timelines that the status table does not lead to; the first is `pending`, at the counter `accepted`."""
    allowed = Q(before=NOTHING, status=Status.PENDING, order__channel=Channel.APP)
    allowed |= Q(before=NOTHING, status=Status.ACCEPTED, order__channel=Channel.COUNTER)
    for before, moves in STAFF_MOVES.items():
        allowed |= Q(before=before, status__in=moves)
    before = Window(Lag("status", default=Value(NOTHING)), partition_by="order", order_by="pk")
    return OrderEvent.objects.order_by().annotate(before=before).exclude(allowed)


def _wrong_sales() -> QuerySet:
    """Stock that orders took, other than what was bought. An order that was deleted took what it gave back."""
    items = OrderItem.objects.filter(order=OuterRef("order_id"), product=OuterRef("branch_product__product"))
    bought = items.order_by().values("product").annotate(total=Sum("quantity")).values("total")
    sold = StockMovement.objects.filter(reason=StockMovement.Reason.SOLD).order_by()
    ordered = sold.filter(order_id__in=Order.objects.order_by().values("pk"))
    return ordered.annotate(bought=Subquery(bought)).exclude(bought=-F("change"), bought__isnull=False)


def _wrong_versions() -> QuerySet:
    """Every line of the timeline but the first is a change, so there are not more of them than versions."""
    orders = Order.objects.order_by().annotate(lines=Count("events"))
    return orders.filter(lines__gt=F("version"))


def _twice_called() -> QuerySet:
    """A number is called out at a branch for one order that waits."""
    others = (
        Order.objects.open().filter(branch=OuterRef("branch"), number=OuterRef("number")).exclude(pk=OuterRef("pk"))
    )
    return Order.objects.open().order_by().filter(Exists(others))


def _placed() -> QuerySet:
    """The keys of placed orders, each with the order that was answered."""
    order = Cast(KeyTextTransform("id", Cast("body", JSONField())), BigIntegerField())
    return IdempotencyRecord.objects.filter(operation=OPERATION, status=201).annotate(order=order)


def _wrong_owners() -> QuerySet:
    owner = Order.objects.filter(pk=OuterRef("order")).values("user")
    # An administrator may have deleted the order since.
    return _placed().annotate(owner=Subquery(owner)).exclude(owner__isnull=True).exclude(owner=F("user"))


def _shared_answers() -> QuerySet:
    return _placed().values("order").annotate(keys=Count("pk")).filter(keys__gt=1)


def _wrong_work() -> QuerySet:
    """Orders whose open work differs from what is left to make, or is due elsewhere or at another time."""
    left = (F("quantity") - F("made")) * F("prep_seconds")
    items = OrderItem.objects.filter(order=OuterRef("pk")).order_by().values("order")
    work = OpenWork.objects.filter(order_id=OuterRef("pk"), branch=OuterRef("branch"), due_at=OuterRef("promised_at"))
    orders = Order.objects.filter(status__in=UNFINISHED, promised_at__isnull=False).order_by()
    return orders.annotate(
        left=Coalesce(Subquery(items.annotate(left=Sum(left)).values("left")), 0),
        work=Coalesce(Subquery(work.values("seconds")), Value(-1)),
    ).exclude(left=F("work"))


def _finished_work() -> QuerySet:
    unfinished = Order.objects.filter(pk=OuterRef("order_id"), status__in=UNFINISHED)
    return OpenWork.objects.exclude(Exists(unfinished))
