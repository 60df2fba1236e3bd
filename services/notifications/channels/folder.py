"""The sink for staging: each message becomes a file, and nothing leaves the house."""

import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from services.notifications.channels.mail import Sender, compose
from services.notifications.channels.outcomes import Accepted, Message, Outcome, PutOff
from services.notifications.channels.words import trouble
from wafa.contracts.envelope import derive_id


@dataclass(frozen=True, slots=True)
class FolderChannel:
    """Stands in for a channel: `<outreach>.<channel>.<kind>` in `folder`, which only we may read."""

    folder: Path
    channel: str
    kind: str
    write: Callable[[Message], bytes]

    def send(self, message: Message) -> Outcome:
        """Write one message; the same one again takes its own place."""
        name = f"{_plain_name(message.outreach_id)}.{self.channel}.{self.kind}"
        content = self.write(message)
        partial = self.folder / f".{name}.{uuid.uuid4().hex}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
            partial.replace(self.folder / name)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            return PutOff(trouble(error), away=True)
        return Accepted(message.outreach_id)


def mail_folder(folder: Path, sender: Sender) -> FolderChannel:
    """Return the sink for e-mail: files that any mail program opens."""
    return FolderChannel(folder, "email", "eml", lambda message: compose(message, sender).content)


def text_folder(folder: Path, channel: str) -> FolderChannel:
    """Return the sink for a channel of short texts or calls: all that is in the message, as JSON."""
    return FolderChannel(folder, channel, "json", lambda message: msgspec.json.encode(message))


def _plain_name(outreach_id: str) -> str:
    """Return the id as a file name: itself when it is a UUID, as all of ours are, else one made of it."""
    try:
        return str(uuid.UUID(outreach_id))
    except ValueError:
        return derive_id(outreach_id, "file")
