"""What the linter says of a text."""

from typing import Literal, NamedTuple

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


class Found(NamedTuple):
    """A finding in a text whose name and language go without saying."""

    level: Level
    message: str
    part: str = ""
    line: int = 0

    def at(self, template: str, language: str) -> Finding:
        """Return the finding with its place."""
        return Finding(template, language, self.part, self.line, self.level, self.message)
