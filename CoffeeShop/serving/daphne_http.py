"""Patches of daphne's HTTP: no mount path from a client's header, no second answer after one half sent."""

from daphne.http_protocol import WebRequest

process, handle_exception = WebRequest.process, WebRequest.handle_exception


def process_at_the_root(request: WebRequest) -> None:
    """Daphne lets any client say by a header where the application is mounted; links in e-mails would go there.

    Handshakes of sockets come by here, too.
    """
    request.requestHeaders.removeHeader(b"daphne-root-path")
    process(request)


def give_up(request: WebRequest, exception: Exception) -> None:
    """An answer that fails half-way is cut off. Daphne would begin another one, and fail in a way that ends its look
    after all other requests.
    """
    if request._response_started:
        request.loseConnection()
    else:
        handle_exception(request, exception)


def install() -> None:
    WebRequest.process = process_at_the_root
    WebRequest.handle_exception = give_up
