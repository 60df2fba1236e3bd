"""What can be seen of a text once it is filled in: with samples, a long name, and with hardly anything."""

from collections.abc import Iterator

from services.notifications.texts.engine import Engine
from services.notifications.texts.findings import Found, Level
from services.notifications.texts.segments import size_of
from services.notifications.texts.text import PARTS, Text
from services.notifications.texts.variables import VARIABLES, longest, samples

#: What the texts under examination are known by.
KEY = "examined"
SEGMENTS, TOO_MANY_SEGMENTS = 4, 8
LONGEST_SUBJECT = 78


def check(template: str, language: str, purpose: str, engine: Engine) -> Iterator[Found]:
    """Yield what is wrong with a text when it is filled in."""
    full = samples(language)
    text = _rendered(template, language, full, engine)
    if isinstance(text, Found):
        yield text
        return
    if purpose == "marketing":
        yield from _unsubscribe(text, str(full["unsubscribe"]))
    bare = {name: full[name] if variable.always else None for name, variable in VARIABLES.items()}
    poor = _rendered(template, language, bare | {"name": ""}, engine)
    if isinstance(poor, Found):
        yield Found("warning", f"fails for whom little is known of: {poor.message}", poor.part, poor.line)
    long = _rendered(template, language, samples(language, **longest(language)), engine)
    if isinstance(long, Found):
        yield long
        return
    if len(long.subject) > LONGEST_SUBJECT:
        yield Found(
            "warning",
            f"with a long name it has {len(long.subject)} characters; mail programs cut it",
            "subject",
        )
    if long.short:
        yield from _sms(long)


def _rendered(template: str, language: str, data: dict[str, object], engine: Engine) -> Text | Found:
    made = engine.tried(KEY, template, language, data)
    if isinstance(made, Text):
        return made
    return Found("error", made.message, made.part if made.part in PARTS else "", made.line or 0)


def _unsubscribe(text: Text, link: str) -> Iterator[Found]:
    for part, written in (("txt", text.plain), ("html", text.html), ("short", text.short)):
        if written and link not in written:
            level: Level = "warning" if part == "short" else "error"
            yield Found(level, "promotion needs a way out: {{ unsubscribe }}", part)


def _sms(text: Text) -> Iterator[Found]:
    size = size_of(text.short)
    if size.segments > SEGMENTS:
        level: Level = "error" if size.segments > TOO_MANY_SEGMENTS else "warning"
        alphabet = "UCS-2" if size.wide else "GSM"
        message = (
            f"with a long name an SMS takes {size.segments} segments ({size.units} characters, {alphabet})"
        )
        yield Found(level, message, "short")
    if size.wide and text.direction == "ltr":
        wide = " ".join(sorted(f"{one} (U+{ord(one):04X})" for one in size.wide)[:5])
        yield Found("warning", f"an SMS has 70 instead of 160 characters because of {wide}", "short")
