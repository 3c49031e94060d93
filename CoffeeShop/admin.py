import logging
from collections.abc import Callable
from functools import wraps
from math import ceil

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView, redirect_to_login
from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError, IntegrityError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, Throttled

from CoffeeShop import reports
from rest.exceptions import Conflict
from users.exceptions import TokenNotValid, WrongCredentials
from users.models import CustomUser
from users.services.passwords import check_credentials, confirm_password, replace_password
from users.tokens import end_all_sessions

logger = logging.getLogger(__name__)


def too_many_if_throttled(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Say with the status, too, what the form could only say in words."""
    wait = getattr(request, "retry_after", None)
    if wait is not None:
        response.status_code, response["Retry-After"] = 429, str(wait)
    return response


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
            self.request.retry_after = ceil(error.wait)
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
        except Throttled as error:
            self.request.retry_after = ceil(error.wait)
            raise ValidationError(str(error.detail)) from error
        except APIException as error:
            raise ValidationError([str(text) for text in error.detail["old_password"]]) from error
        return password

    def save(self, commit: bool = True) -> CustomUser:
        self.user = replace_password(user=self.user, new=self.cleaned_data["new_password1"])
        return self.user


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    template_name = "registration/password_change_form.html"

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: OwnPasswordForm) -> HttpResponse:
        try:
            return super().form_valid(form)
        except TokenNotValid:  # signed out while the password was checked
            return redirect_to_login(self.request.path, reverse("admin:login"))


def in_words(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """No page of the back office fails on what is typed into its address, or because two saved the same at once."""

    @wraps(view)
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if any("\0" in text for name, values in request.GET.lists() for text in (name, *values)):
            raise BadRequest("NUL")
        try:
            return view(request, *args, **kwargs)
        except (IntegrityError, DataError) as error:
            logger.info("conflict", exc_info=error)
            return TemplateResponse(request, "admin/conflict.html", {"title": Conflict.default_detail}, status=409)

    return answer


class ShopAdminSite(admin.AdminSite):
    """The back office: open to whoever `is_admin`, which is the API's definition, too."""

    site_header = site_title = "CoffeeShop"
    index_title = _("Back office")
    login_form = AdministratorLoginForm

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        return super().admin_view(in_words(view), cacheable)

    def get_urls(self) -> list:
        return [path("reports/", self.admin_view(self.reports), name="reports"), *super().get_urls()]

    def reports(self, request: HttpRequest) -> HttpResponse:
        return reports.reports_page(request, self.each_context(request))

    def index(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """What waits and what today brought, before the list of everything there is."""
        found = {"waiting": reports.waiting(), "today": reports.today()}
        return super().index(request, {**found, **(extra_context or {})})

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and getattr(request.user, "is_admin", False)

    def password_change(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        context = {**self.each_context(request), **(extra_context or {})}
        done = reverse("admin:password_change_done", current_app=self.name)
        response = OwnPasswordView.as_view(extra_context=context, success_url=done)(request)
        return too_many_if_throttled(request, response)

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Log out everywhere: the console's token and socket must not outlive the page they were given to."""
        if request.method == "POST" and request.user.is_authenticated:
            end_all_sessions(request.user)
        return super().logout(request, extra_context)

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        response = super().login(request, extra_context)
        return too_many_if_throttled(request, response)
