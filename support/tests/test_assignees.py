"""Whoever stops being staff looks after nobody."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import transaction
from rest_framework.exceptions import ValidationError

from rest.tests.races import in_parallel, overtaken
from support import services
from users.models import CustomUser, Role
from users.services.administration import change_user, remove_user
from users.tests.factories import AdminFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(db) -> CustomUser:
    return AdminFactory(username="vera")


@pytest.fixture
def assigned(conversation, colleague, admin_user):
    return services.change_conversation(conversation_id=conversation.pk, by=admin_user, assignee=colleague)


@pytest.mark.parametrize("change", [{"role": Role.USER}, {"is_active": False}])
def test_assignee_is_taken_off_when_demoted_or_blocked(assigned, colleague, admin_user, change):
    before = assigned.updated_at

    change_user(user_id=colleague.pk, by=admin_user, **change)

    assigned.refresh_from_db()
    assert assigned.assignee is None
    assert assigned.updated_at > before  # which brings it to the consoles


def test_assignee_is_taken_off_when_the_account_is_closed(assigned, colleague, admin_user):
    services.post_message(
        conversation_id=assigned.pk, author=colleague, client_id="7c6a7f7e-5f0e-4b55-9d3a-0c3c1b3b6b10", text="hello"
    )  # so the row stays, without the person

    remove_user(user_id=colleague.pk)

    assigned.refresh_from_db()
    assert assigned.assignee is None


def test_assignee_stays_when_something_else_changes(assigned, colleague, admin_user):
    change_user(user_id=colleague.pk, by=admin_user, is_verified=True)

    assigned.refresh_from_db()
    assert assigned.assignee == colleague


@pytest.fixture
def demote(colleague, admin_user):
    return partial(change_user, user_id=colleague.pk, by=admin_user, role=Role.USER)


@pytest.fixture
def assign(conversation, colleague, admin_user):
    return partial(services.change_conversation, conversation_id=conversation.pk, by=admin_user, assignee=colleague)


@pytest.mark.django_db(transaction=True)
def test_assignment_is_refused_when_a_demotion_overtakes_it(conversation, demote, assign):
    with pytest.raises(ValidationError):
        overtaken(demote, assign)

    conversation.refresh_from_db()
    assert conversation.assignee is None


@pytest.mark.django_db(transaction=True)
def test_demoted_user_is_assigned_without_the_lock(conversation, colleague, demote, assign, monkeypatch):
    monkeypatch.setattr(services, "_require_staff", lambda user: None)

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        demote()
        pool.submit(in_parallel, [assign]).result()

    conversation.refresh_from_db()
    assert conversation.assignee == colleague
