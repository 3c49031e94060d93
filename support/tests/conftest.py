import pytest

from support.models import Conversation
from support.services import open_conversation
from users.models import CustomUser
from users.tests.factories import UserFactory


@pytest.fixture
def conversation(user) -> Conversation:
    return open_conversation(user)[0]


@pytest.fixture
def stranger(db) -> CustomUser:
    return UserFactory(username="boris")
