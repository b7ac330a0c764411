"""What attackers report of their offences, each way once. Run: python3 -m unittest discover -s Tests/floods"""

from __future__ import annotations

import asyncio
import itertools
import unittest
from collections.abc import Callable
from types import SimpleNamespace

import frames
from attack import Attack, hold, storm
from attacker import play
from field import Field, Tally
from peer import Peer

SECONDS = 0.4


class Peers(unittest.TestCase):
    """What counts as cut by the server."""

    def setUp(self) -> None:
        self.place = SimpleNamespace(tally=Tally(), is_over=False)
        self.peer = Peer(self.place, is_http2=True)
        self.peer.offends(3)

    def test_a_connection_that_the_server_closes_is_cut(self) -> None:
        self.peer.connection_lost(None)
        self.assertEqual(len(self.place.tally.cuts), 1)

    def test_a_call_that_the_server_resets_is_cut(self) -> None:
        self.peer.data_received(frames.reset(3))
        self.assertEqual(len(self.place.tally.cuts), 1)

    def test_what_the_attacker_ends_itself_is_not(self) -> None:
        self.peer.leave()
        self.peer.connection_lost(None)
        self.assertEqual(self.place.tally.cuts, [])
        self.assertGreater(self.place.tally.uncut, 0)


class LetsLive(asyncio.Protocol):
    """A server that takes everything and ends nobody."""


class Cuts(asyncio.Protocol):
    """A server that ends whoever says something."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, chunk: bytes) -> None:
        self._transport.close()


async def endless(place: Field) -> None:
    await storm(place, "http", b"", lambda: itertools.repeat((b"x", 1)), connections=2)


async def short(place: Field) -> None:
    await storm(place, "http", b"", lambda: [(b"x", 1)], connections=2)


async def held(place: Field) -> None:
    async def begin(peer: Peer) -> None:
        peer.offends()
        await peer.send(b"x")

    await hold(place, "http", 2, begin)


class Reports(unittest.TestCase):
    """Against servers of a few lines, over real sockets."""

    def report(self, attack: Callable, server: type[asyncio.Protocol]) -> dict:
        async def playing() -> dict:
            listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
            port = listener.sockets[0].getsockname()[1]
            report = await play(Attack("test", attack), Field(port, port, SECONDS))
            listener.close()
            return report

        return asyncio.run(playing())

    def test_offenders_that_are_let_live_are_told_of(self) -> None:
        for attack in (endless, short, held):
            report = self.report(attack, LetsLive)
            self.assertEqual(report["cuts"], 0, attack.__name__)
            self.assertGreater(report["uncut"], SECONDS / 2, attack.__name__)

    def test_offenders_that_are_cut_are_told_of(self) -> None:
        for attack in (endless, short, held):
            report = self.report(attack, Cuts)
            self.assertGreater(report["cuts"], 1, attack.__name__)
            self.assertLess(report["last_cut"], SECONDS, attack.__name__)


if __name__ == "__main__":
    unittest.main()
