"""What a key may be allowed to do, and sets of that for the usual holders of keys."""

#: In the place of a scope: any key will do.
ANY = "any"

SCOPES = {
    "events:write": "publish events, and check them without publishing",
    "customers:read": "look customers up, and read their cards",
    "customers:merge": "merge customers, and undo a merge",
    "customers:export": "export everything that is known of a person",
    "customers:erase": "erase a person",
    "interactions:read": "read what happened with a customer",
    "members:read": "read tiers, points and the ledger",
    "members:redeem": "spend points of a member",
    "cases:read": "list complaints",
    "cases:write": "assign and resolve complaints",
    "calls:read": "read the call list",
    "calls:write": "take down how a call ended",
    "segments:read": "count segments, and look at samples",
    "campaigns:read": "read campaigns, previews and reports",
    "campaigns:write": "draft campaigns and check templates",
    "campaigns:launch": "launch, pause, resume and finish campaigns",
    "outreach:read": "read every decision on a message, with its reason",
    "rejected:read": "read what is in quarantine",
    "rejected:replay": "publish again what is in quarantine",
    "webhooks:write": "subscribe to events, and replay them",
    "stream:read": "hear of events as they happen",
    "audit:read": "read who did what",
}

ROLES = {
    "publisher": ("events:write",),
    "counter": (
        "calls:read",
        "calls:write",
        "cases:read",
        "cases:write",
        "customers:read",
        "events:write",
        "interactions:read",
        "members:read",
        "members:redeem",
        "stream:read",
    ),
    "marketing": (
        "campaigns:launch",
        "campaigns:read",
        "campaigns:write",
        "outreach:read",
        "segments:read",
    ),
    "integration": ("customers:read", "events:write", "interactions:read", "members:read", "webhooks:write"),
    "operator": ("audit:read", "events:write", "rejected:read", "rejected:replay"),
    "admin": tuple(SCOPES),
}
