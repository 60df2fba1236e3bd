"""Loyalty, one at a time."""

from nameko.messaging import consume
from pymongo.errors import DuplicateKeyError

from benchmarks.stock.ground import Collections, Events, FromSettings, queue
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
    database = Collections("loyalty", LoyaltyStore)
    publish = Events()
    program = FromSettings(lambda settings: load_program(settings.loyalty_program))

    @consume(queue("wafa.loyalty"))
    def take_in(self, event):
        data = event["data"]
        fact = FACTS[data["type"]](data, self.program)
        entry = Entry(data["customer_id"], fact, event.get("correlationid"))
        member, follow_ups = apply(entry, self.database, self.program)
        for follow_up in (publishing.member_updated(member), *follow_ups):
            self.publish(follow_up)


def apply(entry, database, program):
    """File the fact, fold it into its member; return the member and what follows."""
    members, ledger = database["members"], database["ledger"]
    filed = False
    while True:
        before = members.find_one({"_id": entry.customer_id})
        member, row, follow_ups = after(before, entry, ledger, program)
        if not filed:
            ledger.insert_one(row)
            filed = True
        if save(member, members):
            return member, follow_ups


def after(before, entry, ledger, program):
    """Return the member after one more fact, its ledger row and its follow-ups."""
    change = Change(entry.customer_id, before, ())
    change.add([entry], ())
    try:
        state = change.fold_on(program)
    except Late:
        rows = ledger.find({"customer_id": entry.customer_id})
        state = change.refold(program, [decode_fact(row["fact"]) for row in rows])
    member = make_member(change, state, program, now())
    (pending,) = member["pending"]
    member["pending"] = []
    del member["pending_since"]
    return member, pending["row"], pending["follow_ups"]


def save(member, members):
    """Write the member unless somebody else did meanwhile; tell whether it was written."""
    if member["version"] == 1:
        try:
            members.insert_one(member)
        except DuplicateKeyError:
            return False
        return True
    wanted = {"_id": member["_id"], "version": member["version"] - 1}
    return members.replace_one(wanted, member).matched_count == 1
