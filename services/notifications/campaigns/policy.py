"""The house rules of outreach as a file (`WAFA_OUTREACH`): caps, quiet hours, what channels cost and bear.

Every mistake in it is named with its line, and stops the service before it sends anything.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from marshmallow import ValidationError, fields

from services.notifications.domain.cap import Cap
from services.notifications.domain.quiet import QuietHours
from wafa.contracts.currencies import DECIMALS
from wafa.runtime.file_schema import (
    REFUSED,
    Rules,
    Scalar,
    Table,
    listed,
    mistakes,
    part,
    path_of,
    whole,
    word,
)
from wafa.runtime.marked_yaml import BrokenFile, read_marked
from wafa.runtime.settings import Settings, SettingsError

CHANNELS = ("email", "sms", "whatsapp", "phone")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
LONGEST = timedelta(days=730)


class PolicyError(SettingsError):
    """The file cannot be used. The message names file, line, field and what was expected instead."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one message costs."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """What a channel bears and costs.

    `rate` is in messages per second over all processes, None for no limit. `in_flight` says what happens to a
    message that was being handed over when its worker died: `again` (rather twice than never) or `never`.
    """

    rate: float | None = None
    cost: Cost | None = None
    in_flight: str = "again"


@dataclass(frozen=True, slots=True)
class OutreachPolicy:
    """The house rules. `quiet_hours` are for marketing, where a campaign says nothing of its own."""

    zone: str = "UTC"
    locale: str = "en"
    quiet_hours: QuietHours | None = None
    caps: tuple[Cap, ...] = ()
    channels: Mapping[str, ChannelPolicy] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: Settings) -> "OutreachPolicy":
        """Return the rules in the file that the settings name. Raises `PolicyError`."""
        return load_policy(settings.outreach)

    def channel(self, name: str) -> ChannelPolicy:
        """Return what holds for a channel; one that the file does not name is free and without limit."""
        return self.channels.get(name, ChannelPolicy())


def load_policy(path: Path) -> OutreachPolicy:
    """Read the file.

    Raises:
        PolicyError: it cannot be read, is no YAML, or breaks a rule; a line of text for each mistake.
    """
    try:
        file = read_marked(path)
        rules = _PolicySchema().load(file.content)
    except BrokenFile as error:
        where = f"{path}, line {error.line}" if error.line else f"{path}"
        raise PolicyError(f"{where}: {error}") from None
    except ValidationError as error:
        found = sorted(
            (file.line(place), path_of(place), text) for place, text in mistakes(error.messages_dict)
        )
        lines = (f"{path}, line {line}: {name + ': ' if name else ''}{text}" for line, name, text in found)
        raise PolicyError("\n".join(lines)) from None
    return OutreachPolicy(
        zone=rules["zone"],
        locale=rules["locale"],
        quiet_hours=rules["quiet_hours"],
        caps=tuple(Cap(cap["messages"], cap["within"]) for cap in rules["caps"]),
        channels={name: _channel(one) for name, one in rules["channels"].items()},
    )


def span(**options: Any) -> Scalar:
    """Return the field of a length of time: `90m`, `2h`, `3d`, `2w`; at most two years."""

    def make(text: str) -> Any:
        found = re.fullmatch("([0-9]{1,6})([mhdw])", text)
        length = int(found[1]) * _UNITS[found[2]] if found else None
        return REFUSED if length is None or length > LONGEST else length

    return Scalar("a time such as 90m, 2h, 3d or 2w, at most two years", make, **options)


def quiet_hours(**options: Any) -> Scalar:
    """Return the field of quiet hours: `21:00-09:00`, or `none`."""

    def make(text: str) -> Any:
        if text == "none":
            return None
        if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]", text):
            return REFUSED
        return QuietHours(*(time.fromisoformat(one) for one in text.split("-")))

    return Scalar("hours such as 21:00-09:00, or none", make, **options)


def zone(**options: Any) -> Scalar:
    """Return the field of a time zone."""

    def make(text: str) -> Any:
        try:
            return ZoneInfo(text).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return REFUSED

    return Scalar("a time zone such as Asia/Riyadh", make, **options)


def locale(**options: Any) -> Scalar:
    """Return the field of a language, with or without a country."""

    def make(text: str) -> Any:
        try:
            Locale.parse(text, sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            return REFUSED
        return text

    return Scalar("a language such as ar or ar-EG", make, **options)


def _channel(rules: Mapping[str, Any]) -> ChannelPolicy:
    cost = rules["cost"]
    return ChannelPolicy(rules["rate"], Cost(**cost) if cost else None, rules["in_flight"])


def _rate(text: str) -> Any:
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)/(s|m|h)", text)
    per = {"s": 1, "m": 60, "h": 3600}
    return float(found[1]) / per[found[2]] if found and float(found[1]) else REFUSED


def _amount(text: str) -> Any:
    return Decimal(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text) else REFUSED


class _CapSchema(Rules):
    messages = whole(1, 1000)
    within = span()


class _CostSchema(Rules):
    # A message may cost a fraction of the smallest coin.
    amount = Scalar("an amount such as 0.045", _amount)
    currency = Scalar("an ISO 4217 currency such as USD", lambda one: one if one in DECIMALS else REFUSED)


class _ChannelSchema(Rules):
    rate = Scalar("messages in a time, such as 50/s or 600/m", _rate, load_default=None)
    cost = part(_CostSchema, load_default=None)
    in_flight = word("again", "never", load_default="again")


class _PolicySchema(Rules):
    zone = zone()
    locale = locale()
    quiet_hours = quiet_hours(load_default=None)
    caps = listed(fields.Nested(_CapSchema), "a list of caps, each beginning with `-`", load_default=list)
    channels = Table(
        word(*CHANNELS), fields.Nested(_ChannelSchema), "lines of `channel: {...}`", load_default=dict
    )
