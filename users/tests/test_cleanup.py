from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from users.models import CustomUser, Role
from users.tests.factories import UserFactory
from users.tokens import start_family

LONG_AGO = timezone.now() - timedelta(days=3)


def stale_user(**values) -> CustomUser:
    return UserFactory(is_verified=False, date_joined=LONG_AGO, **values)


@pytest.mark.django_db
def test_cleanup_deletes_only_unverified_accounts_without_a_trace(capsys):
    stale = stale_user()
    kept = [
        UserFactory(date_joined=LONG_AGO),
        UserFactory(is_verified=False),
        stale_user(is_staff=True),
        stale_user(is_superuser=True),
        stale_user(role=Role.ADMIN),
    ]

    call_command("cleanup_unverified")

    assert capsys.readouterr().out == "Deleted 1 unverified users\n"
    assert not CustomUser.objects.filter(pk=stale.pk).exists()
    assert CustomUser.objects.filter(pk__in=[user.pk for user in kept]).count() == len(kept)


@pytest.mark.django_db
def test_cleanup_only_counts_on_a_dry_run(capsys):
    stale_user()

    call_command("cleanup_unverified", "--dry-run")

    assert capsys.readouterr().out == "Would delete 1 unverified users\n"
    assert CustomUser.objects.count() == 1


@pytest.mark.django_db
def test_cleanup_takes_the_number_of_days():
    stale_user()

    call_command("cleanup_unverified", "--days", "4")

    assert CustomUser.objects.count() == 1


@pytest.mark.parametrize("days", ["-1", "99999999"])
def test_cleanup_refuses_an_impossible_number_of_days(days):
    with pytest.raises(CommandError):
        call_command("cleanup_unverified", f"--days={days}")


def test_clear_expired_deletes_admin_sessions_that_are_over(db):
    for key, days in [("old", -1), ("new", 1)]:
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=days))

    call_command("clear_expired")

    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]


def test_end_sessions_makes_nothing_good_again_after_a_restore(client, user, anonymous):
    """The backup was made before the user signed out everywhere."""
    pair = start_family(user)
    epoch = user.session_epoch
    client.post("/api/token/blacklist/all/")
    CustomUser.objects.filter(pk=user.pk).update(session_epoch=epoch)  # the restore
    was_good = anonymous.post("/api/token/verify/", {"token": pair["access"]}).status_code

    call_command("end_sessions")

    assert was_good == 200
    for token in pair.values():
        assert anonymous.post("/api/token/verify/", {"token": token}).status_code == 401
