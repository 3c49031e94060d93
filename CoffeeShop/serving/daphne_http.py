"""Patches of daphne's HTTP: no form is parsed on the loop, no mount path from a client's header, no second answer after
one half sent.
"""

from daphne.http_protocol import WebRequest

begin, process, handle_exception = WebRequest.__init__, WebRequest.process, WebRequest.handle_exception


def begin_without_parsing(request: WebRequest, *args: object, **named: object) -> None:
    """Twisted would parse a posted form for nobody: on the loop, where every socket waits for megabytes of it, and with
    a bare 400 for one that is broken. The application reads forms by itself.
    """
    begin(request, *args, parsePOSTFormSubmission=False, **named)


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
    WebRequest.__init__ = begin_without_parsing
    WebRequest.process = process_at_the_root
    WebRequest.handle_exception = give_up
