"""Floods and slow clients against the real server, while an honest client goes on.

    python3 Tests/floods/floods.py                     every attack by itself, and then the slow ones at once
    python3 Tests/floods/floods.py ping settings --seconds 60
    python3 Tests/floods/floods.py --list

Exit code 0: the server lived, honest requests were answered, memory and descriptors stayed within their bounds, and
offenders were cut. Whether the honest p99 stayed within twice that without attack is a figure of the table."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "torture"))

from attacker import ATTACKS, CONTROL  # noqa: E402
from judge import percentile, verdicts  # noqa: E402
from processes import Broken  # noqa: E402
from scene import Scene, Settings  # noqa: E402
from table import HEAD, figures, row  # noqa: E402

#: Those fill the server's connections, and would keep the others out.
IDLE = ("idle-http", "idle-grpc")
#: Enough to see what an attack does; a scene in which offenders must be cut lasts longer where that is too short.
QUICK_SECONDS, IDLE_SECONDS, SLOW_SECONDS = 3.0, 17.0, 37.0
#: How much longer than the limit: whoever offends within this time is seen to live for longer than the limit.
BEYOND_LIMIT = 1.0


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("attacks", nargs="*", help="all, unless some are named")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seconds", type=float, default=None,
        help="of each scene, one attack in each; limits that are longer are not judged then")
    parser.add_argument("--rate", type=float, default=100, help="honest requests a second")
    parser.add_argument("--share", type=float, default=0.5, help="of one core that an attacker may spend")
    parser.add_argument("--bin", type=Path, default=HERE.parent.parent / ".build/release")
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"),
        help="where the run's folder is made: in memory, for a disk's whims are not what is measured")
    parser.add_argument("--json", type=Path, default=None, help="write the figures there too")
    return parser.parse_args()


def scenes(wanted: argparse.Namespace) -> list[tuple[str, list[str], float]]:
    """Name, attacks, seconds."""
    names = wanted.attacks or list(ATTACKS)
    unknown = set(names) - set(ATTACKS)
    if unknown:
        raise SystemExit(f"no such attack: {', '.join(sorted(unknown))}")
    if wanted.seconds is not None:
        return [(name, [name], wanted.seconds) for name in names]
    slow = [name for name in names if ATTACKS[name].is_slow and name not in IDLE]
    # As long as most limits need. A longer one, that of slow-head-grpc, cannot be judged in this scene: nobody offends
    # for so long. Its own scene judges it.
    crowd = [("all slow ones", slow, SLOW_SECONDS)] if len(slow) > 1 else []
    return [(name, [name], length(name)) for name in names] + crowd


def length(name: str) -> float:
    """Of an attack's own scene: longer than its limit, or it could not be told whether offenders were cut."""
    attack = ATTACKS[name]
    slow = IDLE_SECONDS if name in IDLE else SLOW_SECONDS
    return max(slow if attack.is_slow else QUICK_SECONDS, (attack.cut_within or 0) + BEYOND_LIMIT)


def run(wanted: argparse.Namespace, folder: Path) -> bool:
    settings = Settings(wanted.bin / "martlet", folder, wanted.rate, wanted.share, settle=1.0)
    limits = {name: attack.cut_within for name, attack in ATTACKS.items()}
    allowed = {name: attack.answers for name, attack in ATTACKS.items()}
    calm_facts = Scene(settings, CONTROL.name, [CONTROL.name], 8.0).run()
    calm = percentile(calm_facts.samples, 0.99)
    print(HEAD)
    print(row(calm_facts, calm, {}), flush=True)
    # The scene without attack is what the others are held to: it could not miss the bar, and does not count.
    calm_figures, kept, wrong = figures(calm_facts, calm), [], []
    for name, attacks, seconds in scenes(wanted):
        facts = Scene(settings, name.replace(" ", "-"), attacks, seconds).run()
        print(row(facts, calm, limits), flush=True)
        kept.append(figures(facts, calm))
        for words in verdicts(facts, calm, limits, allowed):
            wrong.append(f"{name}: {words}")
            print(f"  WRONG: {words}", flush=True)
    if wanted.json is not None:
        wanted.json.write_text(json.dumps([calm_figures, *kept], indent=1) + "\n")
    missed = [facts["scene"] for facts in kept if not facts["within_twice"]]
    print(f"p99 within twice that without attack: {len(kept) - len(missed)} of {len(kept)} scenes", end="")
    print(f"; missed in {', '.join(missed)}" if missed else "")
    print(f"floods: {len(wrong)} wrong" if wrong else "floods: ok")
    return not wrong


def main() -> int:
    wanted = options()
    if wanted.list:
        print("\n".join(ATTACKS))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="martlet-floods-", dir=wanted.folder))
    try:
        return 0 if run(wanted, folder) else 1
    except Broken as broken:
        print(f"floods: {broken}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
