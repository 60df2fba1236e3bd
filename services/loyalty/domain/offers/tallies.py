"""Tallies of bounded size: what comes together, and the words that more than one customer was told."""

from array import array
from collections.abc import Iterable, Sequence
from itertools import combinations
from math import sqrt

from services.loyalty.domain.offers.table import NEIGHBOURS, Neighbour

#: Baskets of two articles together that count half: a coincidence of one or two is none.
SHRINK = 10.0


class Together:
    """How often each of some names came, and each two of them together."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.places = {name: place for place, name in enumerate(names)}
        self.counted = array("I", bytes(4 * len(names)))
        self._pairs = array("I", bytes(4 * (len(names) * (len(names) - 1) // 2)))

    def add(self, names: Iterable[str]) -> list[int]:
        """Count names that came together; return the places of those that are known."""
        places = sorted([self.places[name] for name in names if name in self.places])
        for place in places:
            self.counted[place] += 1
        pairs = self._pairs
        for low, high in combinations(places, 2):
            pairs[high * (high - 1) // 2 + low] += 1
        return places

    def neighbours(self, place: int) -> tuple[Neighbour, ...]:
        """Return what comes together with the name at a place, the nearest first."""
        row = place * (place - 1) // 2
        found = []
        for other in range(len(self.names)):
            if other == place:
                continue
            both = self._pairs[row + other if other < place else other * (other - 1) // 2 + place]
            if both > 1:
                cosine = both / sqrt(self.counted[place] * self.counted[other])
                found.append((-cosine * both / (both + SHRINK), both, other))
        found.sort()
        return tuple(Neighbour(self.names[other], both, -score) for score, both, other in found[:NEIGHBOURS])


class Shared:
    """The last word that two different customers heard: what only one did may be about that one."""

    __slots__ = ("_heard", "_whose", "word")

    def __init__(self) -> None:
        self.word: str | None = None
        self._heard: str | None = None
        self._whose = 0

    def hear(self, word: str | None, whose: int) -> None:
        """Hear what a customer was told; `whose` tells one customer from the next."""
        if word is None or word == self.word:
            return
        if word == self._heard and whose != self._whose:
            self.word = word
        self._heard, self._whose = word, whose
