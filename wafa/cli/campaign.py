"""`wafa campaign`: from a file to a running campaign, and what is done with it then."""

import sys
from pathlib import Path
from typing import Any

import click

from wafa.cli import campaign_mistakes, campaign_texts, campaign_views
from wafa.cli.campaign_folder import Texts, read_campaign
from wafa.cli.campaign_mistakes import tell_next
from wafa.cli.campaign_tables import show_campaign, show_list, show_steps, title_of
from wafa.cli.output import as_json, paper, print_json
from wafa.cli.system import call
from wafa.runtime.paging import walk

_file = click.argument(
    "file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
_id = click.argument("campaign", metavar="ID")
#: Campaigns that are read in one call.
PAGE = 200
#: What holds of a campaign that is paused no more, where it does not run.
RESUMED = {
    "draft": "is a draft, and nothing of it goes out before it is launched",
    "finished": "goes on, and is finished: messages under way go out, no more journeys begin",
}


@click.group()
def campaign() -> None:
    """Draft, launch and see to campaigns.

    A campaign is a YAML file; its own texts lie in a folder `templates` beside it, as
    <template>.<language>.<subject|txt|html|short>.

    \b
    Examples:
      wafa campaign check win-back.yml
      wafa campaign draft win-back.yml
      wafa campaign preview win-back
      wafa campaign launch win-back
      wafa campaign pause win-back
      wafa campaign report win-back
    """


for _view in campaign_views.COMMANDS:
    campaign.add_command(_view)


@campaign.command()
@_file
@as_json
def check(file: Path, as_json: bool) -> None:
    """Say what is wrong with a file and the texts beside it, keeping nothing. Exit code 1: something is.

    Warnings about texts are none: `wafa template check FILE` shows them.
    """
    content, texts = read_campaign(file)
    answer = _with_findings(call("notifications", "campaign_check", content, texts), texts)
    _tell(answer, as_json, file=file, texts=texts)
    if not as_json:
        show_steps(answer["campaign"], paper())
        campaign_texts.tell(answer["texts"], file)
    if campaign_texts.errors(answer["texts"]):
        sys.exit(1)
    if not as_json:
        tell_next(f"wafa campaign draft {file}")


@campaign.command()
@_file
@as_json
def draft(file: Path, as_json: bool) -> None:
    """Keep a file as a new version. Exit code 1: something is wrong with it, and nothing is kept.

    The same file again is no new version. Of a campaign that runs already the new version takes over when it
    is launched: for journeys that begin from then on.
    """
    content, texts = read_campaign(file)
    answer = _with_findings(call("notifications", "campaign_draft", content, texts), texts)
    _tell(answer, as_json, file=file, texts=texts)
    if as_json:
        return
    found = answer["campaign"]
    _say(found, f"version {found['newest']} is kept")
    campaign_texts.tell(answer["texts"], file)
    if campaign_texts.errors(answer["texts"]):
        tell_next(
            f"wafa campaign draft {file} (when the texts are mended: like this they cannot be launched)"
        )
    else:
        tell_next(f"wafa campaign preview {found['campaign']}", f"wafa campaign launch {found['campaign']}")


@campaign.command(name="list")
@as_json
def list_(as_json: bool) -> None:
    """Show all campaigns."""
    found = [*walk(lambda before: call("notifications", "campaigns", before, PAGE), "campaigns")]
    if as_json:
        print_json(found)
    else:
        show_list(found, paper())
        tell_next("wafa campaign show ID")


@campaign.command()
@_id
@as_json
def show(campaign: str, as_json: bool) -> None:
    """Show a campaign: its steps, its versions, its messages by state. Exit code 1: there is none."""
    found = call("notifications", "campaign_show", campaign)
    if as_json:
        print_json(found)
    elif found:
        show_campaign(found, paper())
    if found is None:
        if not as_json:
            campaign_mistakes.tell([campaign_mistakes.UNKNOWN], campaign=campaign)
        sys.exit(1)


@campaign.command()
@_id
@as_json
def launch(campaign: str, as_json: bool) -> None:
    """Let journeys begin, with the newest version. Exit code 1: something is wrong with it.

    Everything is checked once more. A broadcast whose moment has passed begins at once; one that is finished
    goes to those who have not been reached yet.
    """
    found = _changed("launch", campaign, as_json)
    if found and found["state"] == "paused":
        _say(found, f"version {found['version']} is launched, and still paused")
        tell_next(f"wafa campaign resume {campaign}")
    elif found:
        _say(found, f"version {found['version']} is launched")
        tell_next(*(f"wafa campaign {one} {campaign}" for one in ("show", "pause", "report")))


@campaign.command()
@_id
@as_json
def pause(campaign: str, as_json: bool) -> None:
    """Let nothing of it go out from now on, but what is being handed over this instant.

    Messages wait, and expire when they wait for too long; events go on to be noted.
    """
    if found := _changed("pause", campaign, as_json):
        _say(found, "is paused")
        tell_next(f"wafa campaign resume {campaign}")


@campaign.command()
@_id
@as_json
def resume(campaign: str, as_json: bool) -> None:
    """Let a paused campaign go on."""
    if found := _changed("resume", campaign, as_json):
        _say(found, RESUMED.get(found["state"], "goes on"))
        tell_next(f"wafa campaign {'report' if found['state'] == 'running' else 'launch'} {campaign}")


@campaign.command()
@_id
@as_json
def finish(campaign: str, as_json: bool) -> None:
    """Let no more journeys begin; those under way go on."""
    if found := _changed("finish", campaign, as_json):
        _say(found, "is finished: no more journeys begin, those under way go on")
        tell_next(f"wafa campaign report {campaign}", f"wafa campaign launch {campaign} (to begin again)")


def _changed(command: str, campaign: str, as_json: bool) -> dict[str, Any] | None:
    """Give a command; return the campaign as it is now, None where it has been printed already."""
    answer = call("notifications", f"campaign_{command}", campaign)
    _tell(answer, as_json, campaign=campaign)
    return None if as_json else answer["campaign"]


def _with_findings(answer: dict[str, Any], texts: Texts) -> dict[str, Any]:
    """Return an answer to a file without mistakes with what is wrong with its `texts`."""
    if "mistakes" in answer:
        return answer
    purpose = answer["campaign"]["purpose"]
    found = call("notifications", "check_texts", texts, purpose)["findings"] if texts else []
    return {**answer, "texts": found}


def _tell(answer: dict[str, Any], as_json: bool, **about: Any) -> None:
    """Print an answer as JSON, or the mistakes in it; with mistakes the command is over."""
    if as_json:
        print_json(answer)
    elif "mistakes" in answer:
        campaign_mistakes.tell(answer["mistakes"], **about)
    if "mistakes" in answer:
        sys.exit(1)


def _say(found: dict[str, Any], what: str) -> None:
    paper().print(f"{found['campaign']} ({title_of(found)}): {what}", soft_wrap=True)
