"""The words of this package: texts as somebody wrote them, an order to fill one in, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

#: What a text consists of; each part may be missing, `html` is then made from `txt`.
PARTS = ("subject", "txt", "html", "short")

#: Language -> part -> what somebody wrote.
Translations = Mapping[str, Mapping[str, str]]
#: Template -> language -> part -> what somebody wrote.
Texts = Mapping[str, Translations]
#: Code of a tier -> language -> what the tier is called.
Titles = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Order:
    """A message to be written.

    `texts` are those of the campaign, and `texts_key` stands for them: the same key always comes with the
    same texts (`campaign@version`). A template that is not among them is one of ours. `locale` is the
    customer's, if they have one, and `default_locale` the company's. `data` is plain (texts, numbers, dates,
    aware moments, lists, mappings) by the names in `variables.VARIABLES`; `tier` and `next_tier` are codes,
    money is `{"amount", "currency"}`, and `zone` is the IANA name of the customer's time zone.
    """

    texts_key: str
    texts: Texts
    template: str
    locale: str | None
    default_locale: str
    data: Mapping[str, object]


class Text(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A written message. Parts that nobody wrote are empty."""

    language: str
    subject: str
    plain: str
    html: str
    #: For SMS, WhatsApp and who rings somebody: one line.
    short: str = ""
    #: `ltr` or `rtl`.
    direction: str = "ltr"


class Broken(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """No message could be written; `fault` says why, and in which template, language, part and line.

    `ours`: somebody will mend it (a text of ours, or the process that renders), so trying again later makes
    sense. Otherwise it is the campaign's own text, and it will fail again.
    """

    fault: str
    ours: bool
