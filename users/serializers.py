from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from rest.fields import CharField, EmailField, ModelSerializer, RegexField, TextMixin
from users import addresses
from users.exceptions import GuestAccount
from users.models import CustomUser, CustomUserQuerySet
from users.names import normalise_username, validate_visible


class AddressField(EmailField):
    """An e-mail address, its domain in either form; it becomes the one that is stored."""

    def __init__(self, **kwargs):
        super().__init__(max_length=addresses.LENGTH, **kwargs)
        self.validators = [check for check in self.validators if not isinstance(check, EmailValidator)]

    def to_internal_value(self, data: object) -> str:
        return addresses.normalise_email(super().to_internal_value(data))


def free_address(address: str, others: CustomUserQuerySet) -> str:
    """Raises ValidationError when one of the others has it."""
    if others.with_login(address).exists():
        raise serializers.ValidationError(_("A user with that e-mail address already exists."), code="unique")
    return address


class PasswordField(CharField):
    """Spaces count, and hashing never meets more than it needs to."""

    def __init__(self, **kwargs):
        super().__init__(write_only=True, trim_whitespace=False, max_length=128, **kwargs)


class PersonSerializer(ModelSerializer):
    """Person whom something concerns."""

    class Meta:
        model = CustomUser
        fields = ["id", "username"]


class LoginField(TextMixin, serializers.CharField):
    """Login as it was typed: NFC would turn the Kelvin sign into a plain K, and so a look-alike into somebody's
    address.
    """


class SignInSerializer(serializers.Serializer):
    username = LoginField(max_length=254, help_text="The username or the e-mail address.")
    password = PasswordField()
    otp = CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        help_text="After 401 `otp_required`: the six digits of the authenticator app, or a recovery code.",
    )


class PairSerializer(serializers.Serializer):
    access = serializers.CharField(help_text="Goes into `Authorization: Bearer …`; lives for minutes.")
    refresh = serializers.CharField(help_text="Good for one `POST /api/token/refresh/`.")


class RefreshSerializer(serializers.Serializer):
    refresh = CharField(max_length=4096)


class TokenSerializer(serializers.Serializer):
    token = CharField(max_length=4096)


class RegisteredSerializer(ModelSerializer):
    class Meta:
        model = CustomUser
        fields = ["id", "username", "email", "role", "is_verified"]
        read_only_fields = fields


class NewPersonSerializer(ModelSerializer):
    """Name, address and password of a new account."""

    email = AddressField()
    password = PasswordField()

    class Meta:
        model = CustomUser
        fields = ["username", "email", "password"]

    def validate_username(self, value: str) -> str:
        name = normalise_username(value)
        if CustomUser.objects.with_login(name).exists():
            raise serializers.ValidationError(_("A user with that username already exists."), code="unique")
        return name

    def validate_email(self, value: str) -> str:
        return free_address(value, CustomUser.objects.all())

    def validate(self, attrs: dict) -> dict:
        user = CustomUser(username=attrs["username"], email=attrs["email"])
        try:
            validate_password(attrs["password"], user)
        except ValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from error
        return attrs


class ClaimSerializer(NewPersonSerializer):
    """Name, address and password that make a guest a full account."""


class RegistrationSerializer(NewPersonSerializer):
    class Meta(NewPersonSerializer.Meta):
        fields = [*NewPersonSerializer.Meta.fields, "first_name", "language"]
        extra_kwargs = {"first_name": {"validators": [validate_visible]}}


class GuestSerializer(ModelSerializer):
    name = CharField(
        source="first_name",
        max_length=150,
        required=False,
        allow_blank=True,
        validators=[validate_visible],
        help_text="What to call out when an order is ready.",
    )

    class Meta:
        model = CustomUser
        fields = ["name", "language"]


class ProfileSerializer(ModelSerializer):
    class Meta:
        model = CustomUser
        fields = [
            "id", "username", "email", "pending_email", "first_name", "last_name",
            "language", "role", "is_verified", "is_guest", "date_joined",
        ]  # fmt: skip
        read_only_fields = fields


class NewGuestSerializer(PairSerializer):
    user = ProfileSerializer()


class ChangeProfileSerializer(ModelSerializer):
    """A new `email` needs `current_password`, and waits as `pending_email` until it is confirmed."""

    email = AddressField(required=False)
    current_password = PasswordField(required=False)

    class Meta:
        model = CustomUser
        fields = ["email", "first_name", "last_name", "language", "current_password"]
        extra_kwargs = {
            "first_name": {"validators": [validate_visible]},
            "last_name": {"validators": [validate_visible]},
        }

    def validate_email(self, value: str) -> str:
        if self.instance.is_guest:
            raise GuestAccount
        return free_address(value, CustomUser.objects.exclude(pk=self.instance.pk))

    def validate(self, attrs: dict) -> dict:
        is_new = "email" in attrs and addresses.email_key(attrs["email"]) != self.instance.email_key
        if is_new and "current_password" not in attrs:
            raise serializers.ValidationError({"current_password": [_("A new address needs your password.")]})
        return attrs


class AccountSerializer(ModelSerializer):
    """An account, as administrators see it. Your own `role`, `is_verified` and `is_active` are left as they are."""

    class Meta:
        model = CustomUser
        fields = [
            "id", "username", "email", "pending_email", "first_name", "last_name", "language",
            "role", "is_verified", "is_active", "is_guest", "is_superuser", "date_joined", "last_login",
        ]  # fmt: skip
        read_only_fields = [name for name in fields if name not in {"role", "is_verified", "is_active"}]


class ChangeAccountSerializer(ModelSerializer):
    class Meta:
        model = CustomUser
        fields = ["role", "is_verified", "is_active"]


class EmailSerializer(serializers.Serializer):
    email = AddressField()


class LinkSerializer(serializers.Serializer):
    uid = RegexField(r"^[A-Za-z0-9_-]+\Z", max_length=64)
    token = RegexField(r"^[A-Za-z0-9_-]+\Z", max_length=128)


class ResetSerializer(LinkSerializer):
    new_password = PasswordField()


class ChangePasswordSerializer(serializers.Serializer):
    current_password = PasswordField()
    new_password = PasswordField()


class CloseAccountSerializer(serializers.Serializer):
    """A guest, who has no password, sends none."""

    password = PasswordField(required=False)

    def validate(self, attrs: dict) -> dict:
        if "password" not in attrs and not self.instance.is_guest:
            raise serializers.ValidationError({"password": [self.fields["password"].error_messages["required"]]})
        return attrs
