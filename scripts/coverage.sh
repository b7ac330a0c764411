#!/usr/bin/env bash
# How much of the core its own tests run, file by file.
#
# The core depends on nothing, so a package of it and its tests alone builds in a minute. Swift's coverage knows regions,
# not branches: each arm of an if, a guard, a switch, a ternary and a short-circuit is a region of its own, so a region
# that never ran is a branch that was never taken.
set -euo pipefail
cd "$(dirname "$0")/.."
place=.build-coverage
mkdir -p "$place/Sources" "$place/Tests"
ln -sfn "$PWD/Sources/MartletCore" "$place/Sources/MartletCore"
ln -sfn "$PWD/Tests/MartletCoreTests" "$place/Tests/MartletCoreTests"
cat > "$place/Package.swift" <<'SWIFT'
// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
let package = Package(
    name: "martlet",
    targets: [
        .target(name: "MartletCore", swiftSettings: settings),
        .testTarget(name: "MartletCoreTests", dependencies: ["MartletCore"], swiftSettings: settings),
    ]
)
SWIFT
swift test --package-path "$place" --enable-code-coverage --skip HouseRules > "$place/test.log" 2>&1 \
    || { grep -aE "recorded an issue|error:" "$place/test.log" | cut -c 1-300; exit 1; }
python3 - "$(swift test --package-path "$place" --show-codecov-path)" <<'PY'
import json, sys
report = json.load(open(sys.argv[1]))["data"][0]
files = [f for f in report["files"] if "/Sources/MartletCore/" in f["filename"]]
covered = count = 0
for entry in sorted(files, key=lambda f: f["summary"]["regions"]["percent"]):
    regions = entry["summary"]["regions"]
    covered, count = covered + regions["covered"], count + regions["count"]
    if regions["covered"] < regions["count"]:
        name = entry["filename"].split("/Sources/MartletCore/")[1]
        lines = sorted({s[0] for s in entry["segments"] if s[3] and s[4] and s[2] == 0})
        print(f"{regions['percent']:6.1f} %  {name}: not run at {', '.join(map(str, lines))}")
print(f"{100 * covered / count:6.1f} %  of {count} regions of MartletCore")
PY
