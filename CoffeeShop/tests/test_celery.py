import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from rest.tests.servers import server_environment
from users.models import CustomUser
from users.tests.factories import UserFactory

ASK = """
from CoffeeShop.celery import app, run_command
for name in ("flush", "shell", "migrate", "createsuperuser", "", None, ["flush"], "send_queued_mail --loop"):
    try:
        run_command(name)
    except (ValueError, TypeError) as error:
        continue
    raise SystemExit(f"{name} ran")
from CoffeeShop.celery import COMMANDS
assert {entry["args"][0] for entry in app.conf.beat_schedule.values()} == COMMANDS
"""
SEND = "from CoffeeShop.celery import run_command; run_command.delay('cleanup_unverified')"


def start(*arguments: str, broker: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=server_environment(CELERY_BROKER_URL=broker),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.django_db(transaction=True)
def test_worker_runs_a_command_that_came_through_the_broker(redis_url):
    stale = UserFactory(is_verified=False, date_joined=timezone.now() - timedelta(days=3))

    with start("-m", "celery", "-A", "CoffeeShop", "worker", "--pool=solo", broker=redis_url) as worker:
        with start("-c", SEND, broker=redis_url) as sender:
            sender.communicate(timeout=120)
        deadline = time.monotonic() + 120
        while CustomUser.objects.filter(pk=stale.pk).exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        worker.terminate()
        worker.communicate(timeout=120)

    assert sender.returncode == 0
    assert not CustomUser.objects.filter(pk=stale.pk).exists()


@pytest.mark.django_db
def test_celery_without_a_broker_says_so_in_one_sentence():
    with start("-c", "import CoffeeShop.celery", broker="") as process:
        _output, errors = process.communicate(timeout=120)

    assert process.returncode != 0
    assert "Celery needs CELERY_BROKER_URL" in errors.splitlines()[-1]


@pytest.mark.django_db
def test_worker_runs_no_other_commands():
    with start("-c", ASK, broker="memory://") as process:
        _output, errors = process.communicate(timeout=120)

    assert process.returncode == 0, errors
