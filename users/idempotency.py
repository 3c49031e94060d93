"""A write with an `Idempotency-Key` happens once; its repetition gets the stored answer.

The key is claimed by an INSERT at the beginning of the write's own transaction: a parallel twin waits there until the
first commits, and finds the answer, or rolls back, and takes its place. Modelled on the IETF draft
"The Idempotency-Key HTTP Header Field".
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps

from django.utils import timezone
from drf_yasg import openapi
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from rest.exceptions import Conflict
from rest.transactions import retrying_atomic
from users.exceptions import IdempotencyKeyNotValid, IdempotencyKeyReused
from users.models import CustomUser, IdempotencyRecord

LIFETIME = timedelta(hours=24)

IDEMPOTENCY_KEY = openapi.Parameter(
    "Idempotency-Key",
    openapi.IN_HEADER,
    "1 to 255 characters of your choice: repeated with the same key, the request is carried out once.",
    type=openapi.TYPE_STRING,
    minLength=1,
    maxLength=255,
)
Action = Callable[..., Response]


def key_of(request: Request) -> str | None:
    """The request's key, or None without one. Raises IdempotencyKeyNotValid."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and (not 1 <= len(key) <= 255 or "\0" in key):
        raise IdempotencyKeyNotValid
    return key


def idempotent(operation: str) -> Callable[[Action], Action]:
    """Perform a view's write once for each `Idempotency-Key`, or give the answer that this user's key already got.

    `operation` keeps the keys of different writes apart; the values of the path go into it: `"stock.{pk}"`.
    IdempotencyKeyReused is raised when the key came with another body. Whatever the action raises leaves the key free.
    """

    def decorate(action: Action) -> Action:
        @wraps(action)
        def respond(view: APIView, request: Request, **path: str) -> Response:
            key = key_of(request)
            if key is None:
                return action(view, request, **path)
            perform = partial(action, view, request, **path)
            return _respond_once(request.user, operation.format(**path), key, _fingerprint(request.data), perform)

        respond.operation = operation  # which the document looks for
        return respond

    return decorate


def claim_key(*, user: CustomUser, operation: str, key: str, body: object) -> bool:
    """Claim the key of a form in the transaction of its write; False for whoever sends the same again within a day.

    Raises IdempotencyKeyReused for whoever goes back, and sends it with something else in it.
    """
    of_form = {"user": user, "operation": operation, "key": key}
    record = IdempotencyRecord(**of_form, fingerprint=_fingerprint(body), created_at=timezone.now())
    if IdempotencyRecord.objects.insert_unless_held(record):
        return True
    if not IdempotencyRecord.objects.filter(**of_form, fingerprint=record.fingerprint).exists():
        raise IdempotencyKeyReused
    return False


@retrying_atomic
def _respond_once(
    user: CustomUser, operation: str, key: str, fingerprint: str, perform: Callable[[], Response]
) -> Response:
    now = timezone.now()
    fresh = IdempotencyRecord(user=user, operation=operation, key=key, fingerprint=fingerprint, created_at=now)
    of_key = IdempotencyRecord.objects.filter(user=user, operation=operation, key=key)
    if not IdempotencyRecord.objects.insert_unless_held(fresh):
        holder = of_key.select_for_update().first()
        if holder is None:  # expired and swept in this very moment
            raise Conflict
        if holder.created_at > now - LIFETIME:
            return _replay(holder, fingerprint)
    answer = perform()
    body = json.dumps(answer.data, cls=JSONEncoder, ensure_ascii=False)
    of_key.update(fingerprint=fingerprint, status=answer.status_code, body=body, created_at=now)
    return answer


def _replay(record: IdempotencyRecord, fingerprint: str) -> Response:
    if record.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    return Response(json.loads(record.body), status=record.status, headers={"Idempotency-Replayed": "true"})


def _fingerprint(body: object) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
