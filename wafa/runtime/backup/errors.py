"""What keeps a backup from being made or restored; each message says what to do."""

from wafa.runtime.errors import RuntimeFault


class BackupFault(RuntimeFault):
    """A backup cannot be made or used."""


class Damaged(BackupFault):
    """The files are not what was once written; nothing was restored of them."""


class NotEmpty(BackupFault):
    """There are data where a backup was to go."""


class Unsettled(BackupFault):
    """A merge or an erasure is underway, and a backup would hold one half of it."""
