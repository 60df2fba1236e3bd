"""What can give a person away in a text that nobody could read as an event.

Looks for what is known of the person in bytes of any kind. Whatever is doubtful counts as found: to forget a
refused event too many is harmless, to keep one too many is not. So a text is read in several ways (character
sets, escapes of JSON and of URLs, base64), and compared without case, accents, vowel signs and the script of
its digits.
"""

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from unicodedata import combining, decimal, normalize

#: Somebody who omits the area code omits no more than is before these.
TELLING_DIGITS = 8

_ONE_DIGIT = ("1", "7")
# Country codes by the ITU (E.164, list of assigned codes); all others have three digits.
_TWO_DIGITS = {
    *(20, 27, *range(30, 35), 36, 39, 40, 41, *range(43, 50), *range(51, 59)),
    *(*range(60, 67), 81, 82, 84, 86, *range(90, 96), 98),
}
_BETWEEN_DIGITS = r"[\W_]{0,6}"
_NO_LETTER_BEFORE, _NO_LETTER_AFTER = r"(?<![^\W_])", r"(?![^\W_])"
_WORD = re.compile(r"[^\W_]+")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_QUOTED = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]+)*")
# How far JSON in JSON in JSON is followed.
_DEEPEST = 3


@dataclass(frozen=True)
class Traces:
    """What is known of a person: Wafa's ids, addresses, numbers in E.164, (system, id) pairs, names."""

    customer_ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    external_ids: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()

    def in_text(self, text: str) -> bool:
        """Tell whether the text may mention the person."""
        return any(test(reading) for reading in _variants(text) for test in self._tests)

    def in_bytes(self, content: bytes) -> bool:
        """Tell whether the bytes, in whatever character set, may mention the person."""
        return any(map(self.in_text, _readings(content)))

    @cached_property
    def _tests(self) -> list[Callable[[str], bool]]:
        return [
            *(_containing(folded(one)) for one in self.customer_ids if one),
            *(_containing(folded(form)) for one in self.emails for form in _email_forms(one)),
            *(_matching(_phone_pattern(one)) for one in self.phones if any(map(str.isdigit, one))),
            *(_external(system, id) for system, id in self.external_ids if id),
            *(_named(one) for one in self.names if one.strip()),
        ]


def folded(text: str) -> str:
    """Return text without case, compatibility forms, accents, vowel signs; digits are ASCII."""
    if text.isascii():
        return text.lower()
    return normalize("NFKD", normalize("NFKD", text).casefold()).translate(_PLAIN)


class _Plain(dict[int, int | None]):
    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        digit = decimal(character, None)
        value = None if combining(character) or character == "ـ" else code  # the tatweel only stretches
        self[code] = ord(str(digit)) if digit is not None else value
        return self[code]


_PLAIN = _Plain()


def _email_forms(address: str) -> Iterator[str]:
    """Yield an address as it is kept, and with its domain as people write it."""
    yield address
    local, _, domain = address.rpartition("@")
    try:
        yield f"{local}@{domain.encode('ascii').decode('idna')}"
    except UnicodeError:
        return


def _phone_pattern(number: str) -> str:
    """Return a pattern of the end of a number, which international and national form have in common."""
    digits = "".join(filter(str.isdigit, folded(number)))
    code = 1 if digits.startswith(_ONE_DIGIT) else 2 if int(digits[:2]) in _TWO_DIGITS else 3
    return _BETWEEN_DIGITS.join(digits[code:][-TELLING_DIGITS:] or digits)


def _containing(needle: str) -> Callable[[str], bool]:
    return lambda text: needle in text


def _matching(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.search(text) is not None


def _word(text: str) -> Callable[[str], bool]:
    return _matching(_NO_LETTER_BEFORE + re.escape(text) + _NO_LETTER_AFTER)


def _external(system: str, id: str) -> Callable[[str], bool]:
    system, found = folded(system), _word(folded(id))
    return lambda text: system in text and found(text)


def _named(name: str) -> Callable[[str], bool]:
    """A name is found where all its words are, in any order: it may be spread over several fields."""
    name = folded(name)
    words = [*map(_word, _WORD.findall(name))]
    return lambda text: all(word(text) for word in words) if words else name in text


def _readings(content: bytes) -> Iterator[str]:
    try:
        yield content.decode()
    except UnicodeDecodeError:
        yield content.decode(errors="ignore")
        for charset in ("cp1256", "cp1252"):
            yield content.decode(charset, errors="ignore")
    if b"\0" in content:
        for charset in ("utf-16-le", "utf-16-be"):
            yield content.decode(charset, errors="ignore")
        yield content.replace(b"\0", b"").decode(errors="ignore")


def _variants(text: str) -> Iterator[str]:
    """Yield a text, and what stands in it behind escapes, all folded."""
    seen: set[str] = set()
    for variant in _unescaped(text):
        for form in (variant, _QUOTED.sub(_unquoted, variant)):
            if form not in seen:
                seen.add(form)
                yield folded(form)
    yield from map(folded, _decoded(seen))


def _unescaped(text: str) -> Iterator[str]:
    for _ in range(_DEEPEST):
        yield text
        if "\\" not in text:
            return
        text = _ESCAPE.sub(_meant, text)
        if not text.isascii():
            # Beyond the first 65,536 characters JSON escapes one as two.
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    yield text


def _meant(escape: re.Match[str]) -> str:
    code, character = escape.groups()
    return chr(int(code, 16)) if code else " " if character in "nrtbf" else character


def _unquoted(quoted: re.Match[str]) -> str:
    # `urllib.parse.unquote` cuts the whole text at every character that is not ASCII: it takes as long again.
    return bytes.fromhex(quoted[0].replace("%", "")).decode(errors="replace")


def _decoded(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for run in _BASE64.findall(text):
            content = "".join(run.split()).translate(str.maketrans("-_", "+/"))
            if len(content) % 4 != 1:
                padded = content + "=" * (-len(content) % 4)
                for reading in _readings(base64.b64decode(padded)):
                    yield from _unescaped(reading)
