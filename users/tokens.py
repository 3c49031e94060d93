"""JWTs and what makes them end: the user's session epoch, and the family of refresh tokens one sign-in grows.

A refresh token is good while its family names it as the latest. Rotation is one conditional UPDATE, so that of any
number of parallel uses exactly one wins. See RFC 9700, section 4.14.2, on refresh token rotation.
"""

import functools
import hashlib
import json
import uuid
from base64 import urlsafe_b64decode
from datetime import datetime, timedelta
from functools import partial
from typing import TypedDict, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from realtime.broker import publish
from rest.fields import id_from
from rest.prepared import Prepared
from users.exceptions import OtpSetUpRequired, SessionOver, TokenNotValid, TokenReused, TokenRotated
from users.models import CustomUser, TokenFamily

T = TypeVar("T", bound=Token)


class Pair(TypedDict):
    access: str
    refresh: str


def sessions_topic(user_id: int) -> str:
    """The topic that all sockets of a user listen to; `session.changed` there makes them look whether they may stay."""
    return f"sessions.{user_id}"


def start_family(user: CustomUser) -> Pair:
    """The first pair of a new sign-in."""
    now = timezone.now()
    family = TokenFamily.objects.create(user=user, jti=uuid.uuid4().hex, rotated_at=now, expires_at=_expiry(now))
    return _pair(user, family.pk, family.jti, now)


def rotate(*, refresh: str, replay_key: str = "") -> Pair:
    """Trade a refresh token for a new pair. The same `replay_key` soon after gets the same pair once more.

    Raises TokenNotValid for a token that is not ours, over, or of a user who is gone, blocked or logged out
    everywhere; TokenRotated and TokenReused for one that was used before; OtpSetUpRequired.
    """
    token = parse(refresh, RefreshToken)
    user = user_of(token)
    if user.lacks_second_factor:
        raise OtpSetUpRequired
    now, jti = timezone.now(), uuid.uuid4().hex
    won = TokenFamily.objects.filter(pk=_family_id(token), user=user, jti=token["jti"]).update(
        jti=jti,
        previous_jti=F("jti"),
        rotated_at=now,
        replay_key=replay_key,
        expires_at=_expiry(now),
    )
    if won:
        return _pair(user, _family_id(token), jti, now)
    return _answer_used_token(token, user, replay_key, now)


def access_for(user: CustomUser) -> str:
    """An access token alone, for a page that keeps asking with a session of its own."""
    return _access(user, uuid.uuid4().hex, timezone.now())


def end_family(*, refresh: str) -> None:
    """Log out: the refresh token and all that could follow from it die. Raises TokenNotValid as `rotate` does."""
    token = parse(refresh, RefreshToken)
    deleted, _rows = TokenFamily.objects.filter(pk=_family_id(token), user=user_of(token)).delete()
    if not deleted:
        raise TokenNotValid


EPOCHS_PER_RESTORE = 10_000


def end_all_sessions(user: CustomUser) -> None:
    """Make every token and every admin session of the user void with the next request, and send sockets to look."""
    CustomUser.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    TokenFamily.objects.filter(user=user).delete()
    transaction.on_commit(partial(publish, {"type": "session.changed"}, sessions_topic(user.pk)), robust=True)
    user.refresh_from_db(fields=["session_epoch"])


@transaction.atomic
def end_sessions_of_everybody() -> int:
    """After a restore: what had ended since the backup was made is good again, unless all epochs move on.

    They move by more than anybody's can have moved meanwhile. Returns how many users there are.
    """
    TokenFamily.objects.all().delete()
    return CustomUser.objects.update(session_epoch=F("session_epoch") + EPOCHS_PER_RESTORE)


def check(raw: str) -> None:
    """Raises TokenNotValid unless `raw` is a token, access or refresh, that would be accepted now."""
    try:
        user_of(parse(raw, AccessToken))
    except TokenNotValid:
        token = parse(raw, RefreshToken)
        latest = TokenFamily.objects.filter(pk=_family_id(token), user=user_of(token), jti=token["jti"])
        if not latest.exists():
            raise


def parse(raw: str | bytes, kind: type[T]) -> T:
    """Check signature, type and expiry. Raises TokenNotValid."""
    try:
        token = _verified(raw, kind)
    except (TokenError, ValueError, OverflowError, TypeError) as error:  # claims of odd types and sizes too
        raise TokenNotValid from error
    if token["exp"] <= timezone.now().timestamp():  # LEEWAY is for the issue, not for the end
        raise TokenNotValid
    return token


@functools.lru_cache(maxsize=4096)
def _verified(raw: str | bytes, kind: type[T]) -> T:
    """A signature that was good once is good again; all else that ends a token is asked each time."""
    return kind(raw)


def user_of(token: Token) -> CustomUser:
    """The user a token speaks for, as the database knows them now. Raises TokenNotValid, SessionOver."""
    user_id = token.get("user_id")
    if not isinstance(user_id, str) or id_from(user_id) is None:
        raise TokenNotValid
    for user in SIGNED_IN(user_id=id_from(user_id), session_epoch=_epoch(token)):
        return user
    raise SessionOver


def _signed_in(*, user_id: int, session_epoch: int) -> QuerySet:
    return CustomUser.objects.active().filter(pk=user_id, session_epoch=session_epoch)


SIGNED_IN = Prepared(_signed_in, user_id=int, session_epoch=int)  # every request asks
LOCKED = Prepared(
    lambda *, user_id, session_epoch: _signed_in(user_id=user_id, session_epoch=session_epoch).select_for_update(
        no_key=True
    ),
    **{"user_id": int, "session_epoch": int},
)


def lock_user(user: CustomUser) -> CustomUser:
    """The row of a request's user, locked, unless the session that the request came with has ended meanwhile.

    Raises SessionOver when the account was closed, blocked or signed out while the request waited for the lock: what a
    thief began before the owner threw them out does not come after it, and no order follows the closing.
    """
    for row in LOCKED(user_id=user.pk, session_epoch=user.session_epoch):
        return row
    raise SessionOver


def _answer_used_token(token: RefreshToken, user: CustomUser, replay_key: str, now: datetime) -> Pair:
    family = TokenFamily.objects.filter(pk=_family_id(token), user=user).first()
    if family is None:
        raise TokenNotValid
    age = now - family.rotated_at
    if token["jti"] == family.previous_jti:  # an older one comes back from nobody but a thief, however soon
        is_repetition = replay_key and replay_key == family.replay_key
        if is_repetition and age <= timedelta(seconds=settings.REFRESH_REPLAY_SECONDS):
            return _pair(user, family.pk, family.jti, family.rotated_at)
        if age <= timedelta(seconds=settings.REFRESH_GRACE_SECONDS):
            raise TokenRotated
    family.delete()
    raise TokenReused


def _pair(user: CustomUser, family_id: uuid.UUID, jti: str, issued_at: datetime) -> Pair:
    """The tokens follow from their arguments alone, so that a lost answer can be given again without storing it."""
    access_jti = hashlib.sha256(jti.encode()).hexdigest()[:32]
    refresh = _token(RefreshToken, jti, issued_at, {**_claims(user), "family": family_id.hex})
    return {"access": _access(user, access_jti, issued_at), "refresh": refresh}


def _access(user: CustomUser, jti: str, issued_at: datetime) -> str:
    return _token(AccessToken, jti, issued_at, {**_claims(user), "is_admin": user.is_admin})


def _claims(user: CustomUser) -> dict:
    return {"user_id": str(user.pk), "epoch": user.session_epoch}


def _token(kind: type[Token], jti: str, issued_at: datetime, claims: dict) -> str:
    token = kind()
    token.set_iat(at_time=issued_at)
    token.set_exp(from_time=issued_at)
    token.payload.update(claims, jti=jti)
    return str(token)


def claims_administrator(authorization: str) -> bool:
    """Does this header bring a token that says it is an administrator's? Nothing is verified: it decides who looks."""
    try:
        payload = authorization.split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, RecursionError):
        return False
    return isinstance(claims, dict) and claims.get("is_admin") is True


def _family_id(token: RefreshToken) -> uuid.UUID:
    try:
        return uuid.UUID(token.get("family"))
    except (ValueError, TypeError, AttributeError) as error:
        raise TokenNotValid from error


def _epoch(token: Token) -> int:
    epoch = token.get("epoch")
    return epoch if type(epoch) is int and 0 <= epoch < 2**31 else -1


def _expiry(now: datetime) -> datetime:
    return now + settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
