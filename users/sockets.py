"""Authentication of WebSockets, as ASGI middleware: the origin of the page, and the token it brings."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port
from rest_framework_simplejwt.tokens import AccessToken

from realtime.connection import CloseCode
from realtime.threads import DATABASE_DOWN, in_database
from users import tokens
from users.exceptions import SessionOver, TokenNotValid
from users.models import CustomUser

BEARER = "bearer."  # before the token, among the subprotocols: browsers cannot set a header


class Identity(NamedTuple):
    """User whom a socket speaks for, with the session epoch of its token, and until when in UNIX time."""

    user: CustomUser
    epoch: int
    expires_at: float


class SocketAuthentication:
    """ASGI middleware: puts the `identity` of a good token into the scope, or None when there is no token yet."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if not is_trusted(scope):
            return await send({"type": "websocket.close"})  # before the handshake: a strange page learns nothing
        token = offered_token(scope)
        try:
            identity = None if token is None else await identify(token)
        except TokenNotValid as error:
            return await refuse(scope, receive, send, close_code_of(error))
        except DATABASE_DOWN:
            return await refuse(scope, receive, send, CloseCode.RESTARTING)
        return await self.app({**scope, "identity": identity}, receive, send)


def close_code_of(error: TokenNotValid) -> CloseCode:
    """Close code of an error: who gets a new token may come back; whose session has ended has to sign in again."""
    return CloseCode.NOT_ALLOWED if isinstance(error, SessionOver) else CloseCode.NOT_AUTHENTICATED


async def identify(token: str) -> Identity:
    """Raises TokenNotValid, SessionOver."""
    return await in_database(_identify)(token)


def current_epochs(user_ids: Iterable[int]) -> dict[int, int]:
    """The session epochs of those users who may still sign in. A socket of an older epoch has to go."""
    return dict(CustomUser.objects.active().filter(pk__in=user_ids).values_list("pk", "session_epoch"))


def is_trusted(scope) -> bool:
    """No Origin, no browser. A browser's must be ours or allowed; on a developer's machine loopback has many names."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin or origin in settings.WEBSOCKET_ORIGINS:
        return True
    host = headers.get(b"host", b"").decode("latin-1")
    return _is_loopback(host) and _is_loopback(_host_of(settings.SITE_URL)) and _host_of(origin) == host


def offered_token(scope) -> str | None:
    """The token among the subprotocols or in the header, empty when it is announced but missing."""
    for subprotocol in scope["subprotocols"]:
        if subprotocol.startswith(BEARER):
            return subprotocol.removeprefix(BEARER)
    header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    scheme, _space, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def refuse(scope, receive, send, code: CloseCode) -> None:
    """Accept and close: browsers report a refusal before that as 1006, which says nothing."""
    await receive()
    echoed = next((name for name in scope["subprotocols"] if not name.startswith(BEARER)), None)
    await send({"type": "websocket.accept", "subprotocol": echoed})
    await send({"type": "websocket.close", "code": code})


def _identify(raw: str) -> Identity:
    token = tokens.parse(raw, AccessToken)
    user = tokens.user_of(token)
    return Identity(user, user.session_epoch, token["exp"])


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:  # a bracket that never closes
        return ""


def _is_loopback(host: str) -> bool:
    return split_domain_port(host)[0] in settings.LOOPBACK_HOSTS
