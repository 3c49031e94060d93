"""PostgreSQL on several hosts: a fail-over tries one after the other, and begins with the one that took writes last.

libpq can do so by itself, but not under psycopg2's wait callback (`client_timeout`): it has no time-out of its own
then, and a first host that says nothing would be the only one that is ever asked.
"""

import psycopg2
from django.db.backends.postgresql import base

last_good: dict[str, tuple[str, str]] = {}  # of this process, by all hosts together


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict):
        """Raises OperationalError when none of them takes writes (`target_session_attrs`), as Django expects."""
        *others, last = self._places(conn_params)
        for place in others:
            try:
                return self._connect(conn_params, place)
            except psycopg2.OperationalError:
                continue
        return self._connect(conn_params, last)

    def _places(self, conn_params: dict) -> list[tuple[str, str]]:
        places = list(zip(conn_params["host"].split(","), conn_params["port"].split(","), strict=True))
        good = last_good.get(conn_params["host"] + conn_params["port"])
        return sorted(places, key=lambda place: place != good)

    def _connect(self, conn_params: dict, place: tuple[str, str]):
        connection = super().get_new_connection({**conn_params, "host": place[0], "port": place[1]})
        last_good[conn_params["host"] + conn_params["port"]] = place
        return connection
