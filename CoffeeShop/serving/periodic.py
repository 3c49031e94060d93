"""A timer thread in each serving process for what has to happen as time goes by, without cron.

Servers do not agree on who does it: what is done locks its rows, so each thing happens once.
"""

import logging
import threading
import time

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections

from orders.reports.morning import queue_morning_mail
from orders.tending import tend_orders

PAUSE_SECONDS = 30  # after a failure

logger = logging.getLogger(__name__)


def start() -> None:
    """Once per process, when it begins to serve. The process does not wait for the thread when it ends."""
    if settings.TEND_SECONDS:
        threading.Thread(target=_run, name="periodic", daemon=True).start()


def _run() -> None:
    while True:
        time.sleep(settings.TEND_SECONDS)
        try:
            tend_orders()
            queue_morning_mail()
        except (DatabaseError, InterfaceError) as error:  # it restarts, or is read-only: the next look makes it good
            logger.warning("Orders could not be tended: %s", error)
            time.sleep(PAUSE_SECONDS)
        except Exception:
            logger.exception("Orders could not be tended; trying again")
        finally:
            close_old_connections()
