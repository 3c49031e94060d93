from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from CoffeeShop.rest.fields import ModelSerializer
from users.models import CustomUser
from users.names import normalise_username


class PasswordField(serializers.CharField):
    """Spaces count, and hashing never meets more than it needs to."""

    def __init__(self, **kwargs):
        super().__init__(write_only=True, trim_whitespace=False, max_length=128, **kwargs)


class SignInSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=254, help_text="The username or the e-mail address.")
    password = PasswordField()


class PairSerializer(serializers.Serializer):
    access = serializers.CharField(help_text="Goes into `Authorization: Bearer …`; lives for minutes.")
    refresh = serializers.CharField(help_text="Good for one `POST /api/token/refresh/`.")


class RefreshSerializer(serializers.Serializer):
    refresh = serializers.CharField(max_length=4096)


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(max_length=4096)


class RegistrationSerializer(ModelSerializer):
    password = PasswordField()

    class Meta:
        model = CustomUser
        fields = ["id", "username", "email", "password", "role", "is_verified"]
        read_only_fields = ["role", "is_verified"]
        extra_kwargs = {"email": {"required": True, "allow_blank": False}}

    def validate_username(self, value: str) -> str:
        name = normalise_username(value)
        if CustomUser.objects.with_login(name).exists():
            raise serializers.ValidationError(_("A user with that username already exists."), code="unique")
        return name

    def validate_email(self, value: str) -> str:
        email = CustomUser.objects.normalize_email(value)
        if CustomUser.objects.with_login(email).exists():
            raise serializers.ValidationError(_("A user with that e-mail address already exists."), code="unique")
        return email

    def validate(self, attrs: dict) -> dict:
        user = CustomUser(username=attrs["username"], email=attrs["email"])
        try:
            validate_password(attrs["password"], user)
        except ValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from error
        return attrs


class ProfileSerializer(ModelSerializer):
    class Meta:
        model = CustomUser
        fields = [
            "id", "username", "email", "pending_email", "first_name", "last_name",
            "language", "role", "is_verified", "date_joined",
        ]  # fmt: skip
        read_only_fields = ["username", "email", "pending_email", "role", "is_verified", "date_joined"]


class LinkSerializer(serializers.Serializer):
    uid = serializers.RegexField(r"^[A-Za-z0-9_-]+\Z", max_length=64)
    token = serializers.RegexField(r"^[A-Za-z0-9_-]+\Z", max_length=128)
