"""How the mail sink is run. It is a module apart because `mailsink` needs a package that production lacks."""

import os
import sys
from pathlib import Path

from wafa.stack.ports import LOOPBACK, answers
from wafa.stack.services import ROOT
from wafa.stack.supervisor import Server


def mail_server(folder: Path, logs: Path, port: int) -> Server:
    """Return the mail sink as a server of the local stack."""
    return Server(
        name="mail",
        command=[sys.executable, "-m", "wafa.stack.mailsink", "--port", str(port), "--folder", str(folder)],
        environment=dict(os.environ),
        folder=ROOT,
        log=logs / "mail.log",
        ready=lambda: answers(LOOPBACK, port),
    )
