import io
import json

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters

LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
REFUSAL = json.dumps({"detail": "The request body is too large.", "code": "body_too_large"}).encode()


class Utf8Request(WSGIRequest):
    """All that comes is UTF-8, whatever its header says: Python knows encodings that are none for text, and fails."""

    def _set_content_type_params(self, meta: dict) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:  # boundary*=nowhere''x
            self.content_type, self.content_params = "", {}


def bounded(app):
    """WSGI middleware that does the same under gunicorn as `Bridge` does under daphne."""

    def application(environ, start_response):
        if "HTTP_TRANSFER_ENCODING" in environ and not environ.get("CONTENT_LENGTH"):
            body = environ["wsgi.input"].read(LIMIT + 1)
            environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        if int(environ.get("CONTENT_LENGTH") or 0) > LIMIT:
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(REFUSAL)))]
            start_response("413 Content Too Large", headers)
            return [REFUSAL]
        return app(environ, start_response)

    return application
