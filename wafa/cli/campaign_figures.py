"""What a campaign would do, would have done and did, as tables for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from wafa.cli.output import literal

Found = Mapping[str, Any]
#: Reasons that do not say by themselves what they mean.
WORDS = {
    "duplicate": "duplicate, has had it already",
    "left_segment": "not in the audience, or bought meanwhile",
}


def show_preview(found: Found, console: Console) -> None:
    """Print a preview."""
    about = set(found["about"])
    console.print(
        f"{found['campaign']}, version {found['version']}, at {found['at']}: {found['starts']}",
        soft_wrap=True,
    )
    table = _table("", "customers")
    table.add_row(Text("would be met", style="bold"), f"{found['people']:,}")
    table.add_row("written to at once", _about(found["now"], "now" in about))
    for reason, number in found["later"].items():
        table.add_row(f"written to later: {_words(reason)}", _about(number, reason in about))
    for reason, number in found["dropped"].items():
        table.add_row(f"left out: {_words(reason)}", _about(number, reason in about))
    if found["fault"]:
        table.add_row(Text("cannot be read", style="red"), f"{found['fault']:,}")
    console.print(table)
    for name in ("channels", "languages"):
        if found[name]:
            counted = ", ".join(f"{number:,} {one}" for one, number in found[name].items())
            console.print(f"{name} of those whom nothing stands against: {counted}", soft_wrap=True)
    if found["sampled"]:
        console.print(f"about: from a sample of {found['sampled']:,}; all other figures are exact")
    for sample in found["samples"]:
        _show_sample(sample, console)
    if not found["people"]:
        console.print(
            "nobody: `wafa segment count FILE` counts the audience alone, `--on DATE` looks at another day",
            soft_wrap=True,
        )


def show_simulation(found: Found, console: Console) -> None:
    """Print what would have been."""
    console.print(
        f"{found['campaign']}, version {found['version']}, from {found['since']} to {found['until']}: "
        f"{found['contacts']:,} contacts with {found['customers']:,} of {found['looked_at']:,} customers",
        soft_wrap=True,
    )
    share = f"{found['bought'] / found['contacts']:.1%}" if found["contacts"] else "none"
    console.print(f"bought within {found['window_days']:g} days anyway: {found['bought']:,} ({share})")
    if found["held_out"]:
        console.print(f"held out: {found['held_out']:,}, of whom {found['held_out_bought']:,} bought")
    if found["months"]:
        table = _table("month", "contacts", "bought anyway", "share")
        for month, counted in found["months"].items():
            bought, contacts = counted["bought"], counted["contacts"]
            table.add_row(month, f"{contacts:,}", f"{bought:,}", f"{bought / contacts:.1%}")
        console.print(table)
    for reason, number in sorted(found["suppressed"].items(), key=lambda one: -int(one[1])):
        console.print(f"left out: {_words(reason)}: {number:,}")
    if open_still := found["window_open"]:
        console.print(f"for {open_still:,} contacts the window is not over: more may buy", soft_wrap=True)
    if found["as_today"]:
        console.print(f"taken as it is today, not as it was: {', '.join(found['as_today'])}", soft_wrap=True)
    console.print("not known of the past: the frequency cap, other campaigns' messages", soft_wrap=True)


def show_report(found: Found, console: Console) -> None:
    """Print a report: what it means first, then the figures."""
    title = " / ".join(found["title"][one] for one in ("en", "ar") if one in found["title"])
    console.print(Text(literal(f"{found['campaign']}: {title} ({found['state']})"), style="bold"))
    for sentence in found["words"]:
        console.print(sentence)
    messages = found["messages"]
    table = _table("", "messages")
    for name in ("planned", "waiting", "sent"):
        table.add_row(name, f"{messages[name]:,}")
    for name, number in messages["sent_by_channel"].items():
        table.add_row(f"  by {name}", f"{number:,}")
    for name in ("bounced", "failed", "held_out", "suppressed"):
        table.add_row(_words(name), f"{messages[name]:,}")
        for reason, number in messages.get(f"{name}_by_reason", {}).items():
            table.add_row(f"  {_words(reason)}", f"{number:,}")
    console.print(table)
    if found["cost"]:
        console.print(f"cost: {_money(found['cost'])}")
    for name, lines in found["by"].items():
        if lines:
            console.print(_compared(name, lines, found))


def _compared(name: str, lines: Sequence[Found], found: Found) -> Table:
    against = found["held_out"]["people"] > 0
    held_out = ("held out", "bought") if against else ()
    table = _table(name, "contacted", "bought", "95% interval", *held_out, "revenue")
    whole = {name: "all", "contacted": found["contacted"], "held_out": found["held_out"]}
    for line in [*lines, whole] if len(lines) > 1 else lines:
        contacted, held = line["contacted"], line["held_out"]
        cells = [f"{contacted['people']:,}", _share(contacted), _interval(contacted)]
        cells += [f"{held['people']:,}", _share(held)] if against else []
        table.add_row(str(line[name]), *cells, _money(contacted["revenue"]))
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None)
    table.add_column(first, no_wrap=True)
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _share(side: Found) -> str:
    return "" if side["rate"] is None else f"{side['converted']:,} ({side['rate']:.1%})"


def _interval(side: Found) -> str:
    return "" if side["interval"] is None else "{:.1%}-{:.1%}".format(*side["interval"])


def _money(amounts: Sequence[Mapping[str, str]]) -> str:
    return ", ".join(f"{one['amount']} {one['currency']}" for one in amounts)


def _show_sample(sample: Found, console: Console) -> None:
    console.rule(f"{sample['language']}, by {sample['channel']}, to {sample['customer_id']}")
    if "fault" in sample:
        console.print(Text(literal(f"cannot be written: {sample['fault']}"), style="red"))
        return
    side: JustifyMethod | None = "right" if sample["direction"] == "rtl" else None
    # Staff who ring somebody have the whole text before them, as far as there is one.
    whole = sample["channel"] == "email" or (sample["channel"] == "phone" and sample["plain"])
    for part in ("subject", "plain") if whole else ("short",):
        if sample[part]:
            said = Text(literal(sample[part].rstrip()), style="bold" if part == "subject" else "")
            console.print(said, justify=side)


def _about(number: int, estimated: bool) -> str:
    return f"about {number:,}" if estimated else f"{number:,}"


def _words(reason: str) -> str:
    return WORDS.get(reason, reason.replace("_", " "))
