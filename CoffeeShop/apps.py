from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.backends.signals import connection_created


class CoffeeShopConfig(AppConfig):
    name = "CoffeeShop"

    def ready(self):
        from CoffeeShop import checks, sqlite

        checks.register()
        connection_created.connect(sqlite.teach_unicode)


class ShopAdminConfig(AdminConfig):
    default_site = "CoffeeShop.admin.ShopAdminSite"
