"""A write with an `Idempotency-Key` happens once; its repetition gets the stored answer.

The key is claimed by an INSERT at the beginning of the write's own transaction: a parallel twin waits there until the
first commits, and finds the answer, or rolls back, and takes its place. Modelled on the IETF draft
"The Idempotency-Key HTTP Header Field".
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone
from drf_yasg import openapi
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from CoffeeShop.rest.exceptions import Conflict
from users.exceptions import IdempotencyKeyNotValid, IdempotencyKeyReused
from users.models import CustomUser, IdempotencyRecord

LIFETIME = timedelta(hours=24)

IDEMPOTENCY_KEY = openapi.Parameter(
    "Idempotency-Key",
    openapi.IN_HEADER,
    "1 to 255 characters of your choice: repeated with the same key, the request is carried out once.",
    type=openapi.TYPE_STRING,
)


class Answer(NamedTuple):
    status: int
    body: dict


def key_of(request: Request) -> str | None:
    """The request's key, or None without one. Raises IdempotencyKeyNotValid."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= 255:
        raise IdempotencyKeyNotValid
    return key


def respond_once(request: Request, *, operation: str, perform: Callable[[], Answer]) -> Response:
    """Perform a write and answer it, or give the answer that this user's key already got.

    Raises IdempotencyKeyReused when the key came with another body, and whatever `perform` raises: then nothing is
    stored and the key is free.
    """
    key = key_of(request)
    if key is None:
        answer = perform()
        return Response(answer.body, status=answer.status)
    return _respond_once(request.user, operation, key, _fingerprint(request.data), perform)


@transaction.atomic
def _respond_once(
    user: CustomUser, operation: str, key: str, fingerprint: str, perform: Callable[[], Answer]
) -> Response:
    record = _claim(user, operation, key, fingerprint)
    if record.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    if record.status is not None:
        return Response(json.loads(record.body), status=record.status, headers={"Idempotency-Replayed": "true"})
    answer = perform()
    record.status, record.body = answer.status, json.dumps(answer.body, cls=JSONEncoder, ensure_ascii=False)
    record.save(update_fields=["status", "body"])
    return Response(json.loads(record.body), status=answer.status)


def _claim(user: CustomUser, operation: str, key: str, fingerprint: str) -> IdempotencyRecord:
    """A fresh record of our own, or the finished one that holds the key."""
    fresh = IdempotencyRecord(user=user, operation=operation, key=key, fingerprint=fingerprint)
    try:
        with transaction.atomic():
            fresh.save(force_insert=True)
        return fresh
    except IntegrityError:
        holder = IdempotencyRecord.objects.select_for_update().filter(user=user, operation=operation, key=key).first()
    if holder is None:  # expired and swept in this very moment
        raise Conflict
    if holder.created_at < timezone.now() - LIFETIME:
        holder.fingerprint, holder.status, holder.created_at = fingerprint, None, timezone.now()
        holder.save(update_fields=["fingerprint", "status", "created_at"])
    return holder


def _fingerprint(body: object) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
