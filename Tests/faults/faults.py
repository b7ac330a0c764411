"""Faults at the real boundaries of the real server: its disk, its clock, its pauses.

    python3 Tests/faults/faults.py --seed 1                  a slice of every part
    python3 Tests/faults/faults.py --whole                   all of it
    python3 Tests/faults/faults.py --part points --point sync:12:EIO:once

Exit code 0: every promise was kept."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "torture"))

from points import Point, Points, chosen  # noqa: E402
from shim import build  # noqa: E402

ALL = 1_000_000
