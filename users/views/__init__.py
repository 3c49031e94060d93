from users.views.accounts import UserViewSet
from users.views.tokens import TokenViewSet

__all__ = ["TokenViewSet", "UserViewSet"]
