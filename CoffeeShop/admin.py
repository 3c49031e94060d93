from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class AdministratorLoginForm(AdminAuthenticationForm):
    def confirm_login_allowed(self, user) -> None:
        if not (user.is_active and user.is_admin):
            raise ValidationError(
                self.error_messages["invalid_login"],
                code="invalid_login",
                params={"username": self.username_field.verbose_name},
            )


class ShopAdminSite(admin.AdminSite):
    """The back office: open to whoever `is_admin`, which is the API's definition, too."""

    site_header = site_title = "CoffeeShop"
    index_title = _("Back office")
    login_form = AdministratorLoginForm

    def has_permission(self, request) -> bool:
        return request.user.is_active and getattr(request.user, "is_admin", False)
