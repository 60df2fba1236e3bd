"""Which customer each reference of a batch means, and which identifiers each customer gains.

The rules:

1. The strongest key that somebody holds decides; the keys that nobody holds yet go to that customer.
2. An identifier stays with whoever holds it. Nothing here ever moves one, and nothing merges two customers.
3. An external id that contradicts a customer's own means another person: a weak match (e-mail, phone) with a
   customer who has only other ids in the same system does not count. The stranger becomes a customer of their
   own, without the weak identifier that is taken. For the same reason a customer who was recognised by one
   external id does not gain one that contradicts another.
4. References of one batch that share a key which nobody held before mean the same person, under rule 3.
5. Wafa's own id says outright who is meant, so rule 3 does not apply to it. One that is unknown or erased is
   refused, never guessed around.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.customers.domain.customer import Customer, root_id
from services.customers.domain.references import Keys, by_system, own_id, strength, system_of

#: A customer holds at most this many identifiers, with those of their aliases. Only a stand-in (`walk-in`,
#: `info@`) ever gets there; it must not swallow everybody, nor outgrow what its snapshot may hold.
MOST_HELD = 500


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a reference means nobody: `reason` for machines, `field` of the reference, `message` for people."""

    reason: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Decision:
    """`who` is meant by each reference, in order, and which identifiers each customer `gained`.

    A customer in `gained` who was not known before is new.
    """

    who: list[str | Refused]
    gained: dict[str, list[str]]


def decide(references: Sequence[Keys], known: Mapping[str, Customer], new_id: Callable[[], str]) -> Decision:
    """Decide for a whole batch; a reference has at least one key.

    `known` holds, by id, every customer who holds one of the keys or is named by one, and whoever they were
    merged into. `new_id` gives the id of the next new customer: one that nobody has or had, and that says
    nothing of who they are, because an id outlives an erasure.
    """
    return _Matching(references, known, new_id).run()


class _Matching:
    def __init__(
        self, references: Sequence[Keys], known: Mapping[str, Customer], new_id: Callable[[], str]
    ) -> None:
        self._references = references
        self._known = known
        self._new_id = new_id
        self._who: dict[int, str | Refused] = {}
        self._gained: dict[str, list[str]] = {}
        self._holder = {key: one.customer_id for one in known.values() for key in one.identifiers}
        self._systems_held: dict[str, dict[str, set[str]]] = {}

    def run(self) -> Decision:
        everybody = range(len(self._references))
        if open_ := [index for index in everybody if self._match(index) is None]:
            self._settle(open_)
        return Decision([self._who[index] for index in everybody], self._gained)

    def _settle(self, open_: Sequence[int]) -> None:
        """Place whom nobody matched at first: by keys gained meanwhile, else as new, the strongest first."""
        naming: dict[str, list[int]] = defaultdict(list)
        for index in open_:
            for key in self._references[index]:
                naming[key].append(index)
        self._follow(open_, naming)
        for index in sorted(open_, key=lambda index: strength(self._references[index][0])):
            if index not in self._who:
                self._follow(self._naming_any(self._begin(index), naming), naming)

    def _follow(self, indexes: Iterable[int], naming: Mapping[str, list[int]]) -> None:
        """Match these references, and then those that share a key which was gained by it."""
        queue = deque(indexes)
        while queue:
            index = queue.popleft()
            if index not in self._who:
                queue.extend(self._naming_any(self._match(index) or (), naming))

    @staticmethod
    def _naming_any(keys: Iterable[str], naming: Mapping[str, list[int]]) -> list[int]:
        return [index for key in keys for index in naming[key]]

    def _match(self, index: int) -> Sequence[str] | None:
        """Place a reference with whoever its strongest key means; return the keys gained, or `None`."""
        reference = self._references[index]
        all_held = all(key in self._holder for key in reference)
        for key in reference:
            named = own_id(key)
            if named is not None:
                return self._place_outright(index, named)
            if key not in self._holder:
                continue
            holder = root_id(self._holder[key], self._known)
            if self._is_erased(holder):
                continue
            strong = system_of(key) is not None
            if strong and all_held:
                return self._place(index, holder)
            contradicting = self._contradicting(reference, holder)
            if strong or not contradicting:
                return self._place(index, holder, contradicting)
        return None

    def _place_outright(self, index: int, named: str) -> Sequence[str]:
        customer_id = root_id(named, self._known)
        if customer_id not in self._known:
            self._who[index] = Refused("unknown_customer", "id", f"no customer has the id {named}")
        elif self._is_erased(customer_id):
            self._who[index] = Refused("customer_erased", "id", f"the customer {named} was erased")
        else:
            return self._place(index, customer_id)
        return ()

    def _begin(self, index: int) -> Sequence[str]:
        """Place a reference with a new customer; return the keys that they begin with."""
        free = [key for key in self._references[index] if key not in self._holder]
        if not free:
            message = "every identifier given belongs to a customer who was erased"
            self._who[index] = Refused("customer_erased", "", message)
            return ()
        return self._place(index, self._new_id())

    def _place(self, index: int, customer_id: str, leave: Collection[str] = ()) -> Sequence[str]:
        self._who[index] = customer_id
        free = [
            key
            for key in self._references[index]
            if key not in self._holder and key not in leave and own_id(key) is None
        ]
        if free:
            free = free[: max(0, MOST_HELD - self._count(customer_id))]
        if free:
            self._gain(customer_id, free)
        return free

    def _gain(self, customer_id: str, keys: Sequence[str]) -> None:
        systems = self._systems(customer_id)
        self._gained.setdefault(customer_id, []).extend(keys)
        for key in keys:
            self._holder[key] = customer_id
            if system := system_of(key):
                systems[system].add(key)

    def _count(self, customer_id: str) -> int:
        before = self._known[customer_id].held if customer_id in self._known else ()
        return len(before) + len(self._gained.get(customer_id, ()))

    def _contradicting(self, reference: Keys, customer_id: str) -> set[str]:
        """Return the external ids of a reference in systems where the customer has ids, but none of these."""
        named = by_system(reference)
        if not named:
            return set()
        held = self._systems(customer_id)
        return {
            key
            for system, keys in named.items()
            if system in held and held[system].isdisjoint(keys)
            for key in keys
        }

    def _systems(self, customer_id: str) -> dict[str, set[str]]:
        if customer_id not in self._systems_held:
            known = self._known.get(customer_id)
            self._systems_held[customer_id] = by_system(known.held if known else ())
        return self._systems_held[customer_id]

    def _is_erased(self, customer_id: str) -> bool:
        return customer_id in self._known and self._known[customer_id].erased
