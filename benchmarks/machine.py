"""What the figures were taken on."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from benchmarks.ground import Room
from wafa.stack.mongodb import find_program

PACKAGES = (
    "nameko", "kombu", "amqp", "eventlet", "pymongo", "msgspec", "jsonschema-rs", "marshmallow", "flask",
    "gunicorn", "aio-pika",
)  # fmt: skip


def describe(room: Room) -> dict[str, Any]:
    """Return hardware, versions and how busy the machine was just before."""
    with room.connect() as connection:
        broker = connection.server_properties
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _output("git", "rev-parse", "--short", "HEAD"),
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_average_before": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "broker": f"{broker['product']} {broker['version']}",
        "database": _database(room),
        "packages": {name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _database(room: Room) -> str:
    if os.environ.get("MONGODB_URI"):
        return f"MONGODB_URI: MongoDB {room.database('customers').client.server_info()['version']}"
    program = find_program()
    assert program, "it runs"
    return f"{program.kind}: {_output(str(program.path), '--version').splitlines()[0]}"


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
