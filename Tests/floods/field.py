"""Where an attack happens: its connections, its bounds, and what became of both.

An attack spends at most a share of one core, opens a bounded number of connections, and ends at its time."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import frames


@dataclass
class Tally:
    """What was sent and what came back, over all connections."""

    connections: int = 0
    #: Connections that could not be made.
    refused: int = 0
    #: Frames, requests, or pieces of one: what the attack consists of.
    sent: int = 0
    bytes: int = 0
    #: HTTP statuses, gRPC's resets and goodbyes.
    answers: Counter[str] = field(default_factory=Counter)
    #: Seconds from the start of an offence until the server ended it.
    cuts: list[float] = field(default_factory=list)
    #: Seconds for which the oldest offence had gone on when the attack ended.
    uncut: float = 0.0

    def report(self) -> dict:
        return {
            "connections": self.connections, "refused": self.refused, "sent": self.sent, "bytes": self.bytes,
            "answers": dict(self.answers), "cuts": len(self.cuts), "uncut": self.uncut,
            "first_cut": min(self.cuts, default=None), "last_cut": max(self.cuts, default=None),
            "median_cut": statistics.median(self.cuts) if self.cuts else None,
        }


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

    async def closed(self) -> None:
        await self._closed.wait()


class Field:
    """One attack's time, share of a core, and connections."""

    def __init__(self, http: int, grpc: int, seconds: float, share: float = 0.5) -> None:
        self._ports = {"http": http, "grpc": grpc}
        self._share = share
        self._begin = time.monotonic()
        self._spent = time.process_time()
        self._peers: set[Peer] = set()
        self._looked = 0.0
        self._served: set[int] = set()
        self.end = self._begin + seconds
        self.tally = Tally()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.end

    @property
    def left(self) -> float:
        return max(0.0, self.end - time.monotonic())

    def is_served(self, port: int) -> bool:
        """Whether the server still holds the connection from this port of ours."""
        if time.monotonic() - self._looked > 0.5:
            self._looked = time.monotonic()
            self._served = established(set(self._ports.values()))
        return port in self._served

    async def breathe(self) -> None:
        """Lets others run, and keeps this process within its share of a core."""
        ahead = (time.process_time() - self._spent) / self._share - (time.monotonic() - self._begin)
        await asyncio.sleep(min(max(ahead, 0.0), self.left, 0.5))

    async def connect(self, face: str, hello: bytes = b"") -> Peer | None:
        """A connection to the HTTP or gRPC port; nil when the server does not take it."""
        loop = asyncio.get_running_loop()
        try:
            _, peer = await asyncio.wait_for(
                loop.create_connection(lambda: Peer(self, face == "grpc"), "127.0.0.1", self._ports[face]),
                max(self.left, 0.01))
        except (OSError, TimeoutError):
            self.tally.refused += 1
            await asyncio.sleep(min(0.05, self.left))
            return None
        self.tally.connections += 1
        self._peers.add(peer)
        asyncio.ensure_future(self._forget(peer))
        if hello and peer.transport is not None:
            peer.transport.write(hello)
        await self.breathe()
        return peer

    async def _forget(self, peer: Peer) -> None:
        await peer.closed()
        self._peers.discard(peer)

    def close(self) -> None:
        """Ends what is still open, and notes how long it was let live."""
        self.tally.uncut = max((peer.oldest_offence for peer in self._peers), default=0.0)
        for peer in list(self._peers):
            peer.abort()


def established(ports: set[int]) -> set[int]:
    """The far ends of the connections that are open on these ports of this machine."""
    far = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, here, there, state = line.split()[:4]
        if state == "01" and int(here.rsplit(":", 1)[1], 16) in ports:
            far.add(int(there.rsplit(":", 1)[1], 16))
    return far
