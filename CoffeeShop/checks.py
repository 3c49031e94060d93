from django.conf import settings
from django.core import checks


def register() -> None:
    checks.register(warn_of_one_process)


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
