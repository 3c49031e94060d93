"""What `check --deploy` says, and what processes say when they start."""

import json

import pytest
from django.core.checks import run_checks
from django.db import connection

from CoffeeShop import checks
from CoffeeShop.backends import timeouts
from CoffeeShop.tests.test_celery import start

CONSOLE = "django.core.mail.backends.console.EmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def found(**options) -> set[str]:
    return {message.id for message in run_checks(include_deployment_checks=True, **options)}


@pytest.mark.parametrize(
    ("backend", "is_content"), [(SMTP, True), ("django.core.mail.backends.console.EmailBackend", False)]
)
def test_deployment_needs_a_mail_server(settings, backend, is_content):
    settings.MAILER_EMAIL_BACKEND = backend

    assert ("coffeeshop.W002" not in found()) is is_content


@pytest.mark.django_db(transaction=True)
def test_time_outs_that_a_pooler_dropped_are_told(caplog, monkeypatch):
    monkeypatch.setattr(timeouts, "is_told", False)
    options = connection.settings_dict["OPTIONS"]
    connection.close()
    was_content = "coffeeshop.W003" not in found(databases=["default"])
    connection.close()
    monkeypatch.setattr(timeouts, "is_told", False)
    monkeypatch.setitem(options, "options", "-c lock_timeout=0 -c statement_timeout=0")

    with caplog.at_level("WARNING"):
        is_told = "coffeeshop.W003" in found(databases=["default"])
    connection.close()

    assert (was_content, is_told) == (True, True)
    assert "lock_timeout" in caplog.text


@pytest.mark.django_db
def test_worker_logs_as_the_settings_say(monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "json")
    code = (
        "from CoffeeShop.celery import app; app.log.setup(); import logging; logging.getLogger('celery').warning('hi')"
    )

    with start("-c", code, broker="memory://") as process:
        _output, said = process.communicate(timeout=120)

    assert json.loads(said.splitlines()[-1])["message"] == "hi"


@pytest.mark.django_db(transaction=True)
def test_database_that_knows_ascii_only_is_told():
    connection.ensure_connection()
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    ascii_only = connection.copy()
    ascii_only.settings_dict = {**connection.settings_dict, "NAME": f"{connection.settings_dict['NAME']}_ascii"}
    name = connection.ops.quote_name(ascii_only.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        try:
            assert (checks.folds_case(connection), checks.folds_case(ascii_only)) == (True, False)
        finally:
            ascii_only.close()
            cursor.execute(f"DROP DATABASE {name}")
