"""The protocol of loyalty as a model: `effects`, `merging`, waking and sweeping, step by step as in the code.

Customers are capital letters, facts are named after the customer that they came with (`a1` of `A`). A member
is the facts that it counts, so that one that is counted twice is seen. Pending effects that have no row are
`+A` (of a merge) and `wake` (of time). The sweeper may settle anything at any time, but can be relied on only
for these: of what came of an event it passes by what was written too late (ADR 5).

`wrong` names one thing that is done otherwise than in the code, for the proof that the search would find it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import NamedTuple

from tests.modelling import Operation, Process, Search, Stage, Steps, advance, explore

#: What could be done wrongly.
WRONG = (
    "receipts read before the member",
    "acknowledged before the write",
    "duplicate taken for done",
    "guard removed",
    "pending not swept",
    "recomputed before the pointer",
    "aliases read before the customer",
    "folded onto whom the pointer says",
    "aliases not settled first",
    "freed before its facts are filed",
    "written only where different",
)

Keys = frozenset[str]
NONE: Keys = frozenset()


class Doc(NamedTuple):
    """A customer's document. Version 0: there is none. `facts` is None where there is no state."""

    version: int = 0
    facts: tuple[str, ...] | None = None
    pending: Keys = NONE
    into: str | None = None
    merge: int = 0
    was: str | None = None
    aliases: Keys = NONE


class Shared(NamedTuple):
    """Database and bus. `told` is the highest version of each member that was published."""

    docs: frozenset[tuple[str, Doc]]
    ledger: Keys = NONE
    published: Keys = NONE
    told: frozenset[tuple[str, int]] = frozenset()


class State(NamedTuple):
    """Everything. Workers are message and process; `crashes` and `sweeps` are how many may still come."""

    shared: Shared
    queue: tuple[Stage, ...]
    workers: tuple[tuple[Stage, Process], ...]
    sweeper: Process | None
    crashes: int
    sweeps: int


class Protocol:
    """A story: the messages (some of them twice) that workers take in, and what there was before.

    Messages: `("fact", "a1")`, `("merge", "A", "B", 1)`, `("free", "A", "B", 2)` (the numbers are versions of
    A's merges), and `("wake", "A")`, which no queue brings again when its worker dies.
    """

    def __init__(
        self,
        *messages: Stage,
        before: dict[str, Doc] | None = None,
        workers: int = 2,
        crashes: int = 1,
        sweeps: int = 0,
        wrong: str = "",
    ) -> None:
        assert wrong in ("", *WRONG)
        self.messages, self.before, self.workers, self.wrong = messages, before or {}, workers, wrong
        self._start = State(
            Shared(frozenset(self.before.items())), tuple(sorted(messages)), (), None, crashes, sweeps
        )
        self._programs: dict[str, Callable[..., Steps]] = {
            "fact": self.fact,
            "merge": self.merge,
            "free": self.free,
            "pointer": self.pointer,
            "leave": self.leave,
            "reunite": self.reunite,
            "wake": self.wake,
            "settle": self.settle,
            "sweep": self.sweep,
        }
        # What a process does next depends on nothing but itself and what is shared.
        self._advance = cache(partial(advance, self._programs))

    def search(self) -> Search:
        """Visit all states."""
        return explore(self._start, self.moves, invariant=counted_twice, final=self.final)

    # --- what the processes do

    def fact(self, fact: str) -> Steps:
        """`effects.apply`, of one entry."""
        customer, receipts = fact[0].upper(), NONE
        receipts_first = self.wrong == "receipts read before the member"
        if receipts_first:
            receipts = yield receipts_among({fact})
        root, doc = customer, (yield read(customer))
        while doc.into:
            root, doc = doc.into, (yield read(doc.into))
        if not receipts_first:
            receipts = yield receipts_among({fact} | doc.pending)
        ids = {root, *doc.aliases}
        if customer not in ids and self.wrong != "folded onto whom the pointer says":
            return [("reunite", customer), ("fact", fact)]
        unfiled = doc.pending - receipts
        if fact in unfiled and self.wrong == "duplicate taken for done":
            return []
        if fact in receipts | unfiled:
            return [("settle", root, doc._replace(pending=unfiled))] if unfiled else []
        if doc.version and doc.facts is None:
            facts = (yield rows_of(ids)) | counting(unfiled, ids) | {fact}
        else:
            facts = (*(doc.facts or ()), fact)
        written = doc._replace(version=doc.version + 1, facts=tuple(sorted(facts)), pending=unfiled | {fact})
        moved = yield self.save(root, written)
        return [("fact", fact)] if moved else [("settle", root, written)]

    def merge(self, alias: str, into: str, version: int) -> Steps:
        """`merging.repoint`: the pointer, and then what follows from it."""
        return (yield from self._point(alias, into, into, version))

    def free(self, alias: str, into: str, version: int) -> Steps:
        """`merging.repoint`, of an un-merge."""
        return (yield from self._point(alias, None, into, version))

    def _point(self, alias: str, into: str | None, named: str, version: int) -> Steps:
        doc = yield read(alias)
        before_pointer = into is not None and self.wrong == "recomputed before the pointer"
        if version > doc.merge:
            if before_pointer:
                return [("reunite", into, alias), ("pointer", alias, into, version)]
            was = doc.into if doc.into not in (None, into) else doc.was
            pointed = Doc(doc.version + 1, None, doc.pending, into, version, was)
            if (yield self.save(alias, pointed)):
                return [("merge" if into else "free", alias, named, version)]
        stages: list[Stage] = [("leave", alias, named), ("reunite", alias)]
        return stages[::-1] if self.wrong == "freed before its facts are filed" else stages

    def pointer(self, alias: str, into: str, version: int) -> Steps:
        """Done wrongly: the pointer comes last."""
        doc = yield read(alias)
        moved = yield self.save(alias, Doc(doc.version + 1, None, doc.pending, into, version))
        return [("pointer", alias, into, version)] if moved else []

    def leave(self, alias: str, named: str) -> Steps:
        """`merging._left_behind`, and their folding anew."""
        doc = yield read(alias)
        return [("reunite", one) for one in sorted({named, doc.was or named} - {doc.into})]

    def reunite(self, customer: str, as_if: str = "") -> Steps:
        """`effects.reunite`, of one customer (done wrongly: as if there were one more alias)."""
        first: tuple[tuple[str, Doc], ...] = ()
        if as_if:
            first = ((as_if, (yield read(as_if))),)
        if self.wrong == "aliases read before the customer":
            first = yield pointing_to({customer})
        root, doc = customer, (yield read(customer))
        passed = {}
        while doc.into:
            passed[root] = doc
            root, doc = doc.into, (yield read(doc.into))
        aliases: dict[str, Doc] = dict(first)
        level = set() if self.wrong == "aliases read before the customer" else {root}
        while level:
            found = yield pointing_to(level)
            level = {one for one, _ in found} - aliases.keys()
            aliases |= dict(found)
        if self.wrong != "aliases not settled first":
            for one, alias in sorted((passed | aliases).items()):
                if alias.pending:
                    yield publish(one, alias)
                    yield file(alias)
                    yield drop(one, alias)
        ids = {root, *aliases}
        receipts = yield receipts_among(doc.pending)
        unfiled = doc.pending - receipts
        facts = tuple(sorted((yield rows_of(ids)) | counting(unfiled, ids)))
        same = (doc.facts or ()) == facts and doc.aliases == frozenset(aliases)
        if same and self.wrong == "written only where different":
            return [("settle", root, doc._replace(pending=unfiled))]
        # A customer of whom nothing is known and nothing was told has no figures.
        bare = not facts and doc.facts is None
        written = doc._replace(
            version=doc.version + 1,
            facts=None if bare else facts,
            pending=unfiled if bare else unfiled | {f"+{root}"},
            aliases=frozenset(aliases),
        )
        moved = yield self.save(root, written)
        return [("reunite", customer, as_if)] if moved else [("settle", root, written)]

    def wake(self, customer: str) -> Steps:
        """`handlers.wake`, of one member: nobody else will do it again."""
        doc = yield read(customer)
        if doc.facts is None:
            return []
        unfiled = doc.pending - (yield receipts_among(doc.pending))
        written = doc._replace(version=doc.version + 1, pending=unfiled | {"wake"})
        moved = yield self.save(customer, written)
        return [] if moved else [("settle", customer, written)]

    def settle(self, customer: str, doc: Doc) -> Steps:
        """`effects.settle`, of one member."""
        yield publish(customer, doc)
        yield file(doc)
        if without_row(doc.pending):
            yield drop(customer, doc)
        return []

    def sweep(self, customer: str) -> Steps:
        """`sweeping.sweep`, of one member."""
        doc = yield read(customer)
        unfiled = doc.pending - (yield receipts_among(doc.pending))
        if unfiled:
            yield publish(customer, doc._replace(pending=unfiled))
            yield file(doc)
            yield drop(customer, doc)
        return []

    def save(self, customer: str, doc: Doc) -> Operation:
        """Write a document if its version has not moved meanwhile; answers whether it had."""

        def operation(shared: Shared) -> tuple[bool, Shared]:
            docs = dict(shared.docs)
            moved = docs.get(customer, Doc()).version != doc.version - 1
            if moved and self.wrong != "guard removed":
                return True, shared
            return False, shared._replace(docs=frozenset({**docs, customer: doc}.items()))

        return f"writes {customer}: {shown(doc)}", operation

    # --- what may happen next, and what must not

    def moves(self, state: State) -> Iterator[tuple[str, State]]:
        """Yield every state one step after this one."""
        if len(state.workers) < self.workers:
            for message in sorted(set(state.queue)):
                rest = list(state.queue)
                rest.remove(message)
                workers = with_worker(state.workers, (message, Process((message,))))
                yield f"a worker takes {message}", state._replace(queue=tuple(rest), workers=workers)
        for message, process in dict.fromkeys(state.workers):
            others = list(state.workers)
            others.remove((message, process))
            words, then, shared = self._advance(process, state.shared)
            workers = with_worker(others, (message, then)) if then else tuple(others)
            yield f"{message}: {words}", state._replace(shared=shared, workers=workers)
            if state.crashes:
                lost = message[0] == "wake" or self.wrong == "acknowledged before the write"
                queue = state.queue if lost else tuple(sorted((*state.queue, message)))
                yield (
                    f"{message}: dies",
                    state._replace(queue=queue, workers=tuple(others), crashes=state.crashes - 1),
                )
        yield from self._sweeps(state)

    def _sweeps(self, state: State) -> Iterator[tuple[str, State]]:
        if self.wrong == "pending not swept":
            return
        if state.sweeper:
            words, then, shared = self._advance(state.sweeper, state.shared)
            yield f"sweeper: {words}", state._replace(shared=shared, sweeper=then)
            return
        at_rest = not (state.queue or state.workers)
        for customer, doc in sorted(state.shared.docs):
            unfiled = doc.pending - state.shared.ledger
            if (state.sweeps and unfiled) or (at_rest and without_row(unfiled)):
                yield (
                    f"the sweeper comes to {customer}",
                    state._replace(sweeper=Process((("sweep", customer),)), sweeps=max(0, state.sweeps - 1)),
                )

    def final(self, state: State) -> str | None:
        """Say what is wrong when everything has come to rest."""
        shared = state.shared
        docs = dict(shared.docs)
        facts = {fact for kind, fact, *_ in self.messages if kind == "fact"}
        facts |= {fact for doc in self.before.values() for fact in (*(doc.facts or ()), *doc.pending)}
        for customer in {*docs, *(fact[0].upper() for fact in facts)}:
            doc = docs.get(customer, Doc())
            if doc.pending - shared.ledger:
                return f"{customer} has pending what nobody will settle: {sorted(doc.pending)}"
            if doc.into:
                continue
            of_it = tuple(sorted(fact for fact in facts if root_of(fact[0].upper(), docs) == customer))
            if (doc.facts or ()) != of_it:
                return f"{customer} counts {doc.facts}, and should count {of_it}"
            pointing = {one for one in docs if one != customer and root_of(one, docs) == customer}
            if doc.aliases != pointing:
                return f"{customer} has the aliases {sorted(doc.aliases)}, and should have {sorted(pointing)}"
            if doc.facts is not None and (customer, doc.version) not in shared.told:
                return f"nobody was told of {customer} as it is"
        if shared.ledger != facts:
            return f"filed are {sorted(shared.ledger)} of {sorted(facts)}"
        if not facts <= shared.published:
            return f"published are {sorted(shared.published)} of {sorted(facts)}"
        return None


# --- operations on what is shared


def read(customer: str) -> Operation:
    return f"reads {customer}", lambda shared: (dict(shared.docs).get(customer, Doc()), shared)


def pointing_to(customers: Iterable[str]) -> Operation:
    wanted = frozenset(customers)
    return (
        f"looks for aliases of {', '.join(sorted(wanted))}",
        lambda shared: (tuple(sorted(one for one in shared.docs if one[1].into in wanted)), shared),
    )


def receipts_among(keys: Iterable[str]) -> Operation:
    wanted = frozenset(keys)
    return "reads receipts", lambda shared: (wanted & shared.ledger, shared)


def rows_of(customers: Iterable[str]) -> Operation:
    ids = frozenset(customers)
    return (
        f"reads the ledger of {', '.join(sorted(ids))}",
        lambda shared: (counting(shared.ledger, ids), shared),
    )


def publish(customer: str, doc: Doc) -> Operation:
    def operation(shared: Shared) -> tuple[None, Shared]:
        told = dict(shared.told)
        if doc.facts is not None:
            told[customer] = max(doc.version, told.get(customer, 0))
        # Of merges, only what has to do with versions is of interest.
        published = {one for one in doc.pending if not one.startswith("+")}
        return None, shared._replace(published=shared.published | published, told=frozenset(told.items()))

    return f"publishes {customer} {sorted(doc.pending)}", operation


def file(doc: Doc) -> Operation:
    rows = doc.pending - without_row(doc.pending)
    return (
        f"files {sorted(rows)}",
        lambda shared: (None, shared._replace(ledger=shared.ledger | rows)),
    )


def drop(customer: str, doc: Doc) -> Operation:
    def operation(shared: Shared) -> tuple[None, Shared]:
        docs = dict(shared.docs)
        if docs[customer].version != doc.version:
            return None, shared
        return None, shared._replace(
            docs=frozenset({**docs, customer: docs[customer]._replace(pending=NONE)}.items())
        )

    return f"drops what is pending of {customer}", operation


# --- words


def without_row(pending: Keys) -> Keys:
    return frozenset(one for one in pending if one == "wake" or one.startswith("+"))


def counting(keys: Keys, customers: Iterable[str]) -> Keys:
    """The facts among these keys that came with one of these customers."""
    ids = set(customers)
    return frozenset(key for key in keys - without_row(keys) if key[0].upper() in ids)


def root_of(customer: str, docs: dict[str, Doc]) -> str:
    while into := docs.get(customer, Doc()).into:
        customer = into
    return customer


def counted_twice(state: State) -> str | None:
    for customer, doc in state.shared.docs:
        twice = [fact for fact, times in Counter(doc.facts or ()).items() if times > 1]
        if twice:
            return f"{customer} counts {twice} twice"
    return None


def with_worker(
    others: Iterable[tuple[Stage, Process]], worker: tuple[Stage, Process]
) -> tuple[tuple[Stage, Process], ...]:
    """Workers are alike: which of them has what in hand makes no difference."""
    return tuple(sorted((*others, worker), key=hash))


def shown(doc: Doc) -> str:
    parts = [f"version {doc.version}"]
    parts += [f"{name} {getattr(doc, name)}" for name in ("facts", "into") if getattr(doc, name) is not None]
    parts += [f"{name} {sorted(getattr(doc, name))}" for name in ("pending", "aliases") if getattr(doc, name)]
    return ", ".join(parts)
