from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from orders.leaving import forget_customer, orders_of
        from users.services.export import exported_parts
        from users.services.leaving import on_leaving

        on_leaving.append(forget_customer)
        exported_parts["orders"] = orders_of
