from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters
from drf_yasg.utils import swagger_auto_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from rest.bodies import validated
from users import exceptions, limits
from users.filters import UserFilter
from users.models import CustomUser
from users.permissions import IsAdmin
from users.serializers import (
    AccountSerializer,
    ChangeAccountSerializer,
    ChangePasswordSerializer,
    ChangeProfileSerializer,
    ClaimSerializer,
    CloseAccountSerializer,
    EmailSerializer,
    GuestSerializer,
    LinkSerializer,
    NewGuestSerializer,
    PairSerializer,
    ProfileSerializer,
    RegisteredSerializer,
    RegistrationSerializer,
    ResetSerializer,
)
from users.services import accounts, administration, passwords
from users.services.export import export_of

FOR_ANYBODY = {"create", "guest", "verify", "resend", "reset", "confirm_reset"}
FOR_ONESELF = {"me", "change_me", "close_me", "export", "claim", "change_password"}


@method_decorator([cache_control(no_store=True), sensitive_post_parameters()], name="dispatch")
class UserViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """Your own account, and for administrators all of them."""

    queryset = CustomUser.objects.order_by("pk")
    serializer_class = AccountSerializer
    filterset_class = UserFilter
    raises = {
        "create": [Throttled],
        "guest": [Throttled],
        "claim": [Throttled, exceptions.NotAGuest],
        "partial_update": [
            exceptions.LastAdmin,
            exceptions.RoleFixed,
            exceptions.AccountClosed,
            exceptions.GuestAccount,
        ],
        "destroy": [exceptions.LastAdmin],
        "change_me": [Throttled, exceptions.GuestAccount],
        "close_me": [Throttled, exceptions.LastAdmin],
        "change_password": [Throttled, exceptions.GuestAccount, exceptions.OtpSetUpRequired],
        "verify": [exceptions.LinkNotValid, exceptions.AddressTaken],
        "confirm_reset": [exceptions.LinkNotValid],
    }
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def get_permissions(self) -> list:
        if self.action in FOR_ANYBODY:
            return [AllowAny()]
        return [IsAuthenticated()] if self.action in FOR_ONESELF else [IsAdmin()]

    def get_authenticators(self) -> list:
        """No authentication where none is needed: an expired token hinders nothing there. Called before `self.action`
        is known.
        """
        action = self.request and self.action_map.get(self.request.method.lower())
        return [] if action in FOR_ANYBODY else super().get_authenticators()

    # --- Administrators

    @swagger_auto_schema(request_body=ChangeAccountSerializer, responses={200: AccountSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Set the role, block, or believe an address. A new role or a block ends all sessions of the user.

        The last active administrator remains one (409 `last_admin`); a superuser's role is fixed (409 `role_fixed`).
        """
        changes = validated(request, ChangeAccountSerializer, partial=True)
        user = administration.change_user(user_id=int(pk), by=request.user, **changes)
        return Response(AccountSerializer(user).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an account. If orders or messages have to stay, they stay without the person."""
        administration.remove_user(user_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    # --- Yourself

    @swagger_auto_schema(responses={200: ProfileSerializer})
    @action(detail=False, methods=["get"], filterset_class=None, pagination_class=None)
    def me(self, request: Request) -> Response:
        """Your own profile."""
        return Response(ProfileSerializer(request.user).data)

    @swagger_auto_schema(request_body=ChangeProfileSerializer, responses={200: ProfileSerializer})
    @me.mapping.patch
    def change_me(self, request: Request) -> Response:
        """Change your own profile. A new address waits as `pending_email` until the e-mail sent there is followed."""
        if accounts.names_new_address(request.user, request.data):
            limits.count_registration(request)
        changes = validated(request, ChangeProfileSerializer, instance=request.user, partial=True)
        user = accounts.change_profile(request=request, user=request.user, **changes)
        return Response(ProfileSerializer(user).data)

    @swagger_auto_schema(request_body=CloseAccountSerializer)
    @me.mapping.delete
    def close_me(self, request: Request) -> Response:
        """Close your account for good. Your orders and messages stay without your name. A guest sends no password."""
        data = validated(request, CloseAccountSerializer, instance=request.user)
        accounts.close_account(request=request, user=request.user, **data)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @swagger_auto_schema(responses={200: "Everything that is yours, by its kind."})
    @action(detail=False, methods=["get"], url_path="me/export", filterset_class=None, pagination_class=None)
    def export(self, request: Request) -> Response:
        """Everything that is yours, as JSON to keep: profile, sign-ins, cart, orders, messages."""
        return Response({"profile": ProfileSerializer(request.user).data, **export_of(request.user)})

    @swagger_auto_schema(request_body=ClaimSerializer, responses={200: ProfileSerializer})
    @action(detail=False, methods=["post"])
    def claim(self, request: Request) -> Response:
        """Turn your guest account into a full one: cart and orders stay, your tokens stay good, an e-mail goes out."""
        limits.count_registration(request)
        # After what is no JSON, and before the fields: to who claims again their own name would be taken.
        if request.data is not None and not request.user.is_guest:
            raise exceptions.NotAGuest
        user = accounts.claim_account(user=request.user, **validated(request, ClaimSerializer))
        return Response(ProfileSerializer(user).data)

    @swagger_auto_schema(request_body=ChangePasswordSerializer, responses={200: PairSerializer})
    @action(detail=False, methods=["post"], url_path="password/change")
    def change_password(self, request: Request) -> Response:
        """Choose a new password. Every other session ends; this one goes on with the pair in the answer."""
        data = validated(request, ChangePasswordSerializer)
        pair = passwords.change_password(
            request=request, user=request.user, current=data["current_password"], new=data["new_password"]
        )
        return Response(pair)

    # --- Anybody

    @swagger_auto_schema(request_body=RegistrationSerializer, responses={201: RegisteredSerializer})
    def create(self, request: Request) -> Response:
        """Register. An e-mail with a link goes to the address."""
        limits.count_registration(request)
        user = accounts.register_user(**validated(request, RegistrationSerializer))
        return Response(RegisteredSerializer(user).data, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(request_body=GuestSerializer, responses={201: NewGuestSerializer})
    @action(detail=False, methods=["post"])
    def guest(self, request: Request) -> Response:
        """Begin as a guest: an account without address and password, which can do what a customer can.

        Its tokens are the only way in. `claim` makes it a full account.
        """
        limits.count_registration(request)
        data = validated(request, GuestSerializer)
        guest, pair = accounts.create_guest(name=data.get("first_name", ""), language=data.get("language", ""))
        return Response({"user": ProfileSerializer(guest).data, **pair}, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(request_body=LinkSerializer, responses={200: "The address is verified."})
    @action(detail=False, methods=["post"])
    def verify(self, request: Request) -> Response:
        """Confirm an e-mail address with what its e-mail brought."""
        accounts.verify_email(**validated(request, LinkSerializer))
        return Response({})

    @swagger_auto_schema(request_body=EmailSerializer, responses={202: "If the address waits, an e-mail follows."})
    @action(detail=False, methods=["post"], url_path="verify/resend")
    def resend(self, request: Request) -> Response:
        """Send the verification e-mail again. The answer does not tell whether the address is known."""
        accounts.resend_verification(**validated(request, EmailSerializer))
        return Response({}, status=status.HTTP_202_ACCEPTED)

    @swagger_auto_schema(request_body=EmailSerializer, responses={202: "If the address is known, an e-mail follows."})
    @action(detail=False, methods=["post"], url_path="password/reset")
    def reset(self, request: Request) -> Response:
        """Ask for an e-mail that leads to a new password. The answer does not tell whether the address is known."""
        passwords.request_reset(**validated(request, EmailSerializer))
        return Response({}, status=status.HTTP_202_ACCEPTED)

    @swagger_auto_schema(request_body=ResetSerializer, responses={200: "The password is changed."})
    @action(detail=False, methods=["post"], url_path="password/reset/confirm")
    def confirm_reset(self, request: Request) -> Response:
        """Choose a new password with what the e-mail brought. Every session ends."""
        data = validated(request, ResetSerializer)
        passwords.reset_password(uid=data["uid"], token=data["token"], new=data["new_password"])
        return Response({})
