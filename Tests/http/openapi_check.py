#!/usr/bin/env python3
"""Holds a running server against its own description.

    pip install openapi-spec-validator schemathesis
    openapi_check.py http://127.0.0.1:7480 [examples-per-operation [phases]]

First the description itself must be valid OpenAPI 3.1, then schemathesis sends examples, edge cases, random and wrong
requests, and sequences of calls, and looks for 5xx, answers that are not described, and wrong input that is accepted.
Exits with 1 when anything is found. 400 is a right answer to input that the schema allows, where JSON Schema cannot
say the rule (a backoff above its ceiling, an instant too far away).
"""

import pathlib
import subprocess
import sys
import tempfile
import urllib.request

import yaml
from openapi_spec_validator import validate

SETTINGS = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "404", "409", "413"]

[checks.negative_data_rejection]
expected-statuses = ["400", "404", "405", "409", "413", "415", "431"]

[checks.ignored_auth]
enabled = false
"""


def main() -> int:
    base = sys.argv[1].rstrip("/")
    examples = sys.argv[2] if len(sys.argv) > 2 else "200"
    phases = sys.argv[3] if len(sys.argv) > 3 else "examples,coverage,fuzzing,stateful"
    with urllib.request.urlopen(f"{base}/openapi.yaml") as response:
        validate(yaml.safe_load(response.read()))
    print("the description is valid OpenAPI 3.1")
    with tempfile.TemporaryDirectory() as folder:
        settings = pathlib.Path(folder) / "schemathesis.toml"
        settings.write_text(SETTINGS)
        return subprocess.run(
            [
                "schemathesis", f"--config-file={settings}", "run", f"{base}/openapi.yaml",
                f"--max-examples={examples}", "--checks=all", "--suppress-health-check=all",
                "--request-timeout=65", "--max-response-time=62", "--continue-on-failure", f"--phases={phases}",
            ],
            cwd=folder,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
