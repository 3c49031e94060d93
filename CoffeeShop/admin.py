from math import ceil

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, Throttled

from users.exceptions import WrongCredentials
from users.models import CustomUser
from users.services.passwords import check_credentials, confirm_password
from users.tokens import end_all_sessions


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


class OwnPasswordForm(AdminPasswordChangeForm):
    """Changes one's own password under the limits and with the consequences that the API has."""

    def __init__(self, *args, request: HttpRequest, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        password = self.cleaned_data["old_password"]
        try:
            confirm_password(request=self.request, user=self.user, password=password, field="old_password")
        except APIException as error:
            detail = error.detail["old_password"] if isinstance(error.detail, dict) else [error.detail]
            raise ValidationError([str(text) for text in detail]) from error
        return password

    def save(self, commit: bool = True) -> CustomUser:
        user = super().save(commit)
        end_all_sessions(user)
        return user


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    template_name = "registration/password_change_form.html"

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "request": self.request}


class ShopAdminSite(admin.AdminSite):
    """The back office: open to whoever `is_admin`, which is the API's definition, too."""

    site_header = site_title = "CoffeeShop"
    index_title = _("Back office")
    login_form = AdministratorLoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and getattr(request.user, "is_admin", False)

    def password_change(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        context = {**self.each_context(request), **(extra_context or {})}
        done = reverse("admin:password_change_done", current_app=self.name)
        return OwnPasswordView.as_view(extra_context=context, success_url=done)(request)

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        response = super().login(request, extra_context)
        wait = getattr(request, "login_wait", None)
        if wait is not None:
            response.status_code, response["Retry-After"] = 429, str(wait)
        return response
