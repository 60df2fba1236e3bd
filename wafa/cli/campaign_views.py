"""`wafa campaign preview`, `simulate` and `report`: before, instead of, and after a campaign."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from wafa.cli import campaign_mistakes
from wafa.cli.campaign_figures import show_preview, show_report, show_simulation
from wafa.cli.faults import CommandFault
from wafa.cli.output import as_json, notes, paper, print_json, progress
from wafa.cli.system import call, client

#: Customers that are played in one call.
PAGE = 200
_id = click.argument("campaign", metavar="ID")
_day = click.DateTime(["%Y-%m-%d"])


@click.command()
@_id
@click.option("--on", type=_day, metavar="DATE", help="As on this day, at the same hour, not now.")
@as_json
def preview(campaign: str, on: Any, as_json: bool) -> None:
    """Say whom a campaign would reach, who would be left out and why, and show what it would say.

    ID is the newest version, launched or not; win-back@2 is the second. Nothing is planned or sent.

    \b
    Examples:
      wafa campaign preview win-back
      wafa campaign preview win-back --on 2026-12-01
    """
    day = f"{on:%Y-%m-%d}" if on else None
    found = _answered(call("notifications", "campaign_preview", campaign, day), campaign, as_json)
    if as_json:
        print_json(found)
    else:
        show_preview(found, paper())
        campaign_mistakes.tell_next(f"wafa campaign launch {found['campaign']}")


@click.command()
@_id
@click.option("--since", type=_day, required=True, metavar="DATE", help="From the start of this day.")
@click.option("--until", type=_day, metavar="DATE", help="To the end of this day.  [default: today]")
@click.option("--every", metavar="DAYS", help="A broadcast goes out again after so many days: 7d.")
@as_json
def simulate(campaign: str, since: Any, until: Any, every: str | None, as_json: bool) -> None:
    """Play the past: whom would it have contacted, and how many of them bought anyway?

    The share that bought without any campaign is what a campaign has to beat. Each customer is looked at as
    known then; frequency caps and other campaigns' messages are not known of the past.

    \b
    Examples:
      wafa campaign simulate win-back --since 2026-06-01
      wafa campaign simulate win-back --since 2026-06-01 --until 2026-08-31 --every 7d
    """
    asked: dict[str, Any] = {
        "since": f"{since:%Y-%m-%d}",
        "until": f"{until:%Y-%m-%d}" if until else None,
        "every": _days(every),
    }
    with client() as services:

        def page(after: str | None) -> dict[str, Any]:
            answer = services.call(
                "notifications", "campaign_simulate", campaign, **asked, after=after, limit=PAGE
            )
            return _answered(answer, campaign, as_json)

        found = page(None)
        sums, after = found["sums"], found["next"]
        with progress() as bar:
            task = bar.add_task("customers", total=None)
            bar.update(task, completed=sums["looked_at"], total=max(found["total"], sums["looked_at"]))
            while after is not None:
                more = page(after)
                sums, after = together(sums, more["sums"]), more["next"]
                bar.update(task, completed=sums["looked_at"], total=max(found["total"], sums["looked_at"]))
    del found["next"], found["sums"]
    # Pages know of different months.
    found |= sums | {"months": dict(sorted(sums["months"].items()))}
    if as_json:
        print_json(found)
    else:
        show_simulation(found, paper())


@click.command()
@_id
@click.option(
    "--png", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Draw it into this file."
)
@as_json
def report(campaign: str, png: Path | None, as_json: bool) -> None:
    """Say what a campaign did, and what came of it against those who were held out.

    \b
    Examples:
      wafa campaign report win-back
      wafa campaign report win-back --png win-back.png
    """
    if png and png.suffix.lower() != ".png":
        raise click.BadParameter(f"expected a name that ends in .png, not {png.name}", param_hint="--png")
    if png and not png.parent.is_dir():
        raise click.BadParameter(f"there is no folder {png.parent}", param_hint="--png")
    draw = _drawing() if png else None
    found = _answered(call("notifications", "campaign_report", campaign), campaign, as_json)
    if as_json:
        print_json(found)
    else:
        show_report(found, paper())
    if png and draw:
        try:
            draw(found, png)
        except OSError as error:
            raise click.BadParameter(
                f"{png} cannot be written: {error.strerror}", param_hint="--png"
            ) from error
        notes().print(f"drawn into {png}", soft_wrap=True)


def _drawing() -> Callable[[dict[str, Any], Path], None]:
    # A second and 70 MB that only a picture is worth, and a package that only pictures need.
    try:
        from wafa.cli.charts import draw
    except ModuleNotFoundError as error:
        raise CommandFault(
            f"--png: {error.name} is not installed. It comes with requirements-plots.txt, into the image with"
            " IMAGE_REQUIREMENTS=requirements-plots.txt when it is built. All figures are in --json, too."
        ) from error
    return draw


COMMANDS = (preview, simulate, report)


def together(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Add up the sums of two pages."""
    added = dict(one)
    for name, value in other.items():
        if isinstance(value, Mapping):
            added[name] = together(added.get(name, {}), value)
        else:
            added[name] = added.get(name, 0) + value
    return added


def _days(every: str | None) -> int | None:
    if every is None:
        return None
    if not every.removesuffix("d").isdecimal():
        raise click.BadParameter(f"expected days such as 7d, not {every}", param_hint="--every")
    return int(every.removesuffix("d"))


def _answered(answer: dict[str, Any], campaign: str, as_json: bool) -> dict[str, Any]:
    """Return an answer; one that says why there is none ends the command, with exit code 1."""
    if "mistakes" in answer:
        if as_json:
            print_json(answer)
        else:
            campaign_mistakes.tell(answer["mistakes"], campaign=campaign)
        sys.exit(1)
    return answer
