"""The same commands that cron would run, by a clock of our own: `celery -A CoffeeShop worker --beat`."""

import logging.config
import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "CoffeeShop.settings")

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from CoffeeShop.backends import client_timeout
from CoffeeShop.environment import refusing
from CoffeeShop.serviceurls import Sentinels

with refusing():
    if not settings.CELERY_BROKER_URL:
        raise ImproperlyConfigured("Celery needs CELERY_BROKER_URL; without one, run the commands from cron.")

client_timeout.install()
setup_logging.connect(lambda **how: logging.config.dictConfig(settings.LOGGING), weak=False)  # not Celery's own form
broker = settings.CELERY_BROKER_URL
app = Celery("CoffeeShop", broker=broker if isinstance(broker, str) else None)
if isinstance(broker, Sentinels):
    app.conf.update(broker.celery())
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True, timezone="UTC")


COMMANDS = {"send_queued_mail", "cleanup_unverified", "clear_expired"}


@app.task
def run_command(name: str) -> None:
    """Run one of the commands that are scheduled, and no other: whoever reaches the broker may ask."""
    if name not in COMMANDS:
        raise ValueError("This command is not one of the scheduled ones.")
    call_command(name)


app.conf.beat_schedule = {
    # Old calls are void: they would pile up while no worker is there.
    "send_queued_mail": {
        "task": run_command.name,
        "schedule": 10.0,
        "args": ["send_queued_mail"],
        "options": {"expires": 10},
    },
    "cleanup_unverified": {"task": run_command.name, "schedule": crontab("17", "3"), "args": ["cleanup_unverified"]},
    "clear_expired": {"task": run_command.name, "schedule": crontab("27", "3"), "args": ["clear_expired"]},
}
