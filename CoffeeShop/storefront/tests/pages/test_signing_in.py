"""Signing in with a password, and with a code where there is one."""

import re

import pytest
from playwright.async_api import expect

from realtime.threads import in_database
from users.tests.factories import DeviceFactory, code_of
from users.tests.pages import PASSWORD, give_password

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio(loop_scope="session")]


async def test_administrator_is_asked_for_the_code(phone, admin_user):
    await in_database(give_password)(admin_user)
    device = await in_database(DeviceFactory)(user=admin_user)
    error, code = phone.locator("main [data-error='']"), phone.locator("main input[name=otp]")
    await phone.goto("/profile/sign-in/")
    await phone.fill("main input[name=username]", "boss")

    await phone.fill("main input[name=password]", "wrong")
    await phone.click("main button[type=submit]")
    await expect(error).to_have_text("No active account found with the given credentials.")
    await expect(code).to_be_hidden()

    await phone.fill("main input[name=password]", PASSWORD)
    await phone.click("main button[type=submit]")
    await expect(error).to_have_text("Enter the code from your authenticator app, or a recovery code.")
    await expect(code).to_be_focused()

    await code.fill(code_of(device))
    await phone.click("main button[type=submit]")
    await expect(phone).to_have_url(re.compile("/profile/$"))
