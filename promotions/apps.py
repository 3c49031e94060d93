from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PromotionsConfig(AppConfig):
    name = "promotions"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Promotions")

    def ready(self) -> None:
        from promotions.services import promo_codes_of, stamps_of
        from users.services.export import exported_parts

        exported_parts["promo_codes"] = promo_codes_of
        exported_parts["stamps"] = stamps_of
