"""Two-factor sign-in of administrators: TOTP by an authenticator app (RFC 6238), and recovery codes for a lost one.

The app's device is django-otp's: it refuses the codes of a time step that was used, follows a clock that drifts, and
waits longer after each wrong code, whatever address it comes from. Recovery codes are ours, as only their digests are
kept (docs/adr/0032).
"""

import hashlib
import re
import secrets
import time
from math import ceil

from django.db import transaction
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key
from rest_framework.exceptions import Throttled

from users import mails, tokens
from users.exceptions import OtpInvalid, OtpNotSetUp, OtpSetUpAlready
from users.models import CustomUser, RecoveryCode

RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are taken for another one
LENGTH = 16  # of a recovery code: 79 bits, which nobody finds from a digest


def device_for(user: CustomUser, key: str = "") -> TOTPDevice:
    """A device that is not stored yet, with this key or a new one. Raises OtpInvalid for a key that is none."""
    if key and not re.fullmatch("[0-9a-f]{40}", key):
        raise OtpInvalid
    return TOTPDevice(user=user, name="app", key=key or default_key())


@transaction.atomic
def set_up(*, user: CustomUser, key: str, code: str) -> tuple[CustomUser, list[str]]:
    """Store the device that has just shown a code, and end all sessions. Returns the recovery codes, to be shown once.

    Raises OtpInvalid, OtpSetUpAlready, SessionOver.
    """
    user = tokens.lock_user(user)
    if user.has_second_factor:
        raise OtpSetUpAlready
    device, code = device_for(user, key), _plain(code)
    totp = TOTP(device.bin_key)
    totp.time = time.time()
    if not _is_totp(code) or not totp.verify(int(code), device.tolerance):
        raise OtpInvalid
    device.drift, device.last_t = totp.drift, totp.t()  # the code is used up
    device.save()
    codes = _replace_recovery_codes(user)
    _end_sessions(user, mails.second_factor_on(user))
    return user, codes


@transaction.atomic
def renew_recovery_codes(*, user: CustomUser) -> tuple[CustomUser, list[str]]:
    """New recovery codes in place of all older ones; ends all sessions. Raises OtpNotSetUp, SessionOver."""
    user = tokens.lock_user(user)
    if not user.has_second_factor:
        raise OtpNotSetUp
    codes = _replace_recovery_codes(user)
    _end_sessions(user, mails.recovery_codes_renewed(user))
    return user, codes


@transaction.atomic
def switch_off(*, user: CustomUser) -> CustomUser:
    """Take the device and the recovery codes away, and end all sessions. Raises OtpNotSetUp, SessionOver."""
    user = tokens.lock_user(user)
    if not forget_devices(user):
        raise OtpNotSetUp
    _end_sessions(user, mails.second_factor_off(user))
    return user


def forget_devices(user: CustomUser) -> bool:
    """Delete device and recovery codes; False when there was none."""
    RecoveryCode.objects.filter(user=user).delete()
    deleted, _rows = TOTPDevice.objects.filter(user=user).delete()
    return deleted > 0


@transaction.atomic
def use_code(*, user: CustomUser, code: str) -> bool:
    """Use up a code of the app or a recovery code. The device's lock lets one of two at once have it.

    Raises Throttled while the device waits after wrong codes.
    """
    device = _locked(user)
    if device is None:
        return False
    _require_unthrottled(device)
    code = _plain(code)
    if _is_totp(code):
        return device.verify_token(code)
    if _use_recovery_code(user, code):
        device.throttle_reset()
        return True
    device.throttle_increment()
    return False


def _locked(user: CustomUser) -> TOTPDevice | None:
    return TOTPDevice.objects.select_for_update(no_key=True).filter(user=user, confirmed=True).first()


def _require_unthrottled(device: TOTPDevice) -> None:
    is_allowed, why = device.verify_is_allowed()
    if not is_allowed:
        raise Throttled(wait=ceil((why["locked_until"] - timezone.now()).total_seconds()))


def _use_recovery_code(user: CustomUser, code: str) -> bool:
    deleted, _rows = RecoveryCode.objects.filter(user=user, digest=_digest(code)).delete()
    return deleted == 1


def _replace_recovery_codes(user: CustomUser) -> list[str]:
    codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
    return ["-".join(re.findall("....", code)) for code in codes]


def _end_sessions(user: CustomUser, email) -> None:
    tokens.end_all_sessions(user)
    mails.send(email)


def _plain(code: str) -> str:
    """Normalize a recovery code as it is shown, too: in groups, with hyphens."""
    return re.sub(r"[\s-]", "", code).lower()


def _is_totp(code: str) -> bool:
    """True for a code in ASCII digits: `int` takes more than that for a number."""
    return re.fullmatch("[0-9]{6}", code) is not None


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
