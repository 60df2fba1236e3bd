"""What is wrong with texts, before anybody reads them. Runs where they are rendered, in the child process."""

from collections.abc import Iterable, Iterator, Mapping

from babel import UnknownLocaleError
from babel.core import Locale

from services.notifications.texts import lint_rendered, lint_source, lint_words
from services.notifications.texts.engine import Engine
from services.notifications.texts.findings import Finding, Found
from services.notifications.texts.text import PARTS, Texts, Translations

#: Languages that every text is wanted in, by what they are called.
WANTED = {"ar": "Arabic", "en": "English"}


def check(texts: Texts, purpose: str, engine: Engine) -> list[Finding]:
    """Return everything that is wrong with texts for a campaign of this purpose, by where it is."""
    engine.learn(lint_rendered.KEY, texts)
    findings: set[Finding] = set()
    for template, translations in texts.items():
        for language, written in translations.items():
            found = _text(template, language, written, purpose, engine)
            findings |= {one.at(template, language) for one in found}
        findings |= {one.at(template, "") for one in _translations(translations)}
    engine.forget(lint_rendered.KEY)
    return sorted(findings)


def _text(
    template: str, language: str, written: Mapping[str, str], purpose: str, engine: Engine
) -> Iterator[Found]:
    try:
        direction = Locale.parse(language).text_direction
    except (UnknownLocaleError, ValueError):
        yield Found("error", f"{language} is no language")
        return
    yield from _parts(written)
    faulty = set()
    for part in PARTS:
        if part in written:
            for found in lint_source.check(part, written[part], language, direction, engine.environment):
                faulty |= {found.line} if found.level == "error" else set()
                yield found
            yield from lint_words.check(part, written[part], direction)
    if not faulty:
        yield from lint_rendered.check(template, language, purpose, engine)


def _parts(written: Iterable[str]) -> Iterator[Found]:
    has = set(written)
    for part in sorted(has - set(PARTS)):
        yield Found("error", f"there is no such part; parts are {', '.join(PARTS)}", part)
    if not has & {"txt", "short"}:
        yield Found(
            "error", "there is nothing to send: a text needs `txt` for mail or `short` for SMS and calls"
        )
    if "html" in has and "txt" not in has:
        yield Found("error", "HTML needs a plain text beside it, `txt`", "html")
    if "txt" in has and "subject" not in has:
        yield Found("error", "a mail needs a `subject`", "subject")
    if "short" not in has:
        yield Found("warning", "without `short` it cannot go out by SMS or WhatsApp")


def _translations(translations: Translations) -> Iterator[Found]:
    for language, called in WANTED.items():
        if language not in translations:
            yield Found("warning", f"the translation is missing: {called}")
    parts = {part for written in translations.values() for part in written} & {"txt", "short"}
    for part in sorted(parts):
        lacking = sorted(language for language, written in translations.items() if part not in written)
        if lacking:
            yield Found("warning", f"other languages have it, not so {', '.join(lacking)}", part)
