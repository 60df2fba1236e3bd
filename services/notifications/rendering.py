"""Texts from templates: `templates/<template>.<language>.{subject,txt,html}`.

Templates run in Jinja's immutable sandbox and are given plain data only. A variable that does not exist is an
error, never a gap in the text. HTML is escaped by file name, plain text and subject are not HTML.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notifications.formats import Speech, clean, isolated, speech

TEMPLATES = Path(__file__).parent / "templates"

#: Code of a tier -> language -> what the tier is called.
Titles = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered message."""

    language: str
    subject: str
    plain: str
    html: str


def titles_of(program: Path) -> Titles:
    """Read what tiers are called from the loyalty program, the file that `WAFA_LOYALTY_PROGRAM` names.

    Whether it is a good program is the loyalty service's concern: a tier without titles is no error here.

    Raises:
        ValueError: there is no such file, or it holds no list of tiers.
    """
    try:
        tiers = yaml.safe_load(program.read_text("utf-8"))["tiers"]
        return {tier["code"]: tier.get("titles", {}) for tier in tiers}
    except (OSError, UnicodeError, yaml.YAMLError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"WAFA_LOYALTY_PROGRAM: the tiers of {program} cannot be read: {error}") from error


class Renderer:
    """Renders messages; one is enough for a process, it keeps compiled templates."""

    def __init__(self, titles: Titles, folder: Path = TEMPLATES) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folder),
            autoescape=lambda name: bool(name and name.endswith(".html")),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters |= {"isolated": isolated, "date": _date}
        self._environment.globals["counted"] = _counted
        self._languages = _languages(self._environment.list_templates())
        self._titles = titles

    def speech(self, template: str, locale: str | None, default: str) -> Speech:
        """Return how this template speaks to a reader with this locale."""
        return speech(locale, default, self._languages[template])

    def tier_title(self, tier: str, language: str) -> str:
        """Return what a tier is called; one without a title goes by its name in the program."""
        return self._titles.get(tier, {}).get(language) or clean(tier.replace("_", " ").title())

    def render(self, template: str, spoken: Speech, data: Mapping[str, object]) -> Text:
        """Return the message in the reader's language.

        Raises:
            jinja2.TemplateError: the template asks for what it was not given or the sandbox forbids.
        """
        context = {
            **data,
            "locale": str(spoken.locale),
            "language": spoken.language,
            "direction": spoken.direction,
        }
        subject, plain, html = (
            self._environment.get_template(f"{template}.{spoken.language}.{part}").render(context)
            for part in ("subject", "txt", "html")
        )
        return Text(spoken.language, clean(subject, longest=150), plain.strip() + "\n", html)


def _languages(names: list[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name in names:
        template, _, rest = name.partition(".")
        if rest.endswith(".subject"):
            found.setdefault(template, set()).add(rest.removesuffix(".subject"))
    return {template: frozenset(languages) for template, languages in found.items()}


@lru_cache(maxsize=256)
def _spoken(language: str, locale: str) -> Speech:
    return speech(locale, language, frozenset({language}))


def _here(context: Context) -> Speech:
    return _spoken(context["language"], context["locale"])


@pass_context
def _date(context: Context, day: Any) -> str:
    return _here(context).date(day)


@pass_context
def _counted(context: Context, count: int, **forms: str) -> str:
    """Return the form for this count (`one`, `two`, `few`, `many`; `other` is required), `{n}` filled in."""
    spoken = _here(context)
    return forms.get(spoken.plural(count), forms["other"]).replace("{n}", spoken.number(count))
