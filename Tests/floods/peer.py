"""One connection of an attacker: what it sends and gets, and since when the server has had a reason to end it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import frames

if TYPE_CHECKING:
    from field import Field


class Peer(asyncio.Protocol):
    """One connection of an attacker."""

    def __init__(self, place: Field, is_http2: bool) -> None:
        self._place = place
        self._frames = frames.Reader() if is_http2 else None
        self._offences: dict[int, float] = {}
        self._writable = asyncio.Event()
        self._writable.set()
        self._closed = asyncio.Event()
        self.transport: asyncio.Transport | None = None
        #: What the server's windows still let through, by stream; 0 is the connection.
        self._credit: dict[int, int] = {0: 65_535}
        self._first_credit = 65_535

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, chunk: bytes) -> None:
        if self._frames is None:
            self._read_statuses(chunk)
            return
        for kind, flags, stream, payload in self._frames.read(chunk):
            if kind == frames.GOAWAY:
                self._place.tally.answers[f"goaway {payload[7]}"] += 1
            elif kind == frames.RST_STREAM:
                self._place.tally.answers[f"reset {payload[3]}"] += 1
                self.is_cut(stream)
            elif kind == frames.WINDOW_UPDATE:
                self._credit[stream] = self._credit.get(stream, self._first_credit) + int.from_bytes(payload, "big")
            elif kind == frames.SETTINGS and not flags & frames.ACK:
                self._first_credit = frames.window(payload, self._first_credit)
            elif kind == frames.HEADERS and flags & frames.END_STREAM:
                self._place.tally.answers["trailers"] += 1
                self.is_cut(stream)

    def _read_statuses(self, chunk: bytes) -> None:
        for piece in chunk.split(b"HTTP/1.1 ")[1:]:
            self._place.tally.answers[piece[:3].decode(errors="replace")] += 1

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, error: Exception | None) -> None:
        for stream in list(self._offences):
            self.is_cut(stream)
        self._closed.set()
        self._writable.set()

    @property
    def is_open(self) -> bool:
        return not self._closed.is_set()

    def offends(self, stream: int = 0) -> None:
        """From now on the server has a reason to end this connection, or this stream of it."""
        self._offences.setdefault(stream, time.monotonic())

    def is_cut(self, stream: int) -> None:
        since = self._offences.pop(stream, None)
        if since is not None and not self._place.is_over:
            self._place.tally.cuts.append(time.monotonic() - since)

    @property
    def oldest_offence(self) -> float:
        return max((time.monotonic() - since for since in self._offences.values()), default=0.0)

    async def send(self, chunk: bytes, count: int = 1) -> bool:
        """False: the connection is closed. Waits while the server does not read."""
        await self._writable.wait()
        if not self.is_open or self.transport is None or self._place.is_over:
            return False
        self.transport.write(chunk)
        self._place.tally.sent += count
        self._place.tally.bytes += len(chunk)
        await self._place.breathe()
        return self.is_open

    async def credit(self, stream: int, size: int) -> bool:
        """Waits until the server's windows let `size` bytes of the stream through. False: they never will."""
        while min(self._credit[0], self._credit.setdefault(stream, self._first_credit)) < size:
            if not self.is_open or self._place.is_over:
                return False
            await asyncio.sleep(min(0.05, self._place.left))
        self._credit[0] -= size
        self._credit[stream] -= size
        return True

    def stop_reading(self) -> None:
        """Who does not read does not see the end either: from now on the system is asked whether there was one."""
        if self.transport is not None and self.is_open:
            self.transport.pause_reading()
            asyncio.ensure_future(self._ask_for_the_end(self.transport.get_extra_info("sockname")[1]))

    async def _ask_for_the_end(self, port: int) -> None:
        while self.is_open and not self._place.is_over:
            await asyncio.sleep(min(1.0, self._place.left))
            if not self._place.is_served(port):
                self.abort()

    def abort(self) -> None:
        if self.transport is not None and self.is_open:
            self.transport.abort()

    def leave(self) -> None:
        """Closes it from this side: what the server let live until now was not cut by it."""
        self._place.tally.uncut = max(self._place.tally.uncut, self.oldest_offence)
        self._offences.clear()
        self.abort()

    async def closed(self) -> None:
        await self._closed.wait()
