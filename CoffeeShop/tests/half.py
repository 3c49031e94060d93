"""An application that fails: half way through its answer, or before it begins one."""

from CoffeeShop.serving import daphne_http

daphne_http.install()


async def application(scope, receive, send):
    if scope["path"] == "/half":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise OSError("the disk is gone")
