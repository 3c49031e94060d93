"""Topics and events of live orders: which order changed, to which version. The socket reads the order itself."""

import functools

from django.db import transaction

from orders.models import Channel, Order
from realtime.broker import publish


def topic_of_user(user_id: int) -> str:
    return f"orders.user.{user_id}"


def topic_of_branch(branch_id: int) -> str:
    return f"orders.branch.{branch_id}"


def publish_order(order: Order, *, left_branch_id: int | None = None) -> None:
    """Publish on commit, to the branch (and the one it left) and to the customer. Whatever fails there, it is made."""
    event = {
        "type": "order.changed",
        "order": order.pk,
        "branch": order.branch_id,
        "user": order.user_id,
        "version": order.version,
    }
    topics = [topic_of_branch(branch_id) for branch_id in (order.branch_id, left_branch_id) if branch_id is not None]
    if order.channel == Channel.APP:  # a counter order is nobody's own
        topics.append(topic_of_user(order.user_id))
    transaction.on_commit(functools.partial(publish, event, *topics), robust=True)
