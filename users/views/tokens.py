from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework.decorators import action
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from users import exceptions, tokens
from users.authentication import TokenAuthentication
from users.idempotency import IDEMPOTENCY_KEY, key_of
from users.serializers import PairSerializer, RefreshSerializer, SignInSerializer, TokenSerializer
from users.services.passwords import sign_in


@method_decorator([cache_control(no_store=True), sensitive_post_parameters()], name="dispatch")
class TokenViewSet(GenericViewSet):
    """Sign in, stay signed in, log out."""

    authentication_classes = []
    permission_classes = [AllowAny]
    serializer_class = SignInSerializer
    raises = {
        "create": [
            exceptions.WrongCredentials,
            exceptions.OtpRequired,
            exceptions.OtpInvalid,
            exceptions.OtpSetUpRequired,
            Throttled,
        ],
        "refresh": [
            exceptions.TokenNotValid,
            exceptions.TokenRotated,
            exceptions.TokenReused,
            exceptions.OtpSetUpRequired,
        ],
        "verify": [exceptions.TokenNotValid],
        "blacklist": [exceptions.TokenNotValid],
    }

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'

    @swagger_auto_schema(responses={200: PairSerializer})
    def create(self, request: Request) -> Response:
        """Sign in by username or e-mail address. Too many failures for one account from one address: 429.

        An administrator with two-factor sign-in gets 401 `otp_required`; the same body with `otp` signs in, and a wrong
        or used code is 401 `otp_invalid`. Where two-factor sign-in is a must, administrators without it get 401
        `otp_set_up_required`, here and from `refresh/`, until they have set it up in the back office.
        """
        data = self._validated()
        pair = sign_in(request=request, login=data["username"], password=data["password"], code=data.get("otp", ""))
        return Response(pair)

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

    @swagger_auto_schema(request_body=no_body, responses={200: "Logged out everywhere."})
    @action(
        detail=False,
        methods=["post"],
        url_path="blacklist/all",
        authentication_classes=[TokenAuthentication],
        permission_classes=[IsAuthenticated],
    )
    def blacklist_all(self, request: Request) -> Response:
        """Log out everywhere: every token and session of yours ends with its next request."""
        tokens.end_all_sessions(request.user)
        return Response({})

    def _validated(self) -> dict:
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data
