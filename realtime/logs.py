import logging
import time


class OncePerMinute(logging.Filter):
    """A logging filter for warnings that would come with every event: each text once a minute, per process."""

    SECONDS = 60.0

    def __init__(self):
        super().__init__()
        self.logged_at: dict[object, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if now - self.logged_at.get(record.msg, -self.SECONDS) < self.SECONDS:
            return False
        self.logged_at[record.msg] = now
        return True
