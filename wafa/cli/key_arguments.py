"""What `wafa keys` understands on the command line: times and prefixes."""

import re
from typing import Any

import click

_UNITS = {"m": 1 / 1440, "h": 1 / 24, "d": 1.0, "w": 7.0, "y": 365.0}
_TOKEN = re.compile(r"(?:wafa_)?([a-z0-9]{8})(?:_[A-Za-z0-9_-]{43})?")


class Duration(click.ParamType[float]):
    """A time such as `90d`, as days."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return how many days it is."""
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"(\d{1,6})([mhdwy])", str(value))
        if not found:
            self.fail(f"{value!r} is no time: 90d, 24h, 30m, 2w or 1y", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


class Prefix(click.ParamType[str]):
    """The prefix of a key; a whole token will do, of which the secret is not passed on."""

    name = "prefix"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the eight characters."""
        if not (found := _TOKEN.fullmatch(str(value))):
            self.fail("a prefix has 8 characters, such as k3x9v2q7: `wafa keys list` shows them", param, ctx)
        return found[1]
