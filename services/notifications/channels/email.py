"""E-mail: composed here, handed to a mail server."""

from dataclasses import dataclass

from services.notifications.channels.mail import Sender, compose, message_id
from services.notifications.channels.outcomes import Accepted, Message, Outcome
from services.notifications.channels.smtp import Mailer


@dataclass(frozen=True, slots=True)
class Email:
    """The channel `email`."""

    mailer: Mailer
    sender: Sender

    def send(self, message: Message) -> Outcome:
        """Compose and hand over one mail.

        Raises:
            ValueError: no mail can be made of the message, by a fault of ours.
        """
        outcome = self.mailer.send(compose(message, self.sender))
        if isinstance(outcome, Accepted):
            return Accepted(message_id(message.outreach_id, self.sender))
        return outcome
