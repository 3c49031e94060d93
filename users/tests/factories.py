import factory

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
