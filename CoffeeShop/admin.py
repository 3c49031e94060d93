import logging
from collections.abc import Callable
from functools import wraps

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.db import DataError, IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from CoffeeShop import reports
from CoffeeShop.second_factor import SecondFactorPage, led_to_second_factor
from CoffeeShop.signin import AdministratorLoginForm, CodeView, OwnPasswordView, PasswordView, too_many_if_throttled
from rest.exceptions import Conflict
from users.tokens import end_all_sessions

DAILY = ["orders", "products", "support", "promotions", "users"]  # the sections of the first page, by use

logger = logging.getLogger(__name__)


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
        return super().admin_view(in_words(led_to_second_factor(view)), cacheable)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict]:
        """List the apps, those of every day first."""
        apps = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: DAILY.index(app["app_label"]) if app["app_label"] in DAILY else len(DAILY))

    def get_urls(self) -> list:
        return [
            path("reports/", self.admin_view(self.reports), name="reports"),
            path("second-factor/", self.admin_view(self.second_factor), name="second_factor"),
            path("login/code/", self.login_code, name="login_code"),
            *super().get_urls(),
        ]

    def reports(self, request: HttpRequest) -> HttpResponse:
        return reports.reports_page(request, self.each_context(request))

    def index(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Front page: waiting work and today's figures, before the list of all models."""
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
        return self._door(request, PasswordView)

    def login_code(self, request: HttpRequest) -> HttpResponse:
        return self._door(request, CodeView)

    def _door(self, request: HttpRequest, view: type[View]) -> HttpResponse:
        """Sign-in page of the back office: Django's own `login` knows one page only."""
        index = reverse("admin:index", current_app=self.name)
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(index)
        words = {"title": gettext("Log in"), "subtitle": None, "username": request.user.get_username()}
        context = {**self.each_context(request), **words, "app_path": request.get_full_path()}
        request.current_app = self.name
        return too_many_if_throttled(request, view.as_view(extra_context=context, next_page=index)(request))

    def second_factor(self, request: HttpRequest) -> HttpResponse:
        response = SecondFactorPage.as_view(context=self.each_context(request))(request)
        return too_many_if_throttled(request, response)
