from django.apps import AppConfig


class CartConfig(AppConfig):
    name = "cart"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cart.models import contents_of, favourites_of
        from users.services.export import exported_parts

        exported_parts["cart"] = contents_of
        exported_parts["favourites"] = favourites_of
