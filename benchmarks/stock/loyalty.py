"""Loyalty, one at a time."""

from nameko.messaging import consume
from pymongo.errors import DuplicateKeyError

from benchmarks import single
from benchmarks.stock.ground import Collections, Events, queue
from services.loyalty.domain.errors import Late
from services.loyalty.program_file import load_program
from services.loyalty.store import LoyaltyStore
from wafa.runtime.providers import FromSettings


class StockLoyalty:
    """Folds purchases into members."""

    name = "loyalty"
    database = Collections("loyalty", LoyaltyStore)
    publish = Events()
    program = FromSettings(lambda settings: load_program(settings.loyalty_program))

    @consume(queue("wafa.loyalty"))
    def take_in(self, event):
        entry = single.entry_of(event, self.program)
        for news in apply(entry, self.database, self.program):
            self.publish(news)


def apply(entry, database, program):
    """File the fact, fold it into its member; return what is to be published."""
    members, ledger = database["members"], database["ledger"]
    filed = False
    while True:
        before = members.find_one({"_id": entry.customer_id})
        try:
            member, row, news = single.after(before, entry, program)
        except Late:
            rows = list(ledger.find(single.others_of(entry)))
            member, row, news = single.after(before, entry, program, rows)
        if not filed:
            ledger.insert_one(row)
            filed = True
        if save(member, members):
            return news


def save(document, collection):
    """Write a document unless somebody else did meanwhile; tell whether it was written."""
    if document["version"] == 1:
        try:
            collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True
    return collection.replace_one(single.as_read(document), document).matched_count == 1
