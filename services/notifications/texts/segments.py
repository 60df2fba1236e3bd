"""How many segments an SMS takes: 160 characters of GSM 03.38 or 70 of UCS-2, fewer each if it takes several.

Source: 3GPP TS 23.038, 23.040 (a concatenated message spends six octets of each segment on its header).
"""

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Size:
    """How long an SMS is. `wide` are the characters that make it UCS-2, none for GSM 03.38."""

    segments: int
    units: int
    wide: frozenset[str]


def size_of(text: str) -> Size:
    """Return how many segments a text takes."""
    wide = frozenset(text) - _BASIC - _TWICE
    if wide:
        units = len(text.encode("utf-16-le")) // 2
        return Size(_segments(units, 70, 67), units, wide)
    units = sum(2 if one in _TWICE else 1 for one in text)
    return Size(_segments(units, 160, 153), units, wide)


def _segments(units: int, alone: int, joined: int) -> int:
    return 1 if units <= alone else -(-units // joined)
