"""What the linter says of a text."""

from typing import Literal

import msgspec

Level = Literal["error", "warning"]


class Finding(msgspec.Struct, frozen=True, order=True):
    """Something to be mended (`error`) or looked at (`warning`), and where.

    `part` and `line` are empty for what concerns the whole, `language` as well for what concerns all.
    """

    template: str
    language: str
    part: str
    line: int
    level: Level
    message: str
