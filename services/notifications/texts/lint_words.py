"""What can be seen in the words of a text: direction, and what has no place in a mail."""

import re
from collections.abc import Iterator

from services.notifications.texts.findings import Found

_TAGS_OF_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_TAGS = re.compile(r"<[^<>]*>|&#?\w{1,10};")
_ADDRESSES = re.compile(r"https?://\S+|\S+@\S+")
#: Letters of a left-to-right script with a sign at their side that would change sides.
_EDGE = re.compile(r"[A-Za-z][()\[\]+*#%&/!?]|[()\[\]+*#%&/@.][A-Za-z]")
_ISOLATES = {"\u2066": 1, "\u2067": 1, "\u2068": 1, "\u2069": -1}
_OVERRIDES = re.compile("[\u202a-\u202e]")
_BLOCKS = r"html|body|table|td|div|p|h[1-6]|ul|ol|li"
_WRONG = {
    "rtl": re.compile(
        rf"<(?:{_BLOCKS})\b[^<>]*\bdir\s*=\s*[\"']?ltr|(?:text-align\s*:\s*|\balign\s*=\s*[\"']?)left", re.I
    ),
    "ltr": re.compile(rf"<(?:{_BLOCKS})\b[^<>]*\bdir\s*=\s*[\"']?rtl", re.I),
}
_HAS_DIRECTION = re.compile(r"<(?:html|body)\b[^<>]*\bdir\s*=", re.I)
_LAYOUT = re.compile(r"\{%-?\s*extends\b")
_FORBIDDEN = (
    (
        re.compile(r"<\s*(script|iframe|object|embed|form|input|link|base)\b", re.I),
        "<{}> has no place in a mail",
    ),
    (re.compile(r"<[^<>]*\s(on[a-z]{3,20})\s*=", re.I), "{} runs a script, which has no place in a mail"),
    (re.compile(r"(javascript|vbscript|data)\s*:", re.I), "{}: has no place in a link"),
    (re.compile(r"<[^<>]*\s([a-z-]{1,20})\s*=\s*\{\{", re.I), 'an attribute needs quotes: {}="…"'),
)


def check(part: str, source: str, direction: str) -> Iterator[Found]:
    """Yield what is wrong with the words of one part of a text."""
    yield from _isolates(part, source)
    if direction == "rtl":
        yield from _edges(part, source)
    if part != "html":
        return
    for forbidden, message in _FORBIDDEN:
        for found in forbidden.finditer(source):
            yield Found("error", message.format(found[1].lower()), part, _line(source, found))
    for found in _WRONG[direction].finditer(source):
        message = f"this runs against the language, which is written {direction}"
        yield Found("warning", message, part, _line(source, found))
    if direction == "rtl" and not _LAYOUT.search(source) and not _HAS_DIRECTION.search(source):
        yield Found(
            "error", 'a page of its own needs <html dir="rtl">; one that extends our layout has it', part
        )


def _isolates(part: str, source: str) -> Iterator[Found]:
    for number, line in enumerate(source.splitlines(), start=1):
        depth = 0
        for character in line:
            depth += _ISOLATES.get(character, 0)
            if depth < 0:
                break
        if depth:
            yield Found("error", "isolates (U+2066 to U+2069) do not come in pairs", part, number)
        if _OVERRIDES.search(line):
            message = "embeddings and overrides (U+202A to U+202E) reach further than meant: use | isolated"
            yield Found("error", message, part, number)


def _edges(part: str, source: str) -> Iterator[Found]:
    words = _TAGS_OF_JINJA.sub(_blank, source)
    words = _TAGS.sub(_blank, words) if part == "html" else words
    words = _ADDRESSES.sub(_blank, words)
    for found in _EDGE.finditer(words):
        message = f'"{found[0]}": the sign may change sides in a right-to-left line; isolate these words'
        yield Found("warning", message, part, _line(words, found))


def _blank(found: re.Match[str]) -> str:
    """Return nothing of what was found but its lines."""
    return " " + "\n" * found[0].count("\n")


def _line(source: str, found: re.Match[str]) -> int:
    return source.count("\n", 0, found.start()) + 1
