"""Breaking the shop on purpose, under load, and checking the books afterwards: `python run.py drill [NAME ...]`.

Every module of this package but the few that share tools is one drill: its docstring says what is done and what must
come out, its `drill(short)` does it and returns the figures, or raises `Failed`. Everything runs on 127.0.0.1, on a
PostgreSQL and a Redis of the drill's own, and ends by itself.
"""

TOOLS = {
    *("__main__", "caller", "chat", "clock", "day", "floor", "live", "load", "mailserver", "orders_tools", "proxy"),
    *("shifted", "shop", "unlocked", "unstored"),
}


class Failed(Exception):
    """The shop did not do what it promises; the text says what."""


def require(holds: object, otherwise: str) -> None:
    if not holds:
        raise Failed(otherwise)
