"""Patches of daphne's WebSocket: back-pressure both ways, and a close frame to every client when it stops."""

import asyncio
import time

from daphne.server import Server
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor
from twisted.internet.task import deferLater

from realtime.connection import CloseCode

MAX_UNSENT = 1024 * 1024  # bytes; the kernel's buffers come on top
MAX_UNREAD = 16  # frames that wait for the application, each of 1 MiB at the most
SEND_TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.05
CLOSE_SECONDS = 0.5

open_sockets: set[WebSocketProtocol] = set()
handle_reply = Server.handle_reply


class Protocol(WebSocketProtocol):
    is_paused = False

    def onOpen(self) -> None:
        super().onOpen()
        open_sockets.add(self)

    def onClose(self, *how) -> None:
        open_sockets.discard(self)
        super().onClose(*how)

    def onMessage(self, *frame) -> None:
        """Pause reading from a client that sends faster than the application takes; TCP lets it wait."""
        super().onMessage(*frame)
        if self.is_behind() and not self.is_paused:  # more may come of what was read already
            self.is_paused = True
            self.transport.pauseProducing()
            self.listen_again()

    def listen_again(self) -> None:
        if self.state == self.STATE_OPEN and self.is_behind():
            reactor.callLater(POLL_SECONDS, self.listen_again)
        else:
            self.is_paused = False
            self.transport.resumeProducing()

    def is_behind(self) -> bool:
        return self.application_queue.qsize() > MAX_UNREAD

    def onPing(self, payload: bytes) -> None:
        """The answers to somebody who only asks, and does not read them, would pile up."""
        if unsent(self.transport) > MAX_UNSENT:
            self.dropConnection(abort=True)
        else:
            super().onPing(payload)

    def serverClose(self, code: int | None = None) -> None:
        """Autobahn lets applications close with 1000 and 3000-4999 only."""
        self.sendCloseFrame(code=1000 if code is None else int(code))

    async def drain(self) -> None:
        """Wait for a client that is slow, and drop one that does not read at all: it may come back with `after`."""
        deadline = time.monotonic() + SEND_TIMEOUT_SECONDS
        while self.state == self.STATE_OPEN and unsent(self.transport) > MAX_UNSENT:
            if time.monotonic() > deadline:
                self.dropConnection(abort=True)
            await asyncio.sleep(POLL_SECONDS)


async def handle_reply_and_drain(server: Server, protocol, message: dict) -> None:
    """An application's `send` that returns when the client keeps up, or what it does not read would pile up here."""
    await handle_reply(server, protocol, message)
    if isinstance(protocol, Protocol):
        await protocol.drain()


def unsent(transport) -> int:
    """Bytes that Twisted holds for a connection and could not give to the kernel yet."""
    return len(transport.dataBuffer) - transport.offset + transport._tempDataLen


def send_close_frames():
    """Before the reactor stops: Daphne 4.2 means to end the applications, but trips over the first open socket."""
    for socket in list(open_sockets):
        socket.serverClose(CloseCode.RESTARTING)
    return deferLater(reactor, CLOSE_SECONDS if open_sockets else 0)


def install() -> None:
    WebSocketFactory.protocol = Protocol
    Server.handle_reply = handle_reply_and_drain
    reactor.addSystemEventTrigger("before", "shutdown", send_close_frames)
