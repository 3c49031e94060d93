"""Two-factor sign-in: tokens of administrators who have set it up, or have to."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from django_otp.plugins.otp_totp.models import TOTPDevice
from mailer.models import Message

from conftest import client_of
from rest.tests.races import in_parallel
from users.models import CustomUser, RecoveryCode, Role
from users.services import second_factor
from users.services.administration import change_user, remove_user
from users.tests.factories import PASSWORD, AdminFactory, DeviceFactory, code_of
from users.tokens import start_family

pytestmark = pytest.mark.django_db


def sign_in(client, username="boss", password=PASSWORD, **body):
    return client.post("/api/token/", {"username": username, "password": password, **body})


def told(response) -> tuple[int, str | None]:
    return response.status_code, response.json().get("code")


@pytest.fixture
def device(admin_user) -> TOTPDevice:
    return DeviceFactory(user=admin_user)


@pytest.fixture
def recovery_codes(device, settings) -> list[str]:
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    return second_factor.renew_recovery_codes(user=device.user)[1]


def test_sign_in_of_an_administrator_asks_for_the_code(anonymous, device):
    assert told(sign_in(anonymous)) == (401, "otp_required")
    assert told(sign_in(anonymous, otp="")) == (401, "otp_required")
    assert told(sign_in(anonymous, password="wrong", otp=code_of(device))) == (401, "no_active_account")
    assert sign_in(anonymous, otp=code_of(device)).status_code == 200


def test_code_is_read_as_apps_show_it(anonymous, device):
    code = code_of(device)

    assert sign_in(anonymous, otp=f" {code[:3]} {code[3:]}").status_code == 200


def test_code_is_good_once(anonymous, device):
    code = code_of(device)
    sign_in(anonymous, otp=code)

    assert told(sign_in(anonymous, otp=code)) == (401, "otp_invalid")


@pytest.mark.parametrize("otp", ["000000x", "١٢٣٤٥٦", "1_2345", "12345", "1234567", "-12345", "☕", "a" * 64])
def test_code_that_is_none_is_wrong(anonymous, device, otp):
    assert told(sign_in(anonymous, otp=otp)) == (401, "otp_invalid")


@pytest.mark.parametrize("otp", [123456, True, None, [], {}, "1" * 65, "12\x003456"])
def test_code_that_is_no_text_is_refused(anonymous, device, otp):
    response = sign_in(anonymous, otp=otp)

    assert response.status_code == 400
    assert set(response.json()) == {"otp"}


@pytest.mark.parametrize("wrong", ["000000", "aaaa-bbbb-cccc-dddd"])
def test_wrong_codes_slow_each_other_down(anonymous, device, wrong):
    sign_in(anonymous, otp=wrong, REMOTE_ADDR="192.0.2.1")

    again = sign_in(anonymous, otp=code_of(device), REMOTE_ADDR="192.0.2.2")

    assert told(again) == (429, "throttled")
    assert again["Retry-After"] == "1"


def test_wrong_codes_count_as_failed_logins(anonymous, device):
    def guess():
        TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
        return sign_in(anonymous, otp="000000").status_code

    assert [guess() for _ in range(6)] == [401] * 5 + [429]
    assert sign_in(anonymous, otp=code_of(device)).status_code == 429


def test_missing_codes_do_not_count(anonymous, device):
    assert {sign_in(anonymous).status_code for _ in range(8)} == {401}
    assert sign_in(anonymous, otp=code_of(device)).status_code == 200


def test_recovery_code_signs_in_once(anonymous, device, recovery_codes):
    assert sign_in(anonymous, otp=recovery_codes[0].upper()).status_code == 200
    assert told(sign_in(anonymous, otp=recovery_codes[0])) == (401, "otp_invalid")
    assert RecoveryCode.objects.count() == 9


def test_recovery_codes_are_stored_as_digests(recovery_codes):
    stored = " ".join(RecoveryCode.objects.values_list("digest", flat=True))

    assert not any(code.replace("-", "") in stored for code in recovery_codes)


def test_new_recovery_codes_void_the_old_ones(anonymous, device, recovery_codes):
    second_factor.renew_recovery_codes(user=CustomUser.objects.get(pk=device.user_id))

    assert told(sign_in(anonymous, otp=recovery_codes[0])) == (401, "otp_invalid")


def test_whoever_is_no_administrator_is_asked_for_nothing(anonymous, user, settings):
    settings.ADMIN_OTP_REQUIRED = True
    DeviceFactory(user=user)  # no way leads there

    assert sign_in(anonymous, "anna").status_code == 200
    assert sign_in(anonymous, "anna", otp="000000").status_code == 200


def test_required_second_factor_keeps_tokens_back(anonymous, admin_user, settings):
    before, client = start_family(admin_user)["refresh"], client_of(admin_user)
    settings.ADMIN_OTP_REQUIRED = True
    passwords = {"current_password": PASSWORD, "new_password": "another long one 7"}

    assert told(sign_in(anonymous)) == (401, "otp_set_up_required")
    assert told(client.post("/api/users/password/change/", passwords)) == (401, "otp_set_up_required")
    assert told(anonymous.post("/api/token/refresh/", {"refresh": before})) == (401, "otp_set_up_required")

    device = DeviceFactory(user=admin_user)
    assert sign_in(anonymous, otp=code_of(device)).status_code == 200
    assert anonymous.post("/api/token/refresh/", {"refresh": before}).status_code == 200


def test_set_up_ends_all_sessions_and_tells(admin_user, settings):
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    client = client_of(admin_user)
    device = second_factor.device_for(admin_user)

    second_factor.set_up(user=admin_user, key=device.key, code=code_of(device))

    assert client.get("/api/users/me/").status_code == 401
    assert "Two-factor sign-in is on" in Message.objects.get().subject


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        (second_factor.renew_recovery_codes, "recovery codes"),
        (second_factor.switch_off, "Two-factor sign-in is off"),
    ],
)
def test_change_of_the_device_ends_all_sessions(device, settings, change, subject):
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    client = client_of(device.user)

    change(user=device.user)

    assert client.get("/api/users/me/").status_code == 401
    assert subject in Message.objects.get().subject


@pytest.mark.parametrize("key", ["x", "0" * 39, "0" * 41, "G" * 40, "0" * 40 + "\n"])
def test_key_that_is_none_sets_nothing_up(admin_user, key):
    with pytest.raises(second_factor.OtpInvalid):
        second_factor.set_up(user=admin_user, key=key, code="000000")

    assert not TOTPDevice.objects.exists()


def test_whoever_has_no_device_has_no_codes(admin_user):
    RecoveryCode.objects.create(user=admin_user, digest=second_factor._digest("left"))

    assert second_factor.use_code(user=admin_user, code="left") is False


def test_code_of_the_set_up_is_used_up(anonymous, admin_user):
    device = second_factor.device_for(admin_user)
    second_factor.set_up(user=admin_user, key=device.key, code=code_of(device))

    assert told(sign_in(anonymous, otp=code_of(device))) == (401, "otp_invalid")


def test_set_up_happens_once(admin_user):
    device = second_factor.device_for(admin_user)
    user, _codes = second_factor.set_up(user=admin_user, key=device.key, code=code_of(device))

    with pytest.raises(second_factor.OtpSetUpAlready):
        second_factor.set_up(user=user, key=device.key, code=code_of(device, 1))


def test_operator_takes_the_second_factor_off(anonymous, device, recovery_codes):
    out = StringIO()

    call_command("remove_second_factor", "boss@example.com", stdout=out)

    assert out.getvalue() == "Removed the second factor of boss, and ended all sessions\n"
    assert sign_in(anonymous).status_code == 200
    assert not RecoveryCode.objects.exists()
    for login in ("boss", "nobody"):
        with pytest.raises(CommandError):
            call_command("remove_second_factor", login)


def test_demoted_administrator_loses_the_device(anonymous, device, recovery_codes):
    boss = AdminFactory()

    change_user(user_id=device.user_id, by=boss, role=Role.USER)
    change_user(user_id=device.user_id, by=boss, role=Role.ADMIN)

    assert sign_in(anonymous).status_code == 200


def test_device_goes_with_the_account(device, recovery_codes):
    AdminFactory()

    remove_user(user_id=device.user_id)

    assert not TOTPDevice.objects.exists()
    assert not RecoveryCode.objects.exists()


def test_secrets_are_in_no_answer(admin_client, device, recovery_codes):
    client = client_of(CustomUser.objects.get(pk=device.user_id))
    paths = ["/api/users/me/", "/api/users/me/export/", "/api/users/", f"/api/users/{device.user_id}/"]

    answers = " ".join(client.get(path).content.decode() for path in paths)

    assert "boss" in answers
    assert device.key not in answers
    assert RecoveryCode.objects.first().digest not in answers


def codes_accepted(device: TOTPDevice, code: str) -> int:
    def use() -> bool:
        try:
            return second_factor.use_code(user=device.user, code=code)
        except second_factor.Throttled:
            return False

    return in_parallel([use] * 4).count(True)


@pytest.mark.django_db(transaction=True)
def test_code_used_in_parallel_is_accepted_once():
    for _ in range(10):
        device = DeviceFactory()
        _user, codes = second_factor.renew_recovery_codes(user=device.user)
        assert codes_accepted(device, code_of(device)) == 1
        TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
        assert codes_accepted(device, codes[0]) == 1


@pytest.mark.django_db(transaction=True)
def test_code_is_accepted_more_often_without_the_lock(monkeypatch, untranslated):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows)

    def accepted() -> int:
        device = DeviceFactory()
        return codes_accepted(device, code_of(device))

    assert any(accepted() > 1 for _ in range(50))
