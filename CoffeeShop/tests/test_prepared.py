from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from orders.models import OrderItem
from orders.tests.factories import OrderFactory
from rest.prepared import Prepared
from users.models import CustomUser, TokenFamily
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def joined_before(*, user_id: int, moment: datetime):
    return CustomUser.objects.active().filter(pk=user_id, date_joined__lt=moment)


def test_each_call_gets_the_rows_of_its_own_values():
    prepared = Prepared(joined_before, user_id=int, moment=datetime)
    anna, boris = UserFactory.create_batch(2)
    later, earlier = datetime.now(UTC) + timedelta(days=1), datetime.now(UTC) - timedelta(days=1)

    found = [
        list(prepared(user_id=user.pk, moment=at)) for user, at in [(anna, later), (boris, later), (boris, earlier)]
    ]

    assert found == [[anna], [boris], []]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="elsewhere nothing is translated")
def test_value_is_refused_when_it_reaches_the_database_changed():
    prepared = Prepared(lambda user_id: CustomUser.objects.filter(pk=user_id + 1), user_id=int)

    with pytest.raises(TypeError, match="user_id"):
        prepared(user_id=1)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_list_of_ids_is_one_value(number):
    users = UserFactory.create_batch(3)
    prepared = Prepared(lambda ids: CustomUser.objects.filter(pk__in=ids).order_by("pk"), ids=list)

    assert prepared(ids=[user.pk for user in users[:number]]) == users[:number]


@pytest.mark.parametrize("as_tuples", [False, True])
def test_json_comes_as_what_was_stored(branch, as_tuples):
    order = OrderFactory()
    order.items.update(options=[{"name": "Овсяное"}])
    rows = OrderItem.objects.values_list("options") if as_tuples else OrderItem.objects.all()
    prepared = Prepared(lambda order_id: rows.filter(order=order_id), order_id=int)

    (row,) = prepared(order_id=order.pk)

    assert (row[0] if as_tuples else row.options) == [{"name": "Овсяное"}]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="elsewhere nothing is translated")
def test_rows_of_two_models_are_a_mistake():
    with pytest.raises(TypeError, match="of one model"):
        Prepared(lambda user_id: TokenFamily.objects.select_related("user").filter(user=user_id), user_id=int)(
            user_id=1
        )
