"""Attacks by connections and calls that are opened and then held, on the gRPC port."""

from __future__ import annotations

import asyncio
import itertools

import frames
import wire
from attack import MEGA, SLACK, Attack, hold
from field import Field
from peer import Peer


async def idle(place: Field) -> None:
    async def begin(peer: Peer) -> None:
        peer.offends()

    await hold(place, "grpc", 5_000, begin)


async def slow_head(place: Field) -> None:
    """A header block that does not end."""

    async def begin(peer: Peer) -> None:
        peer.offends()
        await peer.send(frames.hello() + frames.headers(1, frames.call_head(wire.SUBMIT), 0)[:-40])

    await hold(place, "grpc", 500, begin, drip=b"s", every=2.0)


async def open_streams(place: Field) -> None:
    """Calls that never say what they ask."""
    block = frames.call_head(wire.GET_JOB)

    async def begin(peer: Peer) -> None:
        for stream in frames.ALL_STREAMS:
            peer.offends(stream)
        await peer.send(frames.hello() + b"".join(frames.headers(stream, block) for stream in frames.ALL_STREAMS), 100)

    await hold(place, "grpc", 20, begin)


async def half_messages(place: Field) -> None:
    """Nearly whole messages, as large as they may be: as much as the server's windows let through."""
    block = frames.call_head(wire.SUBMIT)
    part = frames.data(0, b" " * frames.LARGEST)

    async def begin(peer: Peer) -> None:
        await peer.send(frames.hello(), 1)
        for stream in itertools.islice(frames.ALL_STREAMS, 4):
            peer.offends(stream)
            start = frames.headers(stream, block) + frames.data(stream, frames.message(b"", length=12 * MEGA))
            await peer.send(start, 2)
        for _ in range(11 * MEGA // frames.LARGEST):
            for stream in itertools.islice(frames.ALL_STREAMS, 4):
                if not await peer.credit(stream, frames.LARGEST):
                    return
                await peer.send(part[:5] + stream.to_bytes(4, "big") + part[9:])

    await hold(place, "grpc", 10, begin)


async def late_words(place: Field) -> None:
    """Sessions that begin with nothing, are refused for it, and go on: as much as the server's windows let through."""
    block = frames.call_head(wire.SESSION)
    part = frames.data(0, b" " * frames.LARGEST)

    async def begin(peer: Peer) -> None:
        await peer.send(frames.hello(), 1)
        for stream in frames.ALL_STREAMS:
            peer.offends(stream)
            start = frames.headers(stream, block) + frames.data(
                stream, frames.message(b"") + frames.message(b"", length=12 * MEGA))
            await peer.send(start, 2)
        for _ in range(12 * MEGA // frames.LARGEST):
            for stream in frames.ALL_STREAMS:
                if not await peer.credit(stream, frames.LARGEST):
                    return
                await peer.send(part[:5] + stream.to_bytes(4, "big") + part[9:])

    await hold(place, "grpc", 4, begin)


async def zero_window(place: Field) -> None:
    """Large lists that are asked for, with a window that never opens."""
    block = frames.call_head(wire.LIST_JOBS)
    ask = frames.message(wire.list_jobs(200))

    async def begin(peer: Peer) -> None:
        calls = b"".join(
            frames.headers(stream, block) + frames.data(stream, ask, frames.END_STREAM)
            for stream in frames.ALL_STREAMS)
        for stream in frames.ALL_STREAMS:
            peer.offends(stream)
        await peer.send(frames.hello(window=0) + calls, 200)

    await hold(place, "grpc", 5, begin)


async def silent_worker(place: Field) -> None:
    """Sessions that take all the credit there is, beat, and never open their window."""
    opening = frames.message(wire.open_session("flood", 10_000))

    async def begin(peer: Peer) -> None:
        peer.offends(1)
        await peer.send(frames.hello(window=0) + frames.headers(1, frames.call_head(wire.SESSION)), 2)
        await peer.send(frames.data(1, opening))

    # One: what it holds, the others would not get, and then they did nothing wrong.
    await hold(place, "grpc", 1, begin, drip=frames.data(1, frames.message(wire.HEARTBEAT)))


async def silent_submitter(place: Field) -> None:
    """Submissions whose answers find no window."""
    request = frames.message(wire.submit_request(400, queue="unread"))

    async def begin(peer: Peer) -> None:
        peer.offends(1)
        await peer.send(frames.hello(window=0) + frames.headers(1, frames.call_head(wire.SUBMIT_STREAM)), 2)
        for _ in range(30):
            await peer.send(frames.data(1, request))

    await hold(place, "grpc", 4, begin)


async def silent_loaders(place: Field) -> None:
    """Submissions without end, as much as the server's windows let through, whose answers find no window. They are
    refused: jobs that are taken may have their room."""
    request = frames.message(wire.submit_request(1, payload=bytes(1000), queue="no name"))
    block = frames.call_head(wire.SUBMIT_STREAM)

    async def load(peer: Peer, stream: int) -> None:
        peer.offends(stream)
        await peer.send(frames.headers(stream, block))
        while await peer.credit(stream, len(request)) and await peer.send(frames.data(stream, request)):
            pass

    async def begin(peer: Peer) -> None:
        await peer.send(frames.hello(window=0), 1)
        # In the order of their numbers: streams begin as they are opened.
        await asyncio.gather(*(load(peer, stream) for stream in frames.ALL_STREAMS))

    await hold(place, "grpc", 4, begin)


ATTACKS = [
    Attack("idle-grpc", idle, cut_within=10 + SLACK, is_slow=True),
    Attack("slow-head-grpc", slow_head, cut_within=130 + SLACK, is_slow=True),
    Attack("open-streams", open_streams, cut_within=30 + SLACK, is_slow=True),
    Attack("half-messages", half_messages, cut_within=30 + SLACK, is_slow=True),
    Attack("late-words", late_words, cut_within=30 + SLACK, is_slow=True),
    Attack("zero-window", zero_window, cut_within=30 + SLACK, is_slow=True),
    Attack("silent-worker", silent_worker, cut_within=30 + SLACK, is_slow=True),
    Attack("silent-loaders", silent_loaders, cut_within=30 + SLACK, is_slow=True),
    Attack("silent-submitter", silent_submitter, cut_within=30 + SLACK, is_slow=True),
]
