"""What an attack is, and the shapes that most of them have."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from field import Field
from peer import Peer

MEGA = 1 << 20
#: Seconds from an attacker's first step to the server's noticing it, and from the server's cut to the attacker's.
SLACK = 4


@dataclass(frozen=True)
class Attack:
    """One way to burden the server, and what the server owes it."""

    name: str
    run: Callable[[Field], Awaitable[None]]
    #: Seconds after which an offence must have been ended; nil where the offence is answered instead.
    cut_within: float | None = None
    #: The answers that may come, by their first word; empty: any.
    answers: tuple[str, ...] = ()
    #: Whether it needs the time of the server's slow limits to show.
    is_slow: bool = False


async def crowd(count: int, one: Callable[[], Awaitable[None]]) -> None:
    """`count` at once."""
    await asyncio.gather(*(one() for _ in range(count)))


async def storm(
    place: Field, face: str, hello: bytes, pieces: Callable[[], Iterable[tuple[bytes, int]]], connections: int = 4
) -> None:
    """Connections that send `pieces` (bytes, and how many frames they are) until they are cut, and then come again."""

    async def one() -> None:
        while not place.is_over:
            peer = await place.connect(face, hello)
            if peer is None:
                continue
            peer.offends()
            for piece, count in pieces():
                if not await peer.send(piece, count):
                    break
            else:
                await outlive(place, peer)
            # Closed by the server, or its pieces are at an end.
            peer.leave()

    await crowd(connections, one)


async def outlive(place: Field, peer: Peer) -> None:
    """Waits until the server closes the connection, or the attack is over."""
    try:
        await asyncio.wait_for(peer.closed(), place.left)
    except TimeoutError:
        pass


async def hold(
    place: Field, face: str, connections: int, begin: Callable[[Peer], Awaitable[None]],
    drip: bytes = b"", every: float = 1.0, again: bool = False,
) -> None:
    """Connections that `begin` something and then keep it, sending `drip` now and then."""
    place.tally.wanted += connections

    async def one() -> None:
        while not place.is_over:
            peer = await place.connect(face)
            if peer is None:
                continue
            await begin(peer)
            if not drip:
                # Asleep: thousands who look up each second would burden the machine, not the server.
                await outlive(place, peer)
            while drip and peer.is_open and not place.is_over:
                await asyncio.sleep(min(every, place.left))
                await peer.send(drip)
            if not again:
                return

    await crowd(connections, one)
