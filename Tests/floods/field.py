"""Where an attack happens: its connections, its bounds, and what became of both.

An attack spends at most a share of one core, opens a bounded number of connections, and ends at its time."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from peer import Peer


@dataclass
class Tally:
    """What was sent and what came back, over all connections."""

    connections: int = 0
    #: Connections that the attack is made of: fewer are another attack.
    wanted: int = 0
    #: Connections that could not be made.
    refused: int = 0
    #: Frames, requests, or pieces of one: what the attack consists of.
    sent: int = 0
    bytes: int = 0
    #: HTTP statuses, gRPC's resets and goodbyes.
    answers: Counter[str] = field(default_factory=Counter)
    #: Seconds from the start of an offence until the server ended it.
    cuts: list[float] = field(default_factory=list)
    #: Seconds for which the oldest offence had gone on when the attack ended it, or ended.
    uncut: float = 0.0

    def report(self) -> dict:
        return {
            "connections": self.connections, "wanted": self.wanted, "refused": self.refused, "sent": self.sent,
            "bytes": self.bytes, "answers": dict(self.answers), "cuts": len(self.cuts), "uncut": self.uncut,
            "first_cut": min(self.cuts, default=None), "last_cut": max(self.cuts, default=None),
            "median_cut": statistics.median(self.cuts) if self.cuts else None,
        }


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
        self.tally.uncut = max([self.tally.uncut, *(peer.oldest_offence for peer in self._peers)])
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
