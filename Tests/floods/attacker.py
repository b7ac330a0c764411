"""One attack in a process of its own: `python3 attacker.py --attack ping --http 7480 --grpc 7481 --seconds 5`.

It begins once it reads a line, so that many of them begin at one time. Its last line is what it sent and what came back,
as JSON. `control` only burns the processor time that an attack may."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sys

import attacks_calls
import attacks_grpc
import attacks_http1
import attacks_http2
from attack import Attack
from field import Field


async def burn(place: Field) -> None:
    while not place.is_over:
        sum(range(20_000))
        await place.breathe()


ATTACKS = {
    one.name: one
    for module in (attacks_http2, attacks_http1, attacks_grpc, attacks_calls) for one in module.ATTACKS}
CONTROL = Attack("control", burn)


async def play(attack: Attack, place: Field) -> dict:
    """Returns what came of it."""
    task = asyncio.ensure_future(attack.run(place))
    # A little longer than the attack looks after itself; then what hangs is cut.
    await asyncio.wait([task], timeout=place.left + 1)
    place.close()
    if not task.done():
        task.cancel()
    elif task.exception() is not None:
        raise task.exception()
    return place.tally.report()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attack", required=True)
    parser.add_argument("--http", type=int, required=True)
    parser.add_argument("--grpc", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--share", type=float, default=0.5, help="of one core that the attack may spend")
    options = parser.parse_args()
    attack = CONTROL if options.attack == CONTROL.name else ATTACKS[options.attack]

    # Thousands of connections; not every shell allows them.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print("ready", flush=True)
    sys.stdin.readline()

    async def attacking() -> None:
        report = await play(attack, Field(options.http, options.grpc, options.seconds, options.share))
        print(json.dumps(report), flush=True)

    # An attacker has a machine of its own: it must not take the honest client's or the server's processor time.
    os.nice(10)
    asyncio.run(attacking())


if __name__ == "__main__":
    main()
