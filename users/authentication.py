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
