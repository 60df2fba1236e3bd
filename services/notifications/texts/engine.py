"""Texts and data in, messages out. Runs in the child process, for one thread; it trusts neither."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar
from zoneinfo import ZoneInfo

from jinja2 import Template

from services.notifications.texts.data import readable
from services.notifications.texts.faults import TextFault, TimeUp
from services.notifications.texts.foreign import clean
from services.notifications.texts.formats import Speech, speech
from services.notifications.texts.functions import Reader
from services.notifications.texts.guards import LAYOUT, Guarded, joined
from services.notifications.texts.layout import PlainFrame
from services.notifications.texts.text import PARTS, Broken, Text, Texts, Titles
from services.notifications.texts.written import FOLDER, read_texts

LONGEST_SOURCE = 64 * 1024
LONGEST_LINE = 150
#: How often a text may take too long before nobody tries it any more.
STRIKES = 3
_GAPS = re.compile(r"\n{3,}")

_Made = TypeVar("_Made")
Limit = Callable[[Callable[[], _Made]], _Made]


class Engine:
    """Renders messages, and keeps the compiled texts of the campaigns that it was told of.

    `limited` runs what may take long, and raises `TimeUp` in it when it does.
    """

    def __init__(self, titles: Titles, limited: Limit[Text] | None = None) -> None:
        self._titles = titles
        self._limited: Limit[Text] = limited or (lambda work: work())
        self._reader = Reader()
        layout = (FOLDER / LAYOUT).read_text("utf-8")
        self.environment = Guarded(layout, self._reader.filters(), self._reader.functions())
        self._frame = PlainFrame(self.environment)
        self._ours = Compiled(self.environment, read_texts(FOLDER), ours=True)
        self._known: dict[str, Compiled] = {}

    def learn(self, key: str, texts: Texts) -> None:
        """Keep the texts that a key stands for."""
        self._known[key] = Compiled(self.environment, texts)

    def forget(self, key: str) -> None:
        """Keep the texts of a key no longer."""
        self._known.pop(key, None)

    def render(
        self, key: str, template: str, locale: str | None, default: str, data: Mapping[str, object]
    ) -> Text | Broken:
        """Return a message in the language of the reader, or why there is none. See `Order`."""
        texts = self._known.get(key)
        if texts is None or template not in texts.languages:
            texts = self._ours
        if template not in texts.languages:
            return Broken(f"text {template}: there is none", ours=False)
        spoken = speech(locale, default, texts.languages[template])
        try:
            return self._watched(texts, template, spoken, data)
        except TextFault as fault:
            return Broken(f"text {template}, language {spoken.language}, {fault}", texts.ours)

    def tried(self, key: str, template: str, language: str, data: Mapping[str, object]) -> Text | TextFault:
        """Return a message in one language, or what is wrong with it, of texts that were learnt."""
        texts = self._known[key]
        try:
            return self._watched(texts, template, speech(language, language, frozenset({language})), data)
        except TextFault as fault:
            return fault

    def _watched(self, texts: "Compiled", template: str, spoken: Speech, data: Mapping[str, object]) -> Text:
        strikes = texts.strikes.get((template, spoken.language), 0)
        if strikes >= STRIKES:
            raise TextFault("txt", None, f"it took too long {strikes} times")
        try:
            return self._limited(lambda: self._written(texts, template, spoken, data))
        except TextFault as fault:
            if isinstance(fault.__cause__, TimeUp):
                texts.strikes[template, spoken.language] = strikes + 1
            raise

    def _written(self, texts: "Compiled", template: str, spoken: Speech, data: Mapping[str, object]) -> Text:
        part = "data"
        try:
            about = self._about(spoken, data)
            made = dict.fromkeys(PARTS, "")
            for part, compiled in texts.parts(template, spoken.language):
                self._reader.sparing = part == "short"
                made[part] = self._filled(compiled, about)
            part = "txt"
            subject = clean(made["subject"], LONGEST_LINE)
            # What was left out of a text leaves one gap, not two.
            plain = _GAPS.sub("\n\n", made["txt"]).strip() + "\n" if made["txt"] else ""
            html = made["html"]
            if plain and not html:
                html = self._frame.html(subject, plain, about)
            short = " ".join(made["short"].split())
        except TextFault:
            raise
        except (Exception, TimeUp) as error:
            raise TextFault.of(part, error) from error
        return Text(spoken.language, subject, plain, html, short, spoken.direction)

    def _about(self, spoken: Speech, data: Mapping[str, object]) -> dict[str, object]:
        self._reader.speech = spoken
        self._reader.zone = ZoneInfo(str(data.get("zone") or "UTC")).key
        about = self.environment.globals | readable(data, self._titles, spoken.language)
        about["locale"] = str(spoken.locale)
        about["language"] = spoken.language
        about["direction"] = spoken.direction
        return about

    def _filled(self, compiled: Template, about: dict[str, object]) -> str:
        context = self.environment.context_class(self.environment, about, compiled.name, compiled.blocks)
        return joined(compiled.root_render_func(context))


class Compiled:
    """The texts of one campaign, or ours, each compiled when it is first asked for."""

    def __init__(self, environment: Guarded, texts: Texts, *, ours: bool = False) -> None:
        self.languages = {template: frozenset(translations) for template, translations in texts.items()}
        self.strikes: dict[tuple[str, str], int] = {}
        self.ours = ours
        self._environment = environment
        self._texts = texts
        self._parts: dict[tuple[str, str], list[tuple[str, Template]]] = {}

    def parts(self, template: str, language: str) -> list[tuple[str, Template]]:
        """Return the parts of a text, in the order of `PARTS`. Raises `TextFault`."""
        wanted = template, language
        if wanted not in self._parts:
            written = self._texts[template][language]
            self._parts[wanted] = [
                (part, self._compiled(f"{template}.{language}.{part}", part, written[part]))
                for part in PARTS
                if part in written
            ]
        return self._parts[wanted]

    def _compiled(self, name: str, part: str, source: str) -> Template:
        try:
            if len(source) > LONGEST_SOURCE:
                raise ValueError(f"it has more than {LONGEST_SOURCE:,} characters")
            code = self._environment.compile(self._environment.checked(source, name), name, name)
            return Template.from_code(self._environment, code, self._environment.globals)
        except (Exception, TimeUp) as error:
            raise TextFault.of(part, error) from error
