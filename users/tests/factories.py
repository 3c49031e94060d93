import time

import factory
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from users.models import CustomUser, Role

PASSWORD = "correct horse battery"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CustomUser
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"user{number}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    is_verified = True

    @classmethod
    def _create(cls, model_class, *args, password=PASSWORD, **values):
        return model_class.objects.create_user(password=password, **values)


class AdminFactory(UserFactory):
    username = factory.Sequence(lambda number: f"admin{number}")
    role = Role.ADMIN


class GuestFactory(UserFactory):
    username = factory.Sequence(lambda number: f"guest-{number}")
    email = ""
    is_verified = False
    is_guest = True

    @classmethod
    def _create(cls, model_class, *args, **values):
        return super()._create(model_class, *args, password=None, **values)


class DeviceFactory(factory.django.DjangoModelFactory):
    """An authenticator app."""

    class Meta:
        model = TOTPDevice

    user = factory.SubFactory(AdminFactory)
    name = "app"


def code_of(device: TOTPDevice, steps: int = 0) -> str:
    """What the app shows now, or so many steps of 30 seconds later."""
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06d}"
