from math import ceil

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import Throttled

from users.exceptions import WrongCredentials
from users.models import CustomUser
from users.services.passwords import check_credentials


class AdministratorLoginForm(AdminAuthenticationForm):
    """Signs in by the same door as the API, with the same limit on failures."""

    def clean(self) -> dict:
        login, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if login and password:
            self.user_cache = self._check(login, password)
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data

    def confirm_login_allowed(self, user: CustomUser) -> None:
        if not user.is_admin:
            raise self.get_invalid_login_error()

    def _check(self, login: str, password: str) -> CustomUser:
        try:
            return check_credentials(request=self.request, login=login, password=password)
        except WrongCredentials as error:
            raise self.get_invalid_login_error() from error
        except Throttled as error:
            self.request.login_wait = ceil(error.wait)
            raise ValidationError(str(error.detail)) from error


class ShopAdminSite(admin.AdminSite):
    """The back office: open to whoever `is_admin`, which is the API's definition, too."""

    site_header = site_title = "CoffeeShop"
    index_title = _("Back office")
    login_form = AdministratorLoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and getattr(request.user, "is_admin", False)

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        response = super().login(request, extra_context)
        wait = getattr(request, "login_wait", None)
        if wait is not None:
            response.status_code, response["Retry-After"] = 429, str(wait)
        return response
