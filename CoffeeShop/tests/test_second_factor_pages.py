"""Two-factor sign-in in the back office, as an administrator's browser meets it."""

import re

import pytest
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from CoffeeShop.second_factor import KEY
from CoffeeShop.signin import FIRST_STEP
from users.models import RecoveryCode
from users.services.second_factor import device_for, renew_recovery_codes
from users.tests.factories import PASSWORD, DeviceFactory, code_of
from users.tokens import end_all_sessions

pytestmark = pytest.mark.django_db

LOGIN, CODE, PAGE = "/admin/login/", "/admin/login/code/", "/admin/second-factor/"


@pytest.fixture
def browser() -> Client:
    return Client()


@pytest.fixture
def office(admin_user) -> Client:
    client = Client()
    client.force_login(admin_user)
    return client


@pytest.fixture
def device(admin_user) -> TOTPDevice:
    return DeviceFactory(user=admin_user)


def give_password(browser: Client, password: str = PASSWORD, **extra):
    return browser.post(f"{LOGIN}?next=/admin/users/", {"username": "boss", "password": password}, **extra)


def is_inside(browser: Client) -> bool:
    return browser.get("/admin/").status_code == 200


def set_up(office: Client, **fields):
    office.get(PAGE)
    device = device_for(None, office.session[KEY])
    return office.post(PAGE, {"otp": code_of(device), "current_password": PASSWORD, **fields})


def test_password_alone_opens_where_nothing_is_set_up(browser, admin_user):
    assert give_password(browser)["Location"] == "/admin/users/"
    assert is_inside(browser)


def test_password_leads_to_the_code_and_the_code_inside(browser, device):
    to_code = give_password(browser)
    assert to_code["Location"] == f"{CODE}?next=%2Fadmin%2Fusers%2F"
    assert not is_inside(browser)

    inside = browser.post(to_code["Location"], {"otp": code_of(device)})

    assert inside["Location"] == "/admin/users/"
    assert is_inside(browser)
    assert FIRST_STEP not in browser.session


@pytest.mark.parametrize(("language", "words"), [("en", "This code is wrong"), ("ru", "Этот код неверен")])
def test_wrong_code_is_told_in_words(browser, device, language, words):
    give_password(browser)

    response = browser.post(CODE, {"otp": "000000"}, headers={"accept-language": language})

    assert response.status_code == 200
    assert words in response.content.decode()
    assert not is_inside(browser)


def test_codes_tried_too_often_get_429(browser, device):
    give_password(browser)
    browser.post(CODE, {"otp": "000000"})

    response = browser.post(CODE, {"otp": code_of(device)})

    assert response.status_code == 429
    assert response["Retry-After"] == "1"


def test_code_page_is_for_who_knew_the_password(browser, device):
    for response in (browser.get(CODE), browser.post(CODE, {"otp": code_of(device)})):
        assert response["Location"] == f"{LOGIN}?next=/admin/"
    assert not is_inside(browser)


def test_code_page_forgets_when_sessions_end_or_time_passes(browser, device, admin_user):
    give_password(browser)
    session = browser.session
    session[FIRST_STEP] = [admin_user.pk, admin_user.session_epoch, 0]
    session.save()
    assert browser.get(CODE).status_code == 302

    give_password(browser)
    end_all_sessions(admin_user)
    assert browser.get(CODE).status_code == 302


def test_code_leads_to_no_strange_host(browser, device):
    give_password(browser)

    response = browser.post(f"{CODE}?next=https://evil.example/", {"otp": code_of(device)})

    assert response["Location"] == "/admin/"


def test_set_up_shows_a_picture_and_no_inline_style(office):
    page = office.get(PAGE).content.decode()

    assert "<svg" in page
    assert not re.search(r"<style|<script>| style=", page)
    assert office.get(PAGE).content.decode().count(office.session[KEY]) == 0


def test_set_up_gives_recovery_codes_and_keeps_this_session(office, browser, admin_user):
    browser.force_login(admin_user)

    page = set_up(office).content.decode()

    codes = re.findall(r"<code>([\w-]+)</code>", page)
    assert len(codes) == RecoveryCode.objects.count() == 10
    assert (is_inside(office), is_inside(browser)) == (True, False)
    assert KEY not in office.session
    give_password(browser)
    browser.post(CODE, {"otp": codes[0]})
    assert is_inside(browser)


@pytest.mark.parametrize("fields", [{"otp": "000000"}, {"current_password": "wrong"}, {"otp": ""}, {"otp": "\0"}])
def test_set_up_needs_the_code_and_the_password(office, fields):
    response = set_up(office, **fields)

    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert not TOTPDevice.objects.exists()


def test_set_up_counts_wrong_passwords(office):
    statuses = [set_up(office, current_password="wrong").status_code for _ in range(6)]

    assert statuses == [200] * 5 + [429]


def test_new_recovery_codes_need_the_password(office, device):
    user, _codes = renew_recovery_codes(user=device.user)
    office.force_login(user)
    before = set(RecoveryCode.objects.values_list("digest", flat=True))

    office.post(PAGE, {"action": "renew", "current_password": "wrong"})
    assert set(RecoveryCode.objects.values_list("digest", flat=True)) == before

    page = office.post(PAGE, {"action": "renew", "current_password": PASSWORD}).content.decode()
    assert page.count("<code>") == 10
    assert before.isdisjoint(RecoveryCode.objects.values_list("digest", flat=True))
    assert is_inside(office)


@pytest.mark.parametrize("action", ["set-up", "", "renew\0"])
def test_unknown_action_changes_nothing(office, device, action):
    response = office.post(PAGE, {"action": action, "current_password": PASSWORD})

    assert response.status_code == 200
    assert TOTPDevice.objects.exists()


def test_switching_off_opens_by_the_password_again(office, browser, device):
    office.post(PAGE, {"action": "off", "current_password": PASSWORD})

    assert not TOTPDevice.objects.exists()
    assert is_inside(office)
    give_password(browser)
    assert is_inside(browser)


def test_required_second_factor_leads_everywhere_to_the_set_up(office, settings):
    settings.ADMIN_OTP_REQUIRED = True

    for path in ("/admin/", "/admin/users/customuser/", "/admin/reports/", "/admin/support/conversation/console/"):
        assert office.get(path)["Location"] == PAGE
    assert office.get("/admin/support/conversation/console/token/").status_code == 401
    assert office.get("/admin/password_change/").status_code == 200

    set_up(office)
    assert is_inside(office)


def test_devices_are_on_no_page_of_the_back_office(office, device):
    device.user.is_superuser = True
    device.user.save()

    assert office.get("/admin/otp_totp/totpdevice/").status_code == 404
