"""Texts before anybody is written to: what is wrong with them, and what they look like filled in."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import msgspec

from services.notifications.domain.campaign import Purpose
from services.notifications.texts.renderer import Renderer
from services.notifications.texts.text import Broken, Order, Texts
from services.notifications.texts.variables import samples
from services.notifications.texts.written import FOLDER, given_texts, read_texts
from wafa.runtime.arguments import check_texts as check_strings
from wafa.runtime.arguments import one_of
from wafa.runtime.errors import InvalidArgument


def check_texts(renderer: Renderer, texts: object, purpose: object) -> dict[str, Any]:
    """Return `{"findings": [{template, language, part, line, level, message}, ...]}`; `line` 0 is none.

    Raises:
        InvalidArgument: an argument is not of its type.
        Gone: nothing can be rendered just now.
    """
    known = one_of("purpose", purpose, [one.value for one in Purpose])
    return {"findings": msgspec.to_builtins(renderer.check(given_texts(texts), known))}


def show_texts(renderer: Renderer, texts: object, template: object = None) -> dict[str, Any]:
    """Return `{"texts": [...]}`, each filled in with samples: every text in each of its languages, or one.

    One is `{template, language, direction, subject, plain, html, short}`, or `{template, language, fault}`.
    Without texts they are ours.

    Raises:
        InvalidArgument: an argument is not of its type, or there is no such template.
    """
    given = given_texts(texts) or read_texts(FOLDER)
    if template is not None:
        check_strings(template=template)
        if template not in given:
            raise InvalidArgument("template", f"must be one of {', '.join(sorted(given))}, not {template!r}")
        given = {str(template): given[str(template)]}
    return {"texts": list(_shown(renderer, given))}


def _shown(renderer: Renderer, texts: Texts) -> Iterator[dict[str, Any]]:
    key = f"sample {sha256(msgspec.json.encode(texts)).hexdigest()}"
    wanted = [(template, language) for template in texts for language in sorted(texts[template])]
    orders = [Order(key, texts, template, of, of, samples(of)) for template, of in wanted]
    for (template, language), made in zip(wanted, renderer.shown(orders), strict=True):
        if isinstance(made, Broken):
            yield {"template": template, "language": language, "fault": made.fault}
        else:
            yield {"template": template} | msgspec.structs.asdict(made)
