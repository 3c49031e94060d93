from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class CoffeeShopConfig(AppConfig):
    name = "CoffeeShop"
    verbose_name = _("E-mail")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from CoffeeShop import checks
        from CoffeeShop.backends import read_only, sqlite, timeouts
        from CoffeeShop.monitoring import logs
        from CoffeeShop.serving import daphne_websocket  # Daphne's own app has chosen the event loop by now

        checks.register()
        daphne_websocket.install()
        connection_created.connect(sqlite.teach_unicode)
        connection_created.connect(read_only.watch)
        connection_created.connect(timeouts.warn_if_missing)
        connection_created.connect(logs.watch_queries)


class ShopAdminConfig(AdminConfig):
    default_site = "CoffeeShop.admin.ShopAdminSite"

    def ready(self):
        """Hide models from the back office: e-mails hold links that open accounts, devices hold secrets, groups would
        hand out power, too. Of the mail queue there is a page without texts.
        """
        super().ready()
        from django.contrib import admin
        from django.contrib.auth.models import Group
        from django_otp.plugins.otp_totp.models import TOTPDevice
        from mailer.models import DontSendEntry, Message, MessageLog

        from CoffeeShop.mailqueue import QueuedMailAdmin
        from CoffeeShop.models import QueuedMail

        admin.site.unregister([Group, TOTPDevice, DontSendEntry, Message, MessageLog])
        admin.site.register(QueuedMail, QueuedMailAdmin)
