from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "support"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from support import limits, server  # Daphne's own app has chosen the event loop by now

        limits.require_known_limits()
        server.install()
