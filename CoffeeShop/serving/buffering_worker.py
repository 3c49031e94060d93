"""Gunicorn's threaded worker, which gives a thread only to a request that is all there.

Upstream (27.0) a thread reads head and body, and waits for the rest without a limit: as many half-sent bodies as there
are threads stop the process. It also waits, on the loop, for a client to close what we have closed, and leaves those
who connect while it stops in a queue that is reset at the end.
"""

import selectors
import socket
import struct
import time
from functools import partial

from gunicorn import http, util
from gunicorn.workers.gthread import TConn, ThreadWorker

from CoffeeShop.serving.arrival import Arrival

HEAD_SECONDS, BODY_SECONDS, LINGER_SECONDS = 10, 120, 2
RECEIVE_SECONDS, SEND_SECONDS = 5, 30  # for a single call in a thread, should it have to wait all the same
MAX_HELD = 128 * 1024 * 1024  # bytes of requests that arrive or wait for a thread; then the oldest half ones go
CHUNK = 65536
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class BufferingWorker(ThreadWorker):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.arriving: dict[TConn, tuple[Arrival, float]] = {}  # with the moment it began; the oldest first
        self.lingering: dict[TConn, float] = {}
        self.held: dict[TConn, int] = {}
        self.look_at = 0.0

    # --- Arriving ---------------------------------------------------------------------------------------------------

    def accept(self, listener: socket.socket) -> bool:
        """Accept one connection; False when none waits."""
        try:
            client, address = listener.accept()
        except BlockingIOError:
            return False
        except ConnectionAbortedError:
            return True
        for option, seconds in ((socket.SO_RCVTIMEO, RECEIVE_SECONDS), (socket.SO_SNDTIMEO, SEND_SECONDS)):
            client.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", seconds, 0))
        self.nr_conns += 1
        self.await_request(TConn(self.cfg, client, address, listener.getsockname()), Arrival())
        if self.nr_conns >= self.worker_connections:
            self.drop_oldest()
        return True

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """The next request on a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.await_request(conn, Arrival())

    def await_request(self, conn: TConn, arrival: Arrival) -> None:
        conn.sock.setblocking(False)
        if arrival.is_whole:
            self.hand_over(conn, arrival)
            return
        self.arriving[conn] = arrival, time.monotonic()
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_arriving, conn))

    def on_arriving(self, conn: TConn, client: socket.socket) -> None:
        arrival, _began = self.arriving[conn]
        data = receive(client)
        if data is None:
            return
        arrival.add(data)
        self.held[conn] = len(arrival.received)
        if not data:
            self.drop(conn)
        elif arrival.is_endless:
            send(client, TOO_LARGE)
            self.forget_arriving(conn)
            self.linger(conn)
        elif arrival.is_whole:
            self.forget_arriving(conn)
            self.hand_over(conn, arrival)
        elif arrival.expects_continue:
            arrival.expects_continue = False
            send(client, CONTINUE)
        if sum(self.held.values()) > MAX_HELD:
            self.drop_oldest()

    def hand_over(self, conn: TConn, arrival: Arrival) -> None:
        if conn.parser is None:
            conn.parser, conn.initialized = http.get_parser(self.cfg, conn.sock, conn.client), True
        conn.parser.unreader.unread(bytes(arrival.received))
        conn.is_cut, conn.data_ready = arrival.is_cut, True
        self.held[conn] = len(arrival.received)
        self.enqueue_req(conn)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """A body that was too large is not read to its end only to keep the connection."""
        return not conn.is_cut and super()._keepalive_after(conn, keepalive)

    # --- Stopping ---------------------------------------------------------------------------------------------------

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive and not enabled:
            self.stop_listening()

    def stop_listening(self) -> None:
        """Take everybody along who has connected, then refuse: a proxy goes elsewhere only when it is refused."""
        listeners, self.sockets = self.sockets, []
        for listener in listeners:
            for _ in range(self.cfg.backlog):
                if not self.accept(listener):
                    break
            listener.close()

    def murder_keepalived(self, force: bool = False) -> None:
        """The next request may have arrived since the loop looked last."""
        now = time.monotonic()
        for conn in [conn for conn in self.keepalived_conns if conn.timeout <= now and has_data(conn.sock)]:
            self.on_client_socket_readable(conn, conn.sock)
        super().murder_keepalived(force)

    # --- Leaving ----------------------------------------------------------------------------------------------------

    def finish_request(self, conn: TConn, answered) -> None:
        self.held.pop(conn, None)
        is_kept = not answered.cancelled() and answered.exception() is None and answered.result()
        if not is_kept:
            self.linger(conn)
        elif more := conn.parser.unreader.take_buffered():
            self.await_request(conn, Arrival(more))
        else:
            super().finish_request(conn, answered)

    def linger(self, conn: TConn) -> None:
        """Say that we are done, and drain for a moment: who still sends would lose our answer (RFC 9112, 9.6)."""
        self.nr_conns -= 1
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            util.close(conn.sock)
            return
        conn.sock.setblocking(False)
        self.lingering[conn] = time.monotonic() + LINGER_SECONDS
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_lingering, conn))

    def on_lingering(self, conn: TConn, client: socket.socket) -> None:
        if receive(client) == b"":
            self.close_lingering(conn)

    def close_lingering(self, conn: TConn) -> None:
        del self.lingering[conn]
        self.poller.unregister(conn.sock)
        util.close(conn.sock)

    def drop(self, conn: TConn) -> None:
        self.forget_arriving(conn)
        self.nr_conns -= 1
        util.close(conn.sock)

    def drop_oldest(self) -> None:
        for conn in self.arriving:
            self.drop(conn)
            break

    def forget_arriving(self, conn: TConn) -> None:
        del self.arriving[conn]
        self.held.pop(conn, None)
        self.poller.unregister(conn.sock)

    def murder_pending(self) -> None:
        """Called after all that happens on the loop; once a second is enough."""
        now = time.monotonic()
        if now < self.look_at:
            return
        self.look_at = now + 1
        for conn, (arrival, began) in list(self.arriving.items()):
            is_stopping = not self.alive
            limit = LINGER_SECONDS if is_stopping else BODY_SECONDS if arrival.body_at else HEAD_SECONDS
            if now > began + limit:
                self.drop(conn)
        for conn, until in list(self.lingering.items()):
            if now > until:
                self.close_lingering(conn)


def receive(client: socket.socket) -> bytes | None:
    """Non-blocking read: b"" when the client is gone, None when there is nothing yet."""
    try:
        return client.recv(CHUNK)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def has_data(client: socket.socket) -> bool:
    try:
        return bool(client.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def send(client: socket.socket, data: bytes) -> None:
    """A few bytes, into an empty buffer."""
    try:
        client.send(data)
    except OSError:
        return
