"""The page of the back office where administrators set up two-factor sign-in, and what leads them there."""

import re
from base64 import b32encode
from collections.abc import Callable
from functools import wraps

import segno
from django import forms
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from CoffeeShop.signin import refusals_in_words
from users.exceptions import TokenNotValid
from users.models import CustomUser
from users.services import second_factor
from users.services.passwords import confirm_password

KEY = "second_factor_key"  # in the session: of the device that is being set up
PAGES_WITHOUT = {"second_factor", "logout", "password_change", "password_change_done", "jsi18n"}


def led_to_second_factor(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Redirect to setting up a second factor: with ADMIN_OTP_REQUIRED the back office is closed to whoever has none."""

    @wraps(view)
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        is_lacking = getattr(request.user, "lacks_second_factor", False)
        if is_lacking and request.resolver_match.url_name not in PAGES_WITHOUT:
            return HttpResponseRedirect(reverse("admin:second_factor"))
        return view(request, *args, **kwargs)

    return answer


class OwnerForm(forms.Form):
    """Asks for the current password, under the limits that the API has. A subclass says in `act` what is then done."""

    current_password = forms.CharField(
        label=_("Current password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args, request: HttpRequest, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_current_password(self) -> str:
        password, user = self.cleaned_data["current_password"], self.request.user
        with refusals_in_words(self.request):
            confirm_password(request=self.request, user=user, password=password, field="current_password")
        return password

    def act(self) -> tuple[CustomUser, list[str]]:
        """Call the service of the form. Returns the user, and recovery codes to be shown."""
        raise NotImplementedError


class SetUpForm(OwnerForm):
    otp = forms.CharField(
        label=_("Code from the app"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    field_order = ["otp", "current_password"]

    def act(self) -> tuple[CustomUser, list[str]]:
        key = self.request.session.get(KEY, "")
        return second_factor.set_up(user=self.request.user, key=key, code=self.cleaned_data["otp"])


class ChangeForm(OwnerForm):
    """Form of one password and two buttons."""

    action = forms.ChoiceField(choices=[("renew", ""), ("off", "")], widget=forms.HiddenInput)

    def act(self) -> tuple[CustomUser, list[str]]:
        if self.cleaned_data["action"] == "renew":
            return second_factor.renew_recovery_codes(user=self.request.user)
        return second_factor.switch_off(user=self.request.user), []


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SecondFactorPage(View):
    """Off: a QR code and a form that proves that the app has it. On: new recovery codes, and switching off."""

    context: dict = {}

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.is_on = request.user.has_second_factor
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.ask(self.form())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        try:
            return self.act(form) if form.is_valid() else self.ask(form)
        except TokenNotValid:  # signed out while the password was checked
            return redirect_to_login(request.path, reverse("admin:login"))
        except forms.ValidationError as error:
            form.add_error("otp" if "otp" in form.fields else None, error)
            return self.ask(form)

    def form(self, data: dict | None = None) -> OwnerForm:
        return (ChangeForm if self.is_on else SetUpForm)(data, request=self.request)

    def act(self, form: OwnerForm) -> HttpResponse:
        with refusals_in_words(self.request):
            user, codes = form.act()
        self.request.session.pop(KEY, None)
        update_session_auth_hash(self.request, user)  # all other sessions have ended
        if not codes:
            return HttpResponseRedirect(self.request.path)
        return self.page("admin/second_factor_codes.html", codes=codes)

    def ask(self, form: OwnerForm) -> HttpResponse:
        if self.is_on:
            left = self.request.user.recovery_codes.count()
            return self.page("admin/second_factor_on.html", form=form, codes_left=left)
        return self.page("admin/second_factor_set_up.html", form=form, **self.device())

    def device(self) -> dict[str, str]:
        """The same one for as long as the session tries to set it up."""
        device = second_factor.device_for(self.request.user, self.request.session.get(KEY, ""))
        self.request.session[KEY] = device.key
        qr = segno.make(device.config_url, error="m").svg_inline(omitsize=True, dark="#000", light="#fff")
        secret = " ".join(re.findall("....", b32encode(device.bin_key).decode()))
        return {"qr": mark_safe(qr), "secret": secret, "address": device.config_url}  # noqa: S308 - made of squares

    def page(self, template: str, **context) -> HttpResponse:
        title = {"title": _("Two-factor sign-in")}
        return TemplateResponse(self.request, template, {**self.context, **title, **context})
