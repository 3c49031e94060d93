from collections import Counter
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from rest_framework.test import APIClient

from CoffeeShop.tests.described_frames import require_description
from CoffeeShop.tests.flush import flush
from CoffeeShop.tests.nasty import VALUES
from products.models import Branch
from realtime.limits import buckets
from rest.prepared import Prepared
from rest.tests.races import racers
from users.models import CustomUser
from users.tests.factories import AdminFactory, UserFactory
from users.tests.sockets import Socket
from users.tokens import start_family

pytest_plugins = ["rest.tests.servers", "rest.tests.browsers"]


def pytest_configure():
    TransactionTestCase._fixture_teardown = flush
    # Argon2 is slow on purpose; what is tested is who may sign in, not how long guessing takes.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    # Nothing ends or writes by itself while a test looks, and the one customer of many tests orders often.
    settings.TEND_SECONDS = 0
    settings.OPEN_ORDERS = 1000
    Path(settings.BASE_DIR, ".local").mkdir(exist_ok=True)  # where SQLite's test database is
    # Every client starts the middleware anew; static files are looked for when one is asked for, not each time.
    settings.WHITENOISE_AUTOREFRESH = True
    hypothesis.settings.register_profile("shop", deadline=None)  # a busy machine is no failure
    hypothesis.settings.load_profile("shop")


def pytest_collection_modifyitems(items):
    """Pages first, which mostly wait: the others fill the processor meanwhile, and none is waited for at the end."""
    items.sort(key=lambda item: "chromium" not in item.fixturenames)


def pytest_terminal_summary(terminalreporter):
    """How many nasty inputs were tried, in whatever processes."""
    counts = Counter()
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        counts.update(dict(report.user_properties).get("nasty", {}))
    if counts:
        figures = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        terminalreporter.write_line(f"nasty inputs: {figures}, {len(VALUES)} hostile values")


def client_of(user: CustomUser | None) -> APIClient:
    """A client that brings the user's real token, and gets a 500 as a client does."""
    client = APIClient(raise_request_exception=False)
    if user is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_family(user)['access']}")
    return client


@pytest.fixture(scope="session", autouse=True)
def short_connections():
    """The sockets' threads outlive the tests; a connection they kept would keep the test database, too."""
    connection.settings_dict["CONN_MAX_AGE"] = 0


@pytest.fixture(scope="session", autouse=True)
def described_frames():
    """Whatever a test's socket hears has to be as the AsyncAPI document says."""
    Socket.checks.append(require_description)


@pytest.fixture(autouse=True)
def nothing_from_other_tests():
    cache.clear()
    buckets.clear()
    yield
    racers.close()


@pytest.fixture
def untranslated(monkeypatch):
    """Query sets are translated anew for each call, so that a lock which a test takes off is off, in that test only."""
    monkeypatch.setattr(Prepared, "__call__", lambda prepared, **values: list(prepared.build(**values)))


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
    return default_branch()


def default_branch() -> Branch:
    """A migration made it; tests with real commits have it flushed away."""
    return Branch.objects.get_or_create(slug="main", defaults={"name": "CoffeeShop", "is_default": True})[0]
