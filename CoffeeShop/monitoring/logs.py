"""Log formatters and redaction: every line with the id of its request, none with a token, a password or an address."""

import json
import logging
import re
import time
from contextvars import ContextVar

from django.conf import settings

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")

# Anybody can have a line of 16 KB written: nothing here may look at a character again for every start it tries.
NAME = r"(?=\w*?(?:password|token|secret))\w++|uid"
VALUE = r"\"[^\"]*\"|'[^']*'|[^\s&,}]+"
SECRETS = [
    (re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+\.?[\w-]*"), "[token]"),
    (re.compile(r"://[^/\s@]+@"), "://[login]@"),
    (re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(\.[\w-]+)+"), "[address]"),
    # PostgreSQL quotes the row there that broke a rule.
    (re.compile(r"\bDETAIL:.*"), "DETAIL: [hidden]"),
    (re.compile(r"(?i)\b(bearer|basic) [^\s'\"]+"), r"\1 [hidden]"),
    (re.compile(rf"(?i)\b({NAME})(['\"]?\s*+[=:]\s*+)({VALUE})"), r"\1\2[hidden]"),
]

logger = logging.getLogger(__name__)


def configuration(*, level: str, formatter: str) -> dict:
    """Build `LOGGING`; `formatter` is "line" or "json"."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": "CoffeeShop.monitoring.logs.LineFormatter"},
            "json": {"()": "CoffeeShop.monitoring.logs.JsonFormatter"},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": formatter}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},  # a client's mistake is no event
            "django.security.DisallowedHost": {"level": "CRITICAL"},  # anybody can send any Host header
            "mailer": {"level": "WARNING"},  # below that it logs subjects and addresses
        },
    }


def redact(text: str) -> str:
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


class LineFormatter(logging.Formatter):
    """Log lines for people: with the request's id in brackets."""

    def __init__(self):
        super().__init__("{asctime} {levelname} {name} {request}{message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        request_id = REQUEST_ID.get()
        record.request = f"[{request_id}] " if request_id else ""
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """Log records for programs: one JSON object per line. What a record brings as `fields` goes along."""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if request_id := REQUEST_ID.get():
            line["request_id"] = request_id
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        fields = getattr(record, "fields", {})
        line |= {name: redact(value) if isinstance(value, str) else value for name, value in fields.items()}
        return json.dumps(line, ensure_ascii=False)


def watch_queries(connection, **kwargs) -> None:
    """Receiver of `connection_created`: from now on the connection tells of slow statements."""
    if settings.SLOW_QUERY_MS and warn_if_slow not in connection.execute_wrappers:
        connection.execute_wrappers.append(warn_if_slow)


def warn_if_slow(execute, sql, params, many, context):
    """Log a slow query with its placeholders: what stands in their place may be personal."""
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        milliseconds = round((time.perf_counter() - began) * 1000)
        if milliseconds >= settings.SLOW_QUERY_MS:
            logger.warning("slow query, %d ms: %.1000s", milliseconds, sql, extra={"fields": {"ms": milliseconds}})
