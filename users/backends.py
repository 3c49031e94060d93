from django.contrib.auth.backends import ModelBackend

from users.models import CustomUser


class LoginBackend(ModelBackend):
    """Signs in by username or e-mail address; an unknown name costs the time of one hash, as a wrong password does."""

    def authenticate(self, request, username=None, password=None, **kwargs) -> CustomUser | None:
        if username is None or password is None:
            return None
        user = CustomUser.objects.with_login(username).first()
        if user is None:
            CustomUser().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
