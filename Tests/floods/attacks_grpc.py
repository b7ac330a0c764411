"""Attacks by calls and messages, on the gRPC port."""

from __future__ import annotations

import asyncio
import itertools
import zlib
from collections.abc import Iterator

import frames
import wire
from attack import SLACK, Attack, hold, storm
from field import Field, Peer

MEGA = 1 << 20
ALL_STREAMS = range(1, 200, 2)
#: What the server must grant before a message of megabytes passes.
FRAME = 16_384


def gzip_bombs() -> Iterator[tuple[bytes, int]]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(bytes(12 * MEGA)) + packer.flush()
    block = frames.call_head(wire.SUBMIT, ("grpc-encoding", "gzip"))
    for stream in itertools.islice(itertools.count(1, 2), 100):
        yield frames.headers(stream, block) + frames.data(
            stream, frames.message(bomb, compressed=True), frames.END_STREAM), 2


def false_lengths() -> Iterator[tuple[bytes, int]]:
    block = frames.call_head(wire.SUBMIT)
    lengths = itertools.cycle([0xFFFFFFFF, 0x80000000, 13 * MEGA])
    for stream in itertools.islice(itertools.count(1, 2), 100):
        yield frames.headers(stream, block) + frames.data(stream, frames.message(b"x", length=next(lengths))), 2


def heartbeats() -> Iterator[tuple[bytes, int]]:
    opening = frames.message(wire.open_session("nothing", 1))
    yield frames.headers(1, frames.call_head(wire.SESSION)) + frames.data(1, opening), 2
    count = FRAME // 7
    yield from itertools.repeat((frames.data(1, frames.message(wire.HEARTBEAT) * count), count))


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
        for stream in ALL_STREAMS:
            peer.offends(stream)
        await peer.send(frames.hello() + b"".join(frames.headers(stream, block) for stream in ALL_STREAMS), 100)

    await hold(place, "grpc", 20, begin)


async def half_messages(place: Field) -> None:
    """Nearly whole messages, as large as they may be: as much as the server's windows let through."""
    block = frames.call_head(wire.SUBMIT)
    part = frames.data(0, b" " * FRAME)

    async def begin(peer: Peer) -> None:
        await peer.send(frames.hello(), 1)
        for stream in itertools.islice(ALL_STREAMS, 4):
            peer.offends(stream)
            start = frames.headers(stream, block) + frames.data(stream, frames.message(b"", length=12 * MEGA))
            await peer.send(start, 2)
        for _ in range(11 * MEGA // FRAME):
            for stream in itertools.islice(ALL_STREAMS, 4):
                if not await peer.credit(stream, FRAME):
                    return
                await peer.send(part[:5] + stream.to_bytes(4, "big") + part[9:])

    await hold(place, "grpc", 10, begin)


async def late_words(place: Field) -> None:
    """Sessions that begin with nothing, are refused for it, and go on: as much as the server's windows let through."""
    block = frames.call_head(wire.SESSION)
    part = frames.data(0, b" " * FRAME)

    async def begin(peer: Peer) -> None:
        await peer.send(frames.hello(), 1)
        for stream in ALL_STREAMS:
            peer.offends(stream)
            start = frames.headers(stream, block) + frames.data(
                stream, frames.message(b"") + frames.message(b"", length=12 * MEGA))
            await peer.send(start, 2)
        for _ in range(12 * MEGA // FRAME):
            for stream in ALL_STREAMS:
                if not await peer.credit(stream, FRAME):
                    return
                await peer.send(part[:5] + stream.to_bytes(4, "big") + part[9:])

    await hold(place, "grpc", 4, begin)


async def zero_window(place: Field) -> None:
    """Large lists that are asked for, with a window that never opens."""
    block = frames.call_head(wire.LIST_JOBS)
    ask = frames.message(wire.list_jobs(200))

    async def begin(peer: Peer) -> None:
        calls = b"".join(
            frames.headers(stream, block) + frames.data(stream, ask, frames.END_STREAM) for stream in ALL_STREAMS)
        for stream in ALL_STREAMS:
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
        await asyncio.gather(*(load(peer, stream) for stream in ALL_STREAMS))

    await hold(place, "grpc", 4, begin)


async def protobuf_bombs(place: Field) -> None:
    """Messages of megabytes, within the server's windows, that spell millions of nothings."""
    bombs = itertools.cycle([
        (wire.SUBMIT, b"\x0a\x00"), (wire.SUBMIT_STREAM, b"\x0a\x00"), (wire.WAIT_JOBS, b"\x0a\x00"),
        (wire.LEASE, b"\x0a\x00"), (wire.SESSION, b"\x12\x02\x12\x00"),
    ])
    while not place.is_over:
        peer = await place.connect("grpc", frames.hello())
        if peer is None:
            continue
        for stream, (path, one) in zip(ALL_STREAMS, bombs):
            peer.offends(stream)
            if path == wire.SESSION:
                one = wire.field(2, b"\x12\x00" * (6 * MEGA - 20))
            body = frames.message(one * ((12 * MEGA - 20) // len(one)))
            if not await peer.send(frames.headers(stream, frames.call_head(path))):
                break
            for at in range(0, len(body), FRAME):
                piece = body[at : at + FRAME]
                if not await peer.credit(stream, len(piece)):
                    break
                await peer.send(frames.data(stream, piece, frames.END_STREAM if at + FRAME >= len(body) else 0))
        peer.abort()


def storming(name: str, pieces, answers: tuple[str, ...] = (), cut: float | None = None) -> Attack:
    async def run(place: Field) -> None:
        await storm(place, "grpc", frames.hello(), pieces)

    return Attack(name, run, cut, answers)


ATTACKS = [
    storming("gzip-bomb", gzip_bombs),
    storming("false-length", false_lengths),
    Attack("protobuf-bombs", protobuf_bombs, cut_within=5),
    storming("heartbeats", heartbeats, cut=5),
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
