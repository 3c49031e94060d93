from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import AccessToken

from users import tokens
from users.models import CustomUser


class TokenAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access>`, as long as the user's session epoch is the token's."""

    def get_validated_token(self, raw_token: bytes) -> AccessToken:
        return tokens.parse(raw_token, AccessToken)

    def get_user(self, validated_token: AccessToken) -> CustomUser:
        return tokens.user_of(validated_token)


class ForgivingAuthentication(TokenAuthentication):
    """Optional authentication for what is public: a good token shows who asks, an expired one is ignored."""

    def authenticate(self, request: Request):
        try:
            return super().authenticate(request)
        except APIException:
            return None
