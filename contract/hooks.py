"""Loaded by schemathesis: signs in as `FUZZ_AS`, if given, and again when what was tried has ended the session."""

import os
from urllib.parse import urlsplit

import requests
import schemathesis

USERNAME, _, PASSWORD = os.environ.get("FUZZ_AS", "").partition(":")


class Session:
    """Signed in where the access token is still good."""

    token, user_id = "", None

    def get(self, case, ctx) -> str:
        if not Session.token:
            site = urlsplit(case.operation.base_url).netloc
            credentials = {"username": USERNAME, "password": PASSWORD}
            Session.token = requests.post(f"http://{site}/api/token/", json=credentials, timeout=60).json()["access"]
            bearer = {"Authorization": f"Bearer {Session.token}"}
            Session.user_id = requests.get(f"http://{site}/api/users/me/", headers=bearer, timeout=60).json()["id"]
        return Session.token

    def set(self, case, data, ctx) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


if USERNAME:
    schemathesis.auth(refresh_interval=None)(Session)


@schemathesis.hook
def filter_case(ctx, case) -> bool:
    """Administrators may remove themselves, when they have made another one; then nobody is left to try the rest."""
    is_removal = (case.method, case.path) == ("DELETE", "/users/{id}/")
    return not is_removal or str(case.path_parameters.get("id")) != str(Session.user_id)


@schemathesis.hook
def after_call(ctx, case, response) -> None:
    if response.status_code == 401 or case.path == "/token/blacklist/all/":
        Session.token = ""


@schemathesis.check
def speaks_json(ctx, response, case) -> None:
    """Whatever has a body and is no file; daphne itself answers a multipart form without a boundary without a word."""
    is_file = response.status_code == 200 and "export" in (case.query or {})
    if response.content and not is_file:
        assert response.headers.get("content-type") == ["application/json"], "the answer is not JSON"  # noqa: S101
