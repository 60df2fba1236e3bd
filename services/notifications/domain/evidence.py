"""What a decision is based on: gathered from a row, its campaign and the customer, and kept with the row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime

from services.notifications.domain.audience import Entry
from services.notifications.domain.campaign import Campaign
from services.notifications.domain.cap import Cap, Room, room
from services.notifications.domain.decision import Case, Decision, Defer, Drop, Reason, Send, Twin, Way
from services.notifications.domain.holdout import held_out
from services.notifications.domain.outreach import CONTACTED, LIVE, Outreach, State, deferred, dropped
from services.notifications.domain.quiet import known_zone
from services.notifications.domain.segment import matches
from services.notifications.domain.traits import traits_of


def case_of(
    row: Outreach,
    campaign: Campaign,
    entry: Entry | None,
    *,
    channels: Sequence[str],
    addresses: Mapping[str, str | None],
    others: Iterable[Outreach] = (),
    caps: Sequence[Cap] = (),
    now: datetime,
) -> Case:
    """Gather what the decision on this row looks at.

    `channels` are those of its step, the preferred one first, and `addresses` the customer's for each.
    `others` are the person's other rows, under all ids.
    """
    profile = entry.profile if entry else None
    others = list(others)
    mine = replace(row.slot, at=now)
    return Case(
        now=now,
        expires_at=row.expires_at,
        purpose=campaign.purpose,
        known=_known(entry, campaign),
        ways=tuple(_ways(row, campaign, entry, channels, addresses)),
        open_complaints=len(entry.open_complaints) if entry else 0,
        in_segment=_belongs(row, campaign, entry, now),
        room=room(mine, (one.slot for one in others if counts(one)), caps) if row.capped else None,
        quiet_hours=campaign.quiet_hours,
        zone=known_zone(profile.timezone if profile else None, campaign.zone),
        held_out=held_out(campaign.id, row.customer_id, campaign.holdout),
        twin=twin_of(row, others),
    )


def counts(row: Outreach) -> bool:
    """Tell whether a row takes, or reserves, a place under the frequency cap."""
    return row.capped and (row.state in LIVE or row.state in CONTACTED)


def _known(entry: Entry | None, campaign: Campaign) -> bool:
    if entry is None:
        return False
    return entry.erased or bool(entry.profile and (entry.member or not campaign.needs_member))


def _ways(
    row: Outreach,
    campaign: Campaign,
    entry: Entry | None,
    channels: Iterable[str],
    addresses: Mapping[str, str | None],
) -> Iterable[Way]:
    bounced = {(one.channel, one.address) for one in entry.bounced} if entry else set()
    for channel in channels:
        if channel not in row.tried:
            address = addresses.get(channel)
            consent = entry.consent(channel, campaign.purpose.consent) if entry else None
            yield Way(channel, address is not None, (channel, address) in bounced, consent)


def _belongs(row: Outreach, campaign: Campaign, entry: Entry | None, now: datetime) -> bool:
    """Tell whether the customer still is whom the campaign is for, and has not yet done what it is for."""
    if entry is None:
        return True
    since = row.enrolled_at or row.planned_at
    if campaign.exit_on_purchase and any(one.at >= since for one in entry.told.purchases):
        return False
    return campaign.audience is None or matches(campaign.audience, traits_of(entry), now, since)


def twin_of(row: Outreach, others: Iterable[Outreach]) -> Twin | None:
    """Return what the same message under other ids of the same person means for this row.

    `others` may hold rows of other campaigns, steps and occurrences, and the row itself. Of rows that are
    still to be decided the smallest id goes ahead, so that of two workers who each hold one exactly one gives
    way.
    """
    message = (row.campaign, row.step, row.occurrence)
    same = [one for one in others if (one.campaign, one.step, one.occurrence) == message]
    rivals = [one for one in same if one.id != row.id]
    if any(one.state in (*CONTACTED, State.PASSED) or one.reason == Reason.HOLDOUT for one in rivals):
        return Twin.SENT
    if any(one.state in LIVE and one.id < row.id for one in rivals):
        return Twin.AHEAD
    return Twin.IN_FLIGHT if any(one.state is State.CLAIMED for one in rivals) else None


def decided(row: Outreach, case: Case, decision: Decision) -> Outreach:
    """Return the row with the decision on record: moved by a DEFER or DROP, on its channel by a SEND."""
    row = replace(row, decision=record(case, decision), reason=getattr(decision, "reason", None))
    match decision:
        case Send(channel):
            return replace(row, channel=channel)
        case Defer(until):
            return deferred(row, until)
        case Drop(reason):
            return dropped(row, reason, case.now)


def record(case: Case, decision: Decision) -> dict[str, object]:
    """Return a decision and all that it was based on, as plain values to store and to show."""
    quiet = case.quiet_hours
    return {
        "outcome": type(decision).__name__.lower(),
        "reason": getattr(decision, "reason", None),
        "until": getattr(decision, "until", None),
        "channel": getattr(decision, "channel", None),
        "at": case.now,
        "purpose": case.purpose,
        "known": case.known,
        "ways": [_plain(way) for way in case.ways],
        "open_complaints": case.open_complaints,
        "in_segment": case.in_segment,
        "room": _plain(case.room) if case.room else None,
        "quiet_hours": f"{quiet.start:%H:%M}-{quiet.end:%H:%M} {case.zone}" if quiet else None,
        "held_out": case.held_out,
        "twin": case.twin,
        "expires_at": case.expires_at,
    }


def _plain(one: Way | Room) -> dict[str, object]:
    # Their values are plain already: `asdict` would copy each of them.
    return {field.name: getattr(one, field.name) for field in fields(one)}
