from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "support"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from support.services import unassign
        from users.services.administration import on_leaving_administration

        on_leaving_administration.append(unassign)
