from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportConfig(AppConfig):
    name = "support"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Support chat")

    def ready(self) -> None:
        from support.serializers import messages_of
        from support.services import unassign
        from users.services.administration import on_leaving_administration
        from users.services.export import exported_parts

        on_leaving_administration.append(unassign)
        exported_parts["messages"] = messages_of
