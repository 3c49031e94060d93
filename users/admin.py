from collections.abc import Callable

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException

from users import mails
from users.addresses import normalise_email
from users.backoffice import KeptAdmin, ReadOnlyAdmin
from users.models import CustomUser, CustomUserQuerySet, IdempotencyRecord, Role, TokenFamily
from users.names import normalise_username
from users.services.accounts import invite_user
from users.services.administration import change_user, remove_user

INVITED = ["username", "email", "first_name", "last_name", "language"]


class InvitationForm(ModelForm):
    """A new account, without a password: the e-mail leads its owner to one."""

    class Meta:
        model = CustomUser
        fields = INVITED

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True

    def clean_username(self) -> str:
        return normalise_username(self.cleaned_data["username"])

    def clean_email(self) -> str:
        address = normalise_email(self.cleaned_data["email"])
        if CustomUser.objects.with_login(address).exists():
            raise ValidationError(_("A user with that e-mail address already exists."), code="unique")
        return address


@admin.register(CustomUser)
class CustomUserAdmin(KeptAdmin):
    """People choose their own passwords, whoever adds them; power is given and taken by actions only."""

    list_display = ["username", "email", "role", "is_verified", "is_active", "date_joined"]
    list_filter = ["role", "is_verified", "is_active", "is_guest", "language"]
    search_fields = ["username", "email", "first_name", "last_name"]
    date_hierarchy = "date_joined"
    ordering = ["-date_joined"]
    actions = ["verify", "block", "unblock", "make_administrator", "make_user", "resend", "send_reset", "close"]
    readonly_fields = [
        "username", "email", "pending_email", "role", "is_superuser", "is_verified", "is_active", "is_guest",
        "last_login", "date_joined",
    ]  # fmt: skip
    fieldsets = [
        (None, {"fields": ["username", "email", "pending_email"]}),
        (_("Personal info"), {"fields": ["first_name", "last_name", "language"]}),
        (_("Permissions"), {"fields": ["role", "is_superuser", "is_verified", "is_active", "is_guest"]}),
        (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def get_form(self, request: HttpRequest, obj: CustomUser | None = None, **options) -> type[ModelForm]:
        return super().get_form(request, obj, **({"form": InvitationForm} if obj is None else {}), **options)

    def get_fieldsets(self, request: HttpRequest, obj: CustomUser | None = None) -> list:
        return [(None, {"fields": INVITED})] if obj is None else super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: CustomUser | None = None) -> list[str]:
        return [] if obj is None else super().get_readonly_fields(request, obj)

    def find(self, request: HttpRequest, rows: CustomUserQuerySet, words: str) -> tuple[CustomUserQuerySet, bool]:
        return rows.matching(words.split()), False

    def save_model(self, request: HttpRequest, obj: CustomUser, form: ModelForm, change: bool) -> None:
        if change:
            obj.save(update_fields=form.changed_data)  # the whole row would take back a password changed meanwhile
        else:
            invite_user(obj)

    @admin.action(description=_("Believe the e-mail address"))
    def verify(self, request: HttpRequest, users: QuerySet) -> None:
        self._change(request, users, is_verified=True)

    @admin.action(description=_("Block, and end all sessions"))
    def block(self, request: HttpRequest, users: QuerySet) -> None:
        self._change(request, users, is_active=False)

    @admin.action(description=_("Unblock"))
    def unblock(self, request: HttpRequest, users: QuerySet) -> None:
        self._change(request, users, is_active=True)

    @admin.action(description=_("Make an administrator"))
    def make_administrator(self, request: HttpRequest, users: QuerySet) -> None:
        self._change(request, users, role=Role.ADMIN)

    @admin.action(description=_("Make an ordinary user"))
    def make_user(self, request: HttpRequest, users: QuerySet) -> None:
        self._change(request, users, role=Role.USER)

    @admin.action(description=_("Send the verification e-mail again"))
    def resend(self, request: HttpRequest, users: QuerySet) -> None:
        waiting = users.active().filter(is_verified=False, is_guest=False)
        self._each(request, waiting, lambda user: mails.send(mails.verification(user)))

    @admin.action(description=_("Send a link to a new password"))
    def send_reset(self, request: HttpRequest, users: QuerySet) -> None:
        self._each(request, users.active().filter(is_guest=False), lambda user: mails.send(mails.reset(user)))

    @admin.action(description=_("Close the account for good"))
    def close(self, request: HttpRequest, users: QuerySet) -> None:
        self._each(request, users, lambda user: remove_user(user_id=user.pk))

    def _change(self, request: HttpRequest, users: QuerySet, **change) -> None:
        others = users.exclude(pk=request.user.pk)  # nobody changes themselves
        self._each(request, others, lambda user: change_user(user_id=user.pk, by=request.user, **change))

    def _each(self, request: HttpRequest, users: QuerySet, act: Callable[[CustomUser], object]) -> None:
        done = 0
        for user in users:
            try:
                act(user)
                done += 1
            except APIException as error:  # a rule forbids it: say so, and go on with the next
                self.message_user(request, f"{user}: {error.detail}", messages.ERROR)
        self.message_user(request, _("Done for %d accounts.") % done, messages.SUCCESS)


@admin.register(TokenFamily)
class TokenFamilyAdmin(ReadOnlyAdmin):
    list_display = fields = ["user", "created_at", "rotated_at", "expires_at"]
    search_fields = ["user__username"]
    list_select_related = ["user"]


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnlyAdmin):
    list_display = fields = ["user", "operation", "key", "status", "created_at"]
    search_fields = ["user__username", "key"]
    list_select_related = ["user"]
