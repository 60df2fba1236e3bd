"""Rejection: what could not be accepted, so that its publisher can put it right."""

from wafa.contracts.fields import Identifier, Text
from wafa.contracts.schema import Contract
from wafa.contracts.values import Moment, Slug

#: What each reason means. Machines read the word, people the meaning (see `docs/events.md`).
REASONS = {
    "unreadable": "The body is no JSON in UTF-8, or the content type is not one of CloudEvents.",
    "too_large": "The message is larger than 1 MiB, or the batch has more than 1000 events.",
    "wrong_routing_key": "The routing key is not the event's `type`.",
    "unknown_type": "There is no event type of this name.",
    "invalid": "A field is missing or wrong; `path` says which, `message` what was expected.",
    "time_in_future": "`time` is more than a day ahead.",
    "conflict": "An event of the same `source` and `id` but with other content was accepted before.",
    "invalid_identifier": "The e-mail address or telephone number of the customer cannot exist.",
    "no_exchange_rate": "The loyalty program has no exchange rate for the currency.",
    "no_identifier": "Nothing in the customer reference identifies anybody.",
    "unknown_customer": "No customer has the `id` that the reference names.",
    "customer_erased": "The customer whom the reference names was erased.",
    "processing_failed": "The event was tried five times over some minutes, and failed; the log says why.",
    "killed_process": "The process ended, several times, while it had this event alone in hand.",
    "delivery_limit": "The broker gave the message up after delivering it many times.",
}


class EventRejected(Contract):
    """An event went to quarantine, where it can be seen, corrected and replayed."""

    rejection_id = Identifier("Id of the quarantined event.", required=True)
    reason = Slug("Machine-readable reason.", required=True)
    path = Text("Dotted path of the field; empty for the event as a whole.", min=0, max=500, required=True)
    message = Text("What was expected.", min=0, max=4000, required=True)
    service = Slug("The service that could not accept it.", required=True)
    event_id = Text("Its `id`, as far as it could be read.", min=0, max=1000)
    event_source = Text("Its `source`, as far as it could be read.", min=0, max=1000)
    event_type = Text("Its `type`, as far as it could be read.", min=0, max=1000)
    received_at = Moment("When Wafa received it.", required=True)
