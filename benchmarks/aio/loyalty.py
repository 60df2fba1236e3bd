"""Loyalty: ledger and members."""

from benchmarks import single
from benchmarks.aio.ground import Publish, consume, database, save
from services.loyalty.domain.errors import Late
from services.loyalty.program_file import load_program
from services.loyalty.store import LoyaltyStore
from wafa.contracts.envelope import Event
from wafa.runtime.settings import Settings


async def run(settings: Settings) -> None:
    """Fold purchases into members for ever."""
    program = load_program(settings.loyalty_program)
    of_loyalty = database(settings, "loyalty", LoyaltyStore)
    members, ledger = of_loyalty["members"], of_loyalty["ledger"]

    async def take_in(event: Event, publish: Publish) -> None:
        entry = single.entry_of(event, program)
        filed = False
        while True:
            before = await members.find_one({"_id": entry.customer_id})
            try:
                member, row, news = single.after(before, entry, program)
            except Late:
                rows = await ledger.find(single.others_of(entry)).to_list()
                member, row, news = single.after(before, entry, program, rows)
            if not filed:
                await ledger.insert_one(row)
                filed = True
            if await save(member, members):
                break
        for one in news:
            await publish(one)

    await consume(settings, "wafa.loyalty", take_in)
