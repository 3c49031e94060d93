from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CartConfig(AppConfig):
    name = "cart"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Carts")

    def ready(self) -> None:
        from cart.models import contents_of, favourites_of
        from users.services.export import exported_parts

        exported_parts["cart"] = contents_of
        exported_parts["favourites"] = favourites_of
