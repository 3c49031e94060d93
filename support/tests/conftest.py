import pytest
from django.db import connection

from support.models import Conversation
from support.services import open_conversation
from users.models import CustomUser
from users.tests.factories import UserFactory


@pytest.fixture(scope="session", autouse=True)
def short_connections():
    """The sockets' threads outlive the tests; a connection they kept would keep the test database, too."""
    connection.settings_dict["CONN_MAX_AGE"] = 0


@pytest.fixture
def conversation(user) -> Conversation:
    return open_conversation(user)[0]


@pytest.fixture
def stranger(db) -> CustomUser:
    return UserFactory(username="boris")
