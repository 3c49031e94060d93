from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from drf_yasg.utils import swagger_auto_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from users import services, tokens
from users.idempotency import IDEMPOTENCY_KEY, key_of
from users.models import CustomUser
from users.serializers import (
    LinkSerializer,
    PairSerializer,
    ProfileSerializer,
    RefreshSerializer,
    RegistrationSerializer,
    SignInSerializer,
    TokenSerializer,
)


class TokenViewSet(GenericViewSet):
    """Sign in, stay signed in, log out."""

    authentication_classes = []
    permission_classes = [AllowAny]
    serializer_class = SignInSerializer

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'

    def _validated(self) -> dict:
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    @swagger_auto_schema(responses={200: PairSerializer})
    def create(self, request: Request) -> Response:
        """Sign in by username or e-mail address."""
        data = self._validated()
        return Response(services.sign_in(request=request, login=data["username"], password=data["password"]))

    @swagger_auto_schema(manual_parameters=[IDEMPOTENCY_KEY], responses={200: PairSerializer})
    @action(detail=False, methods=["post"], serializer_class=RefreshSerializer)
    def refresh(self, request: Request) -> Response:
        """Trade the refresh token for a new pair; the old one is used up.

        A used token gets `token_rotated` for a few seconds, and `token_reused` after that, which ends the sign-in.
        With an `Idempotency-Key`, a repetition soon after gets the same pair again.
        """
        data = self._validated()
        return Response(tokens.rotate(refresh=data["refresh"], replay_key=key_of(request) or ""))

    @swagger_auto_schema(responses={200: "The token is good."})
    @action(detail=False, methods=["post"], serializer_class=TokenSerializer)
    def verify(self, request: Request) -> Response:
        """Is this token, access or refresh, good?"""
        tokens.check(self._validated()["token"])
        return Response({})

    @swagger_auto_schema(responses={200: "Logged out."})
    @action(detail=False, methods=["post"], serializer_class=RefreshSerializer)
    def blacklist(self, request: Request) -> Response:
        """Log out: this refresh token dies."""
        tokens.end_family(refresh=self._validated()["refresh"])
        return Response({})


@method_decorator(sensitive_post_parameters(), name="dispatch")
class UserViewSet(mixins.CreateModelMixin, GenericViewSet):
    """Accounts."""

    queryset = CustomUser.objects.all()
    serializer_class = RegistrationSerializer
    for_anybody = {"create", "verify"}

    def get_permissions(self) -> list:
        return [AllowAny()] if self.action in self.for_anybody else [IsAuthenticated()]

    def get_authenticators(self) -> list:
        """What needs no token is not hindered by an expired one. Called before `self.action` is known."""
        action = self.request and self.action_map.get(self.request.method.lower())
        return [] if action in self.for_anybody else super().get_authenticators()

    def perform_create(self, serializer: RegistrationSerializer) -> None:
        data = serializer.validated_data
        serializer.instance = services.register_user(
            username=data["username"], email=data["email"], password=data["password"]
        )

    @swagger_auto_schema(responses={200: "The address is verified."})
    @action(detail=False, methods=["post"], serializer_class=LinkSerializer)
    def verify(self, request: Request) -> Response:
        """Confirm an e-mail address with what its mail brought."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.verify_email(**serializer.validated_data)
        return Response({}, status=status.HTTP_200_OK)

    @action(detail=False, methods=["get"], serializer_class=ProfileSerializer)
    def me(self, request: Request) -> Response:
        """Your own profile."""
        return Response(self.get_serializer(request.user).data)

    @me.mapping.patch
    def change_me(self, request: Request) -> Response:
        """Change your own profile."""
        serializer = self.get_serializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)
