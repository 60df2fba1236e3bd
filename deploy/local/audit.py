"""Looks for known vulnerabilities in what requirements-models.txt pins; exit code 1: there are some.

Where nobody could be asked, or not about everything, it says so loudly and passes: a missing network is no
fault of the code. It never passes in silence.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60
COMMAND = ("-r", "requirements-models.txt", "--require-hashes", "--disable-pip", "--progress-spinner", "off",
           "--timeout", "5", "--format", "json")  # fmt: skip


def main() -> int:
    """Ask, print, and return the exit code."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *COMMAND],
            cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return not_asked(f"no answer within {PATIENCE} seconds")
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return not_asked((done.stderr.strip().splitlines() or ["no word why"])[-1])
    return judge(packages)


def judge(packages: list[dict[str, object]]) -> int:
    """Print what was found, and what could not be asked about; return the exit code."""
    found = [one for one in packages if one.get("vulns")]
    skipped = [str(one["name"]) for one in packages if "skip_reason" in one]
    for one in found:
        for flaw in one["vulns"]:  # type: ignore[attr-defined]
            fixed = ", ".join(flaw["fix_versions"]) or "no version yet"
            print(f"{one['name']} {one['version']}: {flaw['id']}, mended in {fixed}")
    if skipped:
        few = ", ".join(skipped[:3]) + (" ..." if len(skipped) > 3 else "")
        not_asked(f"{len(skipped)} of {len(packages)} packages are unknown to it: {few}")
    elif not found:
        print(f"{len(packages)} packages, no known vulnerability")
    return 1 if found else 0


def not_asked(why: str) -> int:
    """Say that nothing is known."""
    line = "!" * 100
    print(
        f"{line}\nNOT AUDITED: the service for advisories could not be asked. {why}\n{line}", file=sys.stderr
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
