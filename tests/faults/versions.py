"""Source trees of two versions that run side by side: this one, and a next or an earlier one."""

import io
import os
import subprocess
import zipfile
from pathlib import Path

from tests.faults.mutants import Mutation, break_it, copy_source
from wafa.stack.services import ROOT

#: Names a commit whose version comes before this one; without it a next version comes after.
EARLIER = "WAFA_UPGRADE_FROM"

#: What may change from one version to the next (docs/operating.md, "Upgrade"), everywhere at once.
NEXT = (
    Mutation(
        "events have more fields",
        "wafa/contracts/envelope.py",
        [
            (
                '    event["data"] = data\n    return event\n',
                '    event["data"] = {**data, "next_version": {"of": ["events"]}}\n'
                '    event["nextversion"] = "attribute"\n'
                "    return event\n",
            )
        ],
        (),
    ),
    Mutation(
        "documents have more fields",
        "wafa/runtime/mongo.py",
        [
            (
                '        document["written_by"] = token\n',
                '        document["written_by"] = token\n'
                '        document["next_version"] = {"of": ["documents"]}\n',
            ),
            (
                "        collection.insert_many(documents, ordered=False)\n",
                "        for document in documents:\n"
                '            document["next_version"] = {"of": ["records"]}\n'
                "        collection.insert_many(documents, ordered=False)\n",
            ),
        ],
        (),
    ),
    Mutation(
        "answers have more fields",
        "wafa/runtime/rpc.py",
        [
            (
                "        return super().handle_result(message, worker_ctx, result, exc_info)\n",
                "        if isinstance(result, dict):\n"
                '            result = {**result, "next_version": {"of": ["answers"]}}\n'
                "        return super().handle_result(message, worker_ctx, result, exc_info)\n",
            )
        ],
        (),
    ),
)


def two_versions(folder: Path) -> tuple[Path, Path]:
    """Return the source trees of an older and of a newer version, one of them this one."""
    if commit := os.environ.get(EARLIER):
        return _earlier(commit, folder), ROOT
    return ROOT, _next(folder)


def _next(folder: Path) -> Path:
    copy_source(folder)
    for change in NEXT:
        break_it(folder, change)
    return folder


def _earlier(commit: str, folder: Path) -> Path:
    command = ["git", "archive", "--format=zip", commit]
    packed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    if packed.returncode:
        raise ValueError(f"{EARLIER}={commit}: {packed.stderr.decode().strip()}")
    with zipfile.ZipFile(io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder)
    return folder
