"""Loyalty, one at a time."""

from nameko.messaging import consume

from benchmarks.stock.ground import Database, Events, FromSettings, queue
from services.loyalty import publishing
from services.loyalty.domain.codec import decode_fact
from services.loyalty.domain.errors import Late
from services.loyalty.effects import Change, Entry, make_member
from services.loyalty.handlers import FACTS
from services.loyalty.program_file import load_program
from services.loyalty.store import LoyaltyStore
from wafa.runtime.clock import now


class StockLoyalty:
    """Folds purchases into members."""

    name = "loyalty"
    store = Database("loyalty", LoyaltyStore)
    publish = Events()
    program = FromSettings(lambda settings: load_program(settings.loyalty_program))

    @consume(queue("wafa.loyalty"))
    def take_in(self, event):
        data = event["data"]
        fact = FACTS[data["type"]](data, self.program)
        entry = Entry(data["customer_id"], fact, event.get("correlationid"))
        while True:
            member, row, follow_ups = changed(entry, self.store, self.program, now())
            self.store.file([row])
            if not self.store.save([member]):
                break
        self.publish([publishing.member_updated(member), *follow_ups])


def changed(entry, store, program, moment):
    """Return the member after one more fact, its ledger row and its follow-ups."""
    member = store.members([entry.customer_id]).get(entry.customer_id)
    change = Change(entry.customer_id, member, ())
    change.add([entry], ())
    try:
        state = change.fold_on(program)
    except Late:
        rows = store.ledger([entry.customer_id])[entry.customer_id]
        state = change.refold(program, [decode_fact(row["fact"]) for row in rows])
    after = make_member(change, state, program, moment)
    pending = after["pending"][-1]
    after["pending"] = []
    del after["pending_since"]
    return after, pending["row"], pending["follow_ups"]
