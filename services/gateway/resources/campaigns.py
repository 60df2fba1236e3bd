"""Campaigns: from a draft to a report."""

from typing import Any

from services.gateway.door import Doors
from services.gateway.means import services
from services.gateway.refusals import Refusal, not_found
from services.gateway.shapes import campaigns as shapes
from services.gateway.shapes.paging import PageByName
from services.gateway.shapes.reports import CampaignReport

campaigns = Doors("campaigns", "Who is written to, when and why; what came of it")

#: Seconds that a command may take, and that a look at everybody may.
COMMAND, LOOK = 30.0, 60.0


@campaigns.door("GET", "/campaigns", needs="campaigns:read", asks=PageByName, answers=shapes.CampaignList)
def listed(given: dict[str, Any]) -> Any:
    """List campaigns, by name."""
    return services().call("notifications", "campaigns", **given)


@campaigns.door(
    "POST",
    "/campaigns",
    needs="campaigns:write",
    takes=shapes.CampaignDraft,
    answers=shapes.CampaignSummary,
    status=201,
    refuses=[409],
)
def draft(given: dict[str, Any]) -> Any:
    """Keep a campaign as a new version, to be launched. The same once more is no new version."""
    kept = _drafted("campaign_draft", given)
    return kept, {"Location": f"/v1/campaigns/{kept['campaign']}"}


@campaigns.door(
    "POST",
    "/campaigns/check",
    needs="campaigns:write",
    takes=shapes.CampaignDraft,
    answers=shapes.CampaignPlan,
    changes=False,
)
def check(given: dict[str, Any]) -> Any:
    """Say what is wrong with a campaign, keeping nothing."""
    return _drafted("campaign_check", given)


@campaigns.door(
    "GET",
    "/campaigns/<campaign_id>",
    needs="campaigns:read",
    answers=shapes.CampaignInFull,
    refuses=[404],
)
def campaign(campaign_id: str) -> Any:
    """Return all that is known of a campaign: its versions, its messages by state and by reason."""
    found = services().call("notifications", "campaign_show", campaign_id)
    if found is None:
        raise not_found("campaign")
    return found


@campaigns.door(
    "POST",
    "/campaigns/<campaign_id>/launch",
    needs="campaigns:launch",
    answers=shapes.CampaignSummary,
    refuses=[404, 409],
)
def launch(campaign_id: str) -> Any:
    """Let journeys begin with the newest version. A broadcast that is finished goes to whoever is left."""
    return _changed("campaign_launch", campaign_id)


@campaigns.door(
    "POST",
    "/campaigns/<campaign_id>/pause",
    needs="campaigns:launch",
    answers=shapes.CampaignSummary,
    refuses=[404, 409],
)
def pause(campaign_id: str) -> Any:
    """Let nothing of it go out. Once this answers, that holds for all but what is being handed over."""
    return _changed("campaign_pause", campaign_id)


@campaigns.door(
    "POST",
    "/campaigns/<campaign_id>/resume",
    needs="campaigns:launch",
    answers=shapes.CampaignSummary,
    refuses=[404, 409],
)
def resume(campaign_id: str) -> Any:
    """Let a paused campaign go on."""
    return _changed("campaign_resume", campaign_id)


@campaigns.door(
    "POST",
    "/campaigns/<campaign_id>/finish",
    needs="campaigns:launch",
    answers=shapes.CampaignSummary,
    refuses=[404, 409],
)
def finish(campaign_id: str) -> Any:
    """Let no more journeys begin; those under way go on."""
    return _changed("campaign_finish", campaign_id)


@campaigns.door(
    "POST",
    "/campaigns/<campaign_id>/preview",
    needs="campaigns:read",
    takes=shapes.PreviewDay,
    answers=shapes.CampaignPreview,
    refuses=[404],
    changes=False,
)
def preview(given: dict[str, Any], campaign_id: str) -> Any:
    """Say whom it would reach, whom not and why, and what it would say. May take a minute; sends nothing.

    `win-back@3` is its third version; without a number it is the newest.
    """
    on = given["on"].isoformat() if "on" in given else None
    return _sound(services().call("notifications", "campaign_preview", campaign_id, on, within=LOOK))


@campaigns.door(
    "POST",
    "/campaigns/<campaign_id>/simulate",
    needs="campaigns:read",
    takes=shapes.SimulationSpan,
    answers=shapes.Simulation,
    refuses=[404],
    changes=False,
)
def simulate(given: dict[str, Any], campaign_id: str) -> Any:
    """Play the past of a campaign with the next customers; whoever asks adds up the pages."""
    days = {name: given.pop(name).isoformat() for name in ("since", "until") if name in given}
    answer = services().call("notifications", "campaign_simulate", campaign_id, **days, **given, within=LOOK)
    return _sound(answer)


@campaigns.door(
    "GET",
    "/campaigns/<campaign_id>/report",
    needs="campaigns:read",
    answers=CampaignReport,
    refuses=[404],
)
def report(campaign_id: str) -> Any:
    """Return what it did and what came of it, against those who were held out."""
    return _sound(services().call("notifications", "campaign_report", campaign_id, within=LOOK))


def _drafted(method: str, given: dict[str, Any]) -> Any:
    answer = services().call("notifications", method, given["campaign"], given["texts"], within=COMMAND)
    return _sound(answer, "campaign")["campaign"]


def _changed(method: str, campaign_id: str) -> Any:
    return _sound(services().call("notifications", method, campaign_id, within=COMMAND))["campaign"]


def _sound(answer: dict[str, Any], place: str = "") -> dict[str, Any]:
    """Return an answer that has no mistakes; `place` is where in the request those would be.

    Raises:
        Refusal: it has some.
    """
    mistakes = answer.get("mistakes")
    if mistakes is None:
        return answer
    [first, *_] = mistakes
    details = [{**one, "path": ".".join(filter(None, (place, one["path"])))} for one in mistakes]
    match first.get("reason"):
        case "unknown_campaign":
            raise not_found("campaign")
        case "wrong_state" | "busy" as reason:
            raise Refusal(409, reason, first["message"], details)
        case _:
            message = "the campaign is not as it should be; details say where" if place else first["message"]
            raise Refusal(422, "invalid", message, details)
