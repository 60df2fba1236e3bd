"""What may stand in a campaign, field by field, and the campaign that is made of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from services.notifications.campaigns.policy import CHANNELS, OutreachPolicy, locale, quiet_hours, span, zone
from services.notifications.domain import campaign as made
from services.notifications.domain.campaign import Broadcast, Campaign, On, Purpose, Step, Trigger
from services.notifications.domain.rule import Rule, RuleError
from services.notifications.domain.segment import parse
from wafa.contracts.times import parse_time
from wafa.runtime.file_schema import (
    REFUSED,
    Rules,
    Scalar,
    Table,
    flag,
    listed,
    part,
    shown,
    text,
    whole,
    word,
)
from wafa.runtime.marked_yaml import Place

SLUG = "[a-z0-9](-?[a-z0-9]){0,59}"
STEP_ID = "[a-z0-9](-?[a-z0-9]){0,39}"
TEMPLATE = "[a-z][a-z0-9_]{0,59}"
#: What is published or shown: no control characters.
LINE = r"(?=.{1,200}$)[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*"


class RuleField(fields.Field[Rule]):
    """A rule over the traits of customers, as segments have."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Rule:
        try:
            return parse(value)
        except RuleError as error:
            raise ValidationError(_nested(_place(error.path), error.message)) from None


class _OneOf(fields.Field[Any]):
    """A mapping with exactly one key, which says what kind of thing it is."""

    def __init__(self, kinds: Mapping[str, fields.Field[Any]]) -> None:
        super().__init__()
        self._kinds = kinds

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in self._kinds:
            found = ", ".join(map(str, value)) if isinstance(value, dict) else shown(value)
            raise ValidationError(f"expected one of {', '.join(self._kinds)}, not {found or 'nothing'}")
        [(kind, inner)] = value.items()
        try:
            return kind, self._kinds[kind].deserialize(inner)
        except ValidationError as error:
            raise ValidationError({kind: error.messages}) from None


class _Lazy(fields.Field[Any]):
    """A list of steps within a step."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return _steps().deserialize(value)


class _MessageSchema(Rules):
    id = text("a short name of a-z, 0-9 and -", STEP_ID)
    template = text("the name of a template", TEMPLATE)
    channels = listed(
        word(*CHANNELS), f"a list of channels such as [email, sms]; there are {', '.join(CHANNELS)}"
    )

    @validates_schema(skip_on_field_errors=True)
    def _check_channels(self, data: dict[str, Any], **kwargs: Any) -> None:
        if not data["channels"] or len(set(data["channels"])) < len(data["channels"]):
            raise ValidationError({"channels": ["expected at least one channel, and none twice"]})


class _WaitSchema(Rules):
    id = text("a short name of a-z, 0-9 and -", STEP_ID, load_default=None)
    for_ = span(data_key="for")


class _BranchSchema(Rules):
    id = text("a short name of a-z, 0-9 and -", STEP_ID)
    if_ = RuleField(
        required=True, data_key="if", error_messages={"required": "is missing, expected a rule of a segment"}
    )
    then = _Lazy(load_default=())
    else_ = _Lazy(load_default=(), data_key="else")


class _GrantSchema(Rules):
    id = text("a short name of a-z, 0-9 and -", STEP_ID)
    points = whole(1, 1_000_000)
    reason = text("a reason that people can read, at most 200 characters", LINE)


class _Wait(fields.Field[Any]):
    """A length of time, or a mapping of `id` and `for`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, dict):
            return _WaitSchema().load(value)
        return {"id": None, "for_": span().deserialize(value)}


class _OneOrMore(fields.Field[list[str]]):
    """One value, or a list of them."""

    _several = listed(text("one value or a list of them", r"[^\n]{1,200}"), "one value or a list of them")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        made: list[Any] = self._several.deserialize(value if isinstance(value, list) else [value])
        return made


class _StartSchema(Rules):
    broadcast = Scalar(
        "now, or a moment with its offset such as 2026-12-01T09:00:00+03:00",
        lambda one: "now" if one == "now" else _moment(one),
        load_default=None,
    )
    on = word(*On, load_default=None)
    delay = span(load_default=None)
    where = Table(fields.String(), _OneOrMore(), "lines of `field: [value, value]`", load_default=None)
    days_before = whole(0, 366, load_default=None)

    @validates_schema
    def _check_kind(self, data: dict[str, Any], **kwargs: Any) -> None:
        given = {name for name, value in data.items() if value is not None}
        if len(given & {"broadcast", "on"}) != 1:
            raise ValidationError("expected either `broadcast` or `on`")
        if "broadcast" in given and (more := sorted(given - {"broadcast"})):
            raise ValidationError({more[0]: ["is for what starts `on` something, not for a broadcast"]})


class _TitleSchema(Rules):
    ar = text("the title in Arabic, at most 200 characters", LINE)
    en = text("the title in English, at most 200 characters", LINE)


class CampaignSchema(Rules):
    """All that a campaign may say."""

    campaign = text("a short name of a-z, 0-9 and -, at most 60 characters", f"(?=.{{1,60}}$){SLUG}")
    title = part(_TitleSchema)
    purpose = word(*Purpose)
    audience = RuleField(load_default=None)
    start = part(_StartSchema)
    holdout = Scalar("a share such as 10% (from 0% to 50%)", lambda one: _share(one), load_default=0)
    priority = whole(0, 100, load_default=50)
    window = span(load_default=None)
    keep_trying = span(load_default=None)
    quiet_hours = quiet_hours(load_default=REFUSED)
    zone = zone(load_default=None)
    locale = locale(load_default=None)
    exit_on_purchase = flag(load_default=False)
    steps = _Lazy(required=True, error_messages={"required": "is missing, expected a list of steps"})


@dataclass(slots=True)
class _Numbers:
    """Gives names to waits that have none: wait-1, wait-2 ..."""

    last: int = 0

    def next(self) -> str:
        self.last += 1
        return f"wait-{self.last}"


def campaign_of(rules: Mapping[str, Any], version: int, policy: OutreachPolicy) -> Campaign:
    """Return the campaign that sound rules describe."""
    house = policy.quiet_hours if rules["purpose"] == Purpose.MARKETING else None
    quiet = house if rules["quiet_hours"] is REFUSED else rules["quiet_hours"]
    given = {name: rules[name] for name in ("window", "keep_trying") if rules[name] is not None}
    return Campaign(
        id=rules["campaign"],
        version=version,
        purpose=Purpose(rules["purpose"]),
        start=_start(rules["start"]),
        steps=_made(rules["steps"], _Numbers()),
        title=rules["title"],
        audience=rules["audience"],
        exit_on_purchase=rules["exit_on_purchase"],
        holdout=rules["holdout"],
        priority=rules["priority"],
        quiet_hours=quiet,
        zone=rules["zone"] or policy.zone,
        locale=rules["locale"] or policy.locale,
        **given,
    )


def _start(rules: Mapping[str, Any]) -> Broadcast | Trigger:
    if rules["on"] is None:
        return Broadcast(rules["broadcast"] if isinstance(rules["broadcast"], datetime) else None)
    optional = {name: rules[name] for name in ("delay", "days_before") if rules[name] is not None}
    where = {name: tuple(values) for name, values in (rules["where"] or {}).items()}
    return Trigger(On(rules["on"]), where=where, **optional)


def _made(steps: list[tuple[str, Mapping[str, Any]]], numbers: _Numbers) -> tuple[Step, ...]:
    return tuple(_step(kind, rules, numbers) for kind, rules in steps)


def _step(kind: str, rules: Mapping[str, Any], numbers: _Numbers) -> Step:
    match kind:
        case "message":
            return made.Message(rules["id"], rules["template"], tuple(rules["channels"]))
        case "wait":
            return made.Wait(rules["id"] or numbers.next(), rules["for_"])
        case "grant":
            return made.Grant(rules["id"], rules["points"], rules["reason"])
        case _:
            then, otherwise = _made(rules["then"], numbers), _made(rules["else_"], numbers)
            return made.Branch(rules["id"], rules["if_"], then, otherwise)


def _steps() -> fields.List[Any]:
    kinds = {
        "message": part(_MessageSchema),
        "wait": _Wait(),
        "branch": part(_BranchSchema),
        "grant": part(_GrantSchema),
    }
    return listed(_OneOf(kinds), "a list of steps, each beginning with `-`")


def _moment(one: str) -> Any:
    try:
        return parse_time(one)
    except (ValueError, OverflowError):
        return REFUSED


def _share(one: str) -> Any:
    found = re.fullmatch(r"([0-9]{1,2}(?:\.[0-9]{1,2})?)%", one)
    return int(Decimal(found[1]) * 100) if found and Decimal(found[1]) <= 50 else REFUSED


def _place(path: str) -> Place:
    return tuple(int(one) if one.isdigit() else one for one in re.findall(r"[^.\[\]]+", path))


def _nested(place: Place, message: str) -> Any:
    told: Any = [message]
    for key in reversed(place):
        told = {key: told}
    return told
