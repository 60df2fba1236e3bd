"""The words that more than one event uses."""

CHANNELS = ("store", "web", "app", "phone", "email", "chat", "social", "partner")
INITIATORS = ("customer", "company")

CONTACT_CHANNELS = ("email", "sms", "whatsapp", "phone", "post", "push")
CONSENT_PURPOSES = ("marketing", "service")
CONSENT_STATUSES = ("granted", "withdrawn")
