import pytest
from django.conf import settings
from rest_framework.test import APIClient

from products.models import Branch
from users.models import CustomUser
from users.tests.factories import AdminFactory, UserFactory
from users.tokens import start_family


def pytest_configure():
    # Argon2 is slow on purpose; what is tested is who may sign in, not how long guessing takes.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


def client_of(user: CustomUser | None) -> APIClient:
    """A client that brings the user's real token, and gets a 500 as a client does."""
    client = APIClient(raise_request_exception=False)
    if user is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_family(user)['access']}")
    return client


@pytest.fixture
def user(db) -> CustomUser:
    return UserFactory(username="anna")


@pytest.fixture
def admin_user(db) -> CustomUser:
    return AdminFactory(username="boss")


@pytest.fixture
def anonymous() -> APIClient:
    return client_of(None)


@pytest.fixture
def client(user) -> APIClient:
    return client_of(user)


@pytest.fixture
def admin_client(admin_user) -> APIClient:
    return client_of(admin_user)


@pytest.fixture
def branch(db) -> Branch:
    """The default branch, which a migration made; tests with real commits have it flushed away."""
    return Branch.objects.get_or_create(slug="main", defaults={"name": "CoffeeShop", "is_default": True})[0]
