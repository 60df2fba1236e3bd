"""Whom a campaign meets at a moment, and the row that its journey with each would begin with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notifications.audience.segment_query import PEOPLE, query, within
from services.notifications.domain.calendar import Sweep, sweep
from services.notifications.domain.campaign import DAILY, Broadcast, Campaign, On, Trigger
from services.notifications.domain.outreach import Outreach
from services.notifications.domain.rule import And, Comparison, Day, Rule
from services.notifications.domain.triggers import KEPT
from services.notifications.planning.journeys import enrol
from services.notifications.planning.planner import OCCURRENCE
from services.notifications.texts.variables import samples

Filter = dict[str, Any]

EVERYBODY = PEOPLE


@dataclass(frozen=True, slots=True)
class Meeting:
    """A campaign at a moment; `filter` finds whom it would meet, `words` say who that is."""

    campaign: Campaign
    when: datetime
    filter: Filter
    words: str
    context: Mapping[str, str]

    @classmethod
    def of(cls, campaign: Campaign, when: datetime) -> "Meeting":
        """Return whom the campaign meets then.

        What happens with whom nobody knows beforehand: of a campaign that an event starts, it is everybody
        in its audience, as if it happened to all of them at that moment.

        Raises:
            RuleError: the audience cannot be asked for.
        """
        start, rule = campaign.start, campaign.audience
        if isinstance(start, Trigger) and start.on in DAILY:
            rule = _on_the_day(sweep(campaign, when.date(), None, when))
            return cls(campaign, when, query(rule, when, when), f"{start.on} on {when:%Y-%m-%d}", {})
        found = query(rule, when, when) if rule else EVERYBODY
        if isinstance(start, Broadcast):
            return cls(campaign, when, found, "everybody in the audience, at once", {})
        words = f"everybody in the audience, if {start.on} happened to all of them"
        sample = samples("en")
        context = {name: str(sample.get(name, "")) for name in KEPT.get(start.on, ())}
        return cls(campaign, when, found, words, context)

    def row(self, customer_id: str) -> Outreach:
        """Return the row that the journey with a customer would begin with."""
        key = self.campaign.key
        return enrol(
            self.campaign,
            customer_id,
            OCCURRENCE if isinstance(self.campaign.start, Broadcast) else f"preview {self.when:%Y-%m-%d}",
            self.when,
            cause=key,
            correlation=key,
            context=self.context,
        )

    def speaking(self, language: str) -> Filter:
        """Return the filter for those of them who speak a language."""
        return within({"traits.language": {"$eq": language}}, self.filter)


def _on_the_day(found: Sweep) -> Rule:
    """Return the rule of a sweep without those whose first purchase is no year old: it was no anniversary."""
    if found.on is not On.ANNIVERSARY or not found.targets:
        return found.rule
    year = max(found.targets.values()).replace(month=1, day=1)
    return And((found.rule, Comparison("first_purchase_at", "lt", Day(year))))
