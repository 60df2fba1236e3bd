"""Texts of messages, before anybody is written to: what is wrong with them, what they look like filled in."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.gateway.door import Doors
from services.gateway.means import services
from services.gateway.shapes.described import number, text
from services.gateway.shapes.given import texts

templates = Doors("templates", "Texts of messages in each language")

#: Seconds that it may take to fill in a hundred templates.
RENDERING = 30.0
PURPOSES = ("marketing", "service", "transactional")


class TextsToCheck(Schema):
    """Texts, and what the messages are for."""

    texts = texts(required=True)
    purpose = fields.String(
        load_default="marketing",
        validate=validate.OneOf(PURPOSES),
        metadata={"description": "marketing needs a link to unsubscribe"},
    )


class TextsToShow(Schema):
    """Texts, or none for those that come with Wafa; `template` to see only one."""

    texts = texts(load_default=dict)
    template = fields.String(validate=validate.Length(1, 60))


class TextFinding(Schema):
    """Something to be mended (`error`) or looked at (`warning`), and where."""

    template = fields.String(required=True)
    language = text("empty for what concerns all languages", required=True)
    part = text("`subject`, `txt`, `html` or `short`; empty for the whole", required=True)
    line = number("0 for the whole", required=True)
    level = text("`error` or `warning`", required=True)
    message = fields.String(required=True)


class TextFindings(Schema):
    """All that is wrong with texts."""

    findings = fields.List(fields.Nested(TextFinding), required=True)


class FilledText(Schema):
    """A text filled in with samples, or why it cannot be (`fault`)."""

    template = fields.String(required=True)
    language = fields.String(required=True)
    direction = text("`ltr` or `rtl`")
    subject = fields.String()
    plain = fields.String()
    html = fields.String()
    short = fields.String()
    fault = fields.String()


class FilledTexts(Schema):
    """Every text in each of its languages."""

    texts = fields.List(fields.Nested(FilledText), required=True)


@templates.door(
    "POST",
    "/templates/check",
    needs="campaigns:write",
    takes=TextsToCheck,
    answers=TextFindings,
    changes=False,
)
def check(given: dict[str, Any]) -> Any:
    """Say what is wrong with texts. With an error a campaign is not launched."""
    return services().call("notifications", "check_texts", given["texts"], given["purpose"], within=RENDERING)


@templates.door(
    "POST",
    "/templates/show",
    needs="campaigns:write",
    takes=TextsToShow,
    answers=FilledTexts,
    changes=False,
)
def show(given: dict[str, Any]) -> Any:
    """Show texts filled in with samples."""
    return services().call(
        "notifications", "show_texts", given["texts"], given.get("template"), within=RENDERING
    )
