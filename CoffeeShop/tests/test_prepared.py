from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from orders.models import OrderItem
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
def test_value_that_does_not_reach_the_database_as_it_is_given_is_a_mistake():
    prepared = Prepared(lambda user_id: CustomUser.objects.filter(pk=user_id + 1), user_id=int)

    with pytest.raises(TypeError, match="user_id"):
        prepared(user_id=1)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="elsewhere nothing is translated")
@pytest.mark.parametrize(
    "build",
    [
        lambda user_id: TokenFamily.objects.select_related("user").filter(user=user_id),
        lambda user_id: OrderItem.objects.filter(order__user=user_id),  # with a JSON field
    ],
)
def test_rows_that_the_database_gives_otherwise_than_django_are_a_mistake(build):
    with pytest.raises(TypeError, match="as the database gives them"):
        Prepared(build, user_id=int)(user_id=1)
