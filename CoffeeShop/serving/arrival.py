"""Incremental parser of an HTTP request: enough grammar to find its end, and no more."""

import re

from django.conf import settings

LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
MAX_HEAD = 64 * 1024
MAX_CHUNKED = 2 * LIMIT  # with its framing; beyond that it is refused, whatever is in it
HEX = re.compile(rb"[0-9a-fA-F]{1,8}")
BEGUN = re.compile(rb"[0-9a-fA-F]{0,8}([ \t;][^\n]{0,900})?\r?")  # of a chunk's first line
DIGITS = re.compile(rb"[0-9]{1,10}")


class Arrival:
    """Bytes from a client, up to the end of the first request in them.

    `is_whole` says that a parser will wait for nothing, also because it will refuse what it finds. `is_cut` says that
    the body is not all there, being too large.
    """

    def __init__(self, received: bytes = b""):
        self.received = bytearray(received)
        self.is_whole = self.is_cut = self.is_endless = self.expects_continue = False
        self.body_at = self.end = 0
        self.is_chunked = False
        self._look()

    def add(self, data: bytes) -> None:
        self.received += data
        self._look()

    def _look(self) -> None:
        if not self.body_at:
            self._look_for_head()
        if self.body_at and self.is_chunked:
            self._look_for_chunks()
        elif self.body_at:
            self.is_whole = len(self.received) >= self.end

    def _look_for_head(self) -> None:
        at = self.received.find(b"\r\n\r\n", 0, MAX_HEAD + 4)
        if at < 0:
            self.is_endless = len(self.received) > MAX_HEAD
            return
        self.body_at = self.end = at + 4
        headers = [line.partition(b":") for line in bytes(self.received[:at]).lower().split(b"\r\n")[1:]]
        values = {name.strip(): value.strip() for name, _colon, value in headers}
        self.expects_continue = values.get(b"expect") == b"100-continue"
        self.is_chunked = b"transfer-encoding" in values
        length = values.get(b"content-length", b"")
        if not self.is_chunked and DIGITS.fullmatch(length):
            self.is_cut = int(length) > LIMIT
            self.end += 0 if self.is_cut else int(length)

    def _look_for_chunks(self) -> None:
        while not self.is_whole:
            line_end = self.received.find(b"\r\n", self.end, self.end + 1000)
            if line_end < 0:
                self.is_whole = not BEGUN.fullmatch(self.received, self.end)
                break
            size = bytes(self.received[self.end : line_end]).partition(b";")[0].strip()
            if not HEX.fullmatch(size):
                self.is_whole = True
            elif int(size, 16) == 0:  # then come trailers and an empty line
                self.is_whole = self.received.find(b"\r\n\r\n", line_end) >= 0
                break
            else:
                next_at = line_end + 2 + int(size, 16) + 2
                if next_at > len(self.received):
                    break
                self.end = next_at
        if len(self.received) > MAX_CHUNKED:
            self.is_whole = self.is_cut = True
