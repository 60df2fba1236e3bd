"""How other commands find the stack that `wafa up` runs."""

from dataclasses import dataclass
from pathlib import Path

from wafa.stack.folder import Folder, default_folder


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that runs now, as its `stack.json` tells; `http` has the addresses of each service."""

    pid: int
    amqp_uri: str
    mongodb_uri: str
    smtp_url: str
    mail_folder: Path
    http: dict[str, list[str]]

    def environment(self) -> dict[str, str]:
        """Return the variables by which a program finds this stack."""
        return {"AMQP_URI": self.amqp_uri, "MONGODB_URI": self.mongodb_uri, "WAFA_SMTP_URL": self.smtp_url}


def running(path: Path | None = None) -> Running | None:
    """Return the stack that runs in the folder (default: `WAFA_STATE`, otherwise `.wafa`), if one does."""
    folder = Folder(path or default_folder())
    record = folder.record() if folder.in_use() else {}
    if not record:
        return None
    return Running(
        pid=record["pid"],
        amqp_uri=record["amqp_uri"],
        mongodb_uri=record["mongodb_uri"],
        smtp_url=record["smtp_url"],
        mail_folder=Path(record["mail_folder"]),
        http=record["http"],
    )
