from django.conf import settings
from django.core import checks
from django.db import connections

from CoffeeShop.backends import timeouts


def register() -> None:
    checks.register(warn_of_one_process)
    checks.register(warn_of_printed_mail, deploy=True)
    checks.register(warn_of_missing_timeouts, checks.Tags.database, deploy=True)
    checks.register(warn_of_ascii_locale, checks.Tags.database)


def warn_of_one_process(app_configs, **kwargs) -> list[checks.CheckMessage]:
    if settings.IS_SQLITE or settings.REDIS_URL:
        return []
    return [
        checks.Warning(
            "PostgreSQL without REDIS_URL is good for one process only: "
            "a second one would not see chat messages and catalogue changes at once.",
            hint="Set REDIS_URL, or run a single process.",
            id="coffeeshop.W001",
        )
    ]


def warn_of_printed_mail(app_configs, **kwargs) -> list[checks.CheckMessage]:
    if "smtp" in settings.MAILER_EMAIL_BACKEND:
        return []
    return [
        checks.Warning(
            "E-mails reach nobody: without EMAIL_URL they are printed, with the links that open accounts.",
            hint="Set EMAIL_URL, such as smtp+tls://user:password@mail.example:587.",
            id="coffeeshop.W002",
        )
    ]


def warn_of_missing_timeouts(app_configs, databases=None, **kwargs) -> list[checks.CheckMessage]:
    missing = [name for alias in databases or [] for name in timeouts.missing(connections[alias])]
    if not missing:
        return []
    hint = "Behind a pooler set them for the role, see docs/operations.md."
    return [checks.Warning(timeouts.SENTENCE % ", ".join(missing), hint=hint, id="coffeeshop.W003")]


def warn_of_ascii_locale(app_configs, databases=None, **kwargs) -> list[checks.CheckMessage]:
    """`migrate` runs it, too: the time to make the database anew is before there is anything in it."""
    if all(folds_case(connections[alias]) for alias in databases or []):
        return []
    return [
        checks.Warning(
            "The database's locale knows ASCII only: search would not find «Латте» by «латте».",
            hint="Make it with CREATE DATABASE … TEMPLATE template0 LOCALE 'C.UTF-8', see docs/operations.md.",
            id="coffeeshop.W004",
        )
    ]


def folds_case(connection) -> bool:
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'Латте' ILIKE 'латте'")
        return cursor.fetchone()[0]
