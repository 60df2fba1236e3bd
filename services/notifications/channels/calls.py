"""The phone: staff ring the customer, so a message is put on their list."""

from dataclasses import dataclass

from services.notifications.channels.outcomes import Accepted, Message, Outcome, PutOff, Refused
from services.notifications.channels.words import trouble
from services.notifications.domain.calls import Call
from services.notifications.store import NotificationsStore
from wafa.runtime.transient import TRANSIENT


@dataclass(frozen=True, slots=True)
class CallList:
    """The channel `phone`."""

    store: NotificationsStore

    def send(self, message: Message) -> Outcome:
        """Put a call on the list, once."""
        try:
            self.store.put_call(_call(message))
            if not self._erased(message.customer_id):
                return Accepted(message.outreach_id)
            # Looked at afterwards: an erasure that comes later finds the call, an earlier one is seen here.
            self.store.forget_calls([message.customer_id])
        except TRANSIENT as error:
            return PutOff(trouble(error), away=True)
        return Refused("the customer was erased meanwhile")

    def _erased(self, customer_id: str) -> bool:
        entries, _ = self.store.readable_entries([customer_id])
        return customer_id in entries and entries[customer_id].erased


def _call(message: Message) -> Call:
    return Call(
        id=message.outreach_id,
        customer_id=message.customer_id,
        purpose=message.purpose,
        subject=message.subject,
        script=message.plain or message.short,
        language=message.language,
        direction=message.direction,
        created_at=message.now,
        due=message.now,
    )
