"""The back office's doors: the password, the code of two-factor sign-in, and the change of one's own password."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from urllib.parse import urlencode

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView, redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, Throttled

from rest.exceptions import Unavailable
from users.exceptions import TokenNotValid, WrongCredentials
from users.models import CustomUser
from users.services.passwords import check_credentials, check_second_factor, confirm_password, replace_password

FIRST_STEP = "first_step_of_sign_in"  # in the session: who knew the password, in which epoch, and when
CODE_SECONDS = 10 * 60  # so long the password's answer is good


def too_many_if_throttled(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Say with the status, too, what the form could only say in words."""
    wait = getattr(request, "retry_after", None)
    if wait is not None:
        response.status_code, response["Retry-After"] = 429, str(wait)
    return response


@contextmanager
def refusals_in_words(request: HttpRequest) -> Iterator[None]:
    """Convert a service's refusal into an error of the form, but for what no form can mend."""
    try:
        yield
    except (Unavailable, TokenNotValid):
        raise
    except Throttled as error:
        request.retry_after = ceil(error.wait)
        raise ValidationError(str(error.detail)) from error
    except APIException as error:
        texts = next(iter(error.detail.values())) if isinstance(error.detail, dict) else [error.detail]
        raise ValidationError([str(text) for text in texts]) from error


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
            with refusals_in_words(self.request):
                return check_credentials(request=self.request, login=login, password=password)
        except ValidationError as error:
            if isinstance(error.__cause__, WrongCredentials):
                raise self.get_invalid_login_error() from error
            raise


class PasswordView(LoginView):
    """Signs in whoever has no second factor; the others go on to the page that asks for the code."""

    template_name = "admin/login.html"
    authentication_form = AdministratorLoginForm

    def form_valid(self, form: AdministratorLoginForm) -> HttpResponse:
        user = form.get_user()
        if not user.has_second_factor:
            return super().form_valid(form)
        self.request.session.cycle_key()
        self.request.session[FIRST_STEP] = [user.pk, user.session_epoch, int(time.time())]
        query = urlencode({self.redirect_field_name: self.get_success_url()})
        return HttpResponseRedirect(f"{reverse('admin:login_code')}?{query}")


def who_knew_the_password(request: HttpRequest) -> CustomUser | None:
    """User who has passed the first step; nobody when it is too long ago or all sessions of theirs have ended since."""
    user_id, epoch, at = request.session.get(FIRST_STEP, (0, 0, 0))
    if time.time() - at > CODE_SECONDS:
        return None
    return CustomUser.objects.active().filter(pk=user_id, session_epoch=epoch).first()


class CodeForm(forms.Form):
    """The second step: under the limits of the first, and for its user alone."""

    otp = forms.CharField(
        label=_("Code"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "autofocus": True}),
    )

    def __init__(self, *args, request: HttpRequest, user: CustomUser, **kwargs):
        super().__init__(*args, **kwargs)
        self.request, self.user = request, user

    def clean_otp(self) -> str:
        code = self.cleaned_data["otp"]
        with refusals_in_words(self.request):
            check_second_factor(request=self.request, user=self.user, code=code)
        return code

    def get_user(self) -> CustomUser:
        return self.user


class CodeView(LoginView):
    template_name = "admin/login_code.html"
    authentication_form = CodeForm

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.user = who_knew_the_password(request)
        if self.user is None:
            return redirect_to_login(self.get_success_url(), reverse("admin:login"))
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict:
        return {**super().get_form_kwargs(), "user": self.user}

    def form_valid(self, form: CodeForm) -> HttpResponse:
        response = super().form_valid(form)
        self.request.session.pop(FIRST_STEP, None)
        return response


class OwnPasswordForm(AdminPasswordChangeForm):
    """Changes one's own password under the limits and with the consequences that the API has."""

    def __init__(self, *args, request: HttpRequest, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        password = self.cleaned_data["old_password"]
        with refusals_in_words(self.request):
            confirm_password(request=self.request, user=self.user, password=password, field="old_password")
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
