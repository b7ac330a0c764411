"""A copy of the sources in which each seeded bug is a switch."""

import pathlib
import re
import subprocess
import tomllib
from dataclasses import dataclass

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent

# Which mistake is switched on. It exists only in the copy.
SWITCH = """\
import Glibc

/// The number of the mistake that is switched on; 0 for none.
package let seededBug: Int = getenv("MARTLET_BUG").flatMap { Int(String(cString: $0)) } ?? 0
"""


@dataclass
class Bug:
    number: int
    name: str
    what: str
    file: str
    # Where it is: «an expression», ‹statements›, or all of it as statements, among what makes the place unique.
    site: str
    wrong: str

    def switched(self, text):
        """The place of the mistake in a file's text, and what stands there in the copy."""
        site = self.site.strip("\n")
        mark = re.search("[«‹](.*)[»›]", site, re.S)
        plain = re.sub("[«»‹›]", "", site)
        found = text.count(plain)
        if found != 1:
            raise ValueError(f"{self.name}: its place is there {found} times in {self.file}")
        right = mark.group(1) if mark else plain
        start = text.index(plain) + (mark.start() if mark else 0)
        if "«" in site:
            new = f"(seededBug == {self.number} ? ({self.wrong}) : ({right}))"
        else:
            new = f"if seededBug == {self.number} {{ {self.wrong} }} else {{ {right.strip()} }}"
        return start, start + len(right), new


def bugs():
    """All of them, numbered from 1."""
    found = []
    for room in ("core", "node", "view"):
        for bug in tomllib.loads((HERE / f"{room}.toml").read_text())["bug"]:
            found.append(Bug(number=len(found) + 1, **bug))
    return found


def seed(text, of_file):
    """The text of a file with its mistakes as switches."""
    places = sorted((bug.switched(text) for bug in of_file), reverse=True)
    for (start, _, _), (_, end, _) in zip(places, places[1:]):
        if end > start:
            raise ValueError(f"two bugs of {of_file[0].file} overlap")
    for start, end, new in places:
        text = text[:start] + new + text[end:]
    is_core = of_file[0].file.startswith("Sources/MartletCore/")
    if is_core or re.search("^(internal |package )?import MartletCore$", text, re.M):
        return text
    # Where the switch is.
    return "internal import MartletCore\n" + text


def plant(tree):
    """Makes or renews the copy. What did not change keeps its time, so that little is built anew."""
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "Sources", "Tests", "Package.*"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    wanted = {name: (ROOT / name).read_bytes() for name in files if (ROOT / name).is_file()}
    every = bugs()
    for name in {bug.file for bug in every}:
        mine = [bug for bug in every if bug.file == name]
        wanted[name] = seed(wanted[name].decode(), mine).encode()
    wanted["Sources/MartletCore/SeededBug.swift"] = SWITCH.encode()
    # A switched expression may leave something unused.
    wanted["Package.swift"] = wanted["Package.swift"].replace(b"    .treatAllWarnings(as: .error),\n", b"")
    for name, content in wanted.items():
        path = tree / name
        if path.is_file() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for folder in ("Sources", "Tests"):
        for path in (tree / folder).rglob("*"):
            if path.is_file() and str(path.relative_to(tree)) not in wanted:
                path.unlink()
    return every


def build(tree):
    """The simulator with all switches; returns where it is."""
    command = ["swift", "build", "-c", "release", "--product", "martlet-sim"]
    subprocess.run(command, cwd=tree, check=True)
    place = subprocess.run([*command, "--show-bin-path"], cwd=tree, check=True, capture_output=True, text=True)
    return pathlib.Path(place.stdout.strip()) / "martlet-sim"
