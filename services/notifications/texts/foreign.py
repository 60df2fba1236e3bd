"""What somebody else typed (a name, a code, an address): cleaned, and kept from turning text around.

It stands between the Unicode isolates U+2068 and U+2069, so that its direction cannot upset the sentence.
"""

import unicodedata
from functools import lru_cache

LONGEST_NAME = 80
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
# Invisible, but part of how Persian words and some emoji are written.
_JOINERS = "\u200c\u200d"
#: Bidirectional classes (UAX 9) of what is written from right to left, and of digits that go with it.
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


@lru_cache(maxsize=4096)
def clean(text: str, longest: int = LONGEST_NAME) -> str:
    """Return one line of visible text: no line breaks, controls, direction overrides or lone surrogates."""
    visible = "".join(_visible(character) for character in unicodedata.normalize("NFC", text[: 10 * longest]))
    line = " ".join(visible.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def isolated(text: str) -> str:
    """Return foreign text, cleaned, as a unit of its own direction."""
    return isolate(clean(text))


def isolate(text: str) -> str:
    """Return text that is clean as a unit of its own direction."""
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"


def has_right_to_left(text: str) -> bool:
    """Return whether some of the text is written from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(one) in RIGHT_TO_LEFT for one in text)


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "Z" or category == "Cc":
        return " "
    return "" if category[0] == "C" and character not in _JOINERS else character
