"""The ways to a customer: which there are by the settings, and who can be reached through each."""

from collections.abc import Mapping
from pathlib import Path

from services.notifications.channels.calls import CallList
from services.notifications.channels.email import Email
from services.notifications.channels.folder import mail_folder, text_folder
from services.notifications.channels.mail import Sender
from services.notifications.channels.outcomes import Channel
from services.notifications.channels.smtp import Mailer, Server
from services.notifications.channels.webhook import FarEnd, Webhook
from services.notifications.store import NotificationsStore
from wafa.runtime.settings import Settings, SettingsError


def configured(settings: Settings) -> Mapping[str, Channel]:
    """Return the channels that these settings describe, by name; the others are not there.

    The call list is not among them: `with_calls` adds it.

    Raises:
        SettingsError: settings cannot be used; each is named.
    """
    try:
        return _in_folder(settings) if settings.outbox_folder else _outgoing(settings)
    except ValueError as error:
        raise SettingsError(str(error)) from error


def with_calls(channels: Mapping[str, Channel], store: NotificationsStore) -> Mapping[str, Channel]:
    """Return channels with the call list, `phone`, which needs no settings but the store."""
    return {"phone": CallList(store), **channels}


def _in_folder(settings: Settings) -> dict[str, Channel]:
    folder = Path(settings.outbox_folder)
    texts = {name: text_folder(folder, name) for name in ("sms", "whatsapp", "phone")}
    return {"email": mail_folder(folder, Sender.parse(settings.mail_from)), **texts}


def _outgoing(settings: Settings) -> dict[str, Channel]:
    mailer = Mailer(Server.parse(settings.smtp_url))
    channels: dict[str, Channel] = {"email": Email(mailer, Sender.parse(settings.mail_from))}
    webhooks = {
        "sms": (settings.sms_url, settings.sms_secret),
        "whatsapp": (settings.whatsapp_url, settings.whatsapp_secret),
    }
    for name, (url, secret) in webhooks.items():
        if url:
            far_end = FarEnd.parse(name, url, secret, private=settings.webhook_private)
            channels[name] = Webhook(name, far_end)
    return channels
