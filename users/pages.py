"""Pages behind the links in our e-mails, so that everything works without a front end.

Only the button acts: mail scanners follow links, too.
"""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.exceptions import ValidationError

from users.exceptions import AddressTaken, LinkNotValid
from users.services.accounts import verify_email
from users.services.passwords import reset_password


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class LinkPage(View):
    """A question with a button; pressing it acts with the `uid` and `token` of the address."""

    form_class: type[forms.Form] = forms.Form

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.ask(self.form_class())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self.ask(form, status=400)
        try:
            self.act(request.GET.get("uid", ""), request.GET.get("token", ""), **form.cleaned_data)
        except (LinkNotValid, AddressTaken) as error:
            return render(request, "users/page.html", {"message": error.detail}, status=error.status_code)
        except ValidationError as error:
            for field, texts in error.detail.items():
                form.add_error(field, texts)
            return self.ask(form, status=400)
        return render(request, "users/page.html", {"message": self.done})

    def ask(self, form: forms.Form, status: int = 200) -> HttpResponse:
        context = {"form": form, "question": self.question, "button": self.button}
        return render(self.request, "users/page.html", context, status=status)


class VerifyPage(LinkPage):
    question = _("Is this your e-mail address?")
    button = _("Yes, confirm it")
    done = _("Thank you. Your e-mail address is confirmed.")

    def act(self, uid: str, token: str) -> None:
        verify_email(uid=uid, token=token)


class NewPasswordForm(forms.Form):
    new_password = forms.CharField(
        label=_("New password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class ResetPage(LinkPage):
    form_class = NewPasswordForm
    question = ""
    button = _("Set the new password")
    done = _("Your password is changed. You can sign in with it now.")

    def act(self, uid: str, token: str, new_password: str) -> None:
        reset_password(uid=uid, token=token, new=new_password)
