"""`suxin courier`: scores a facts file, or a company of a book from its entries alone. Prints; `courier/` decides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_bulletin import bulletin
from .cli_partner import partner_app
from .cli_publish import publish
from .cli_rating import check_rating
from .cli_watch import watch_app

if TYPE_CHECKING:
    from ..courier.factfile import Facts
    from ..courier.ruleset import Ruleset
    from ..courier.score import Score
    from ..courier.table import FactTable

courier_app = typer.Typer(no_args_is_help=True, help="A courier company's service rating: by which rules, from which facts.")

RulesOption = Annotated[
    str, typer.Option("--rules", help="Rule file, or the version of one that comes with the program: KD-2026.1, BR-TEST.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value (docs/formats/score.md).")]
ExplainOption = Annotated[bool, typer.Option("--explain", help="Print the public sentence in Chinese and English.")]
NameOption = Annotated[str, typer.Option("--name", help="What the sentence calls the company; else its code.")]


courier_app.command("bulletin")(bulletin)
courier_app.command("check")(check_rating)
courier_app.command("publish")(publish)
courier_app.add_typer(partner_app, name="partner")
courier_app.add_typer(watch_app, name="watch")


@courier_app.command("score")
def score_file(
    facts: Annotated[
        Path, typer.Argument(help="Facts file (docs/formats/facts.md), or the folder of a fact table.", exists=True)
    ],
    rules: RulesOption = "KD-2026.1",
    as_json: JsonOption = False,
    explain: ExplainOption = False,
    name: NameOption = "",
) -> None:
    """Score a facts file, or a published fact table; needs no book."""
    from ..courier.factfile import parse_facts
    from ..courier.score import score

    ruleset = load_rules(rules)
    found = read_table_folder(facts, ruleset) if facts.is_dir() else parse_facts(facts.read_bytes())
    print_score(score(found, ruleset), as_json, explain, name)


def load_rules(rules: str) -> Ruleset:
    """A rule set by its version or its file; what it names lies beside the file, or comes with the program.

    Raises:
        CreditError: It is none, or names what is not there.
    """
    from ..courier.errors import CreditError
    from ..courier.rulebook import named_by, packaged, rule_set
    from ..courier.ruleset import parse_ruleset

    file = Path(rules)
    if file.suffix != ".json":
        try:
            return rule_set(rules)
        except CreditError as error:
            raise CreditError(f"no file {rules} comes with this program; KD-2026.1 and BR-TEST do", "", "--rules") from error
    if not file.is_file():
        raise CreditError(f"there is no file {rules}", "", "--rules")
    raw = file.read_bytes()
    others = [file.with_name(f"{name}.json") for name in named_by(raw) if "/" not in name]
    benchmarks, days = (other.read_bytes() if other.is_file() else packaged(other.stem) for other in others)
    return parse_ruleset(raw, benchmarks, days)


def print_score(found: Score, as_json: bool, explain: bool, name: str) -> None:
    """Print a score as JSON, as the public sentence, or as a table."""
    import orjson

    from ..courier.explain import sentence_en, sentence_zh
    from ..courier.score import score_value

    called = name or found.facts.company
    sentences = {"zh": sentence_zh(found, called), "en": sentence_en(found, called)}
    value = score_value(found)
    if as_json:
        if explain:
            value["sentence"] = sentences
        typer.echo(orjson.dumps(value).decode())
    elif explain:
        typer.echo(f"{sentences['zh']}\n{sentences['en']}")
    else:
        _print_table(value)


def _print_table(value: dict[str, Any]) -> None:
    rules = value["rules"]
    rows = [("", "x", "n", "prior", "own data", "used", "from", "to", "points", "of")]
    for line in value["lines"]:
        counted = [line.get(key, "-") for key in ("x", "n", "prior", "raw", "used", "low", "high")]
        rows.append((line["id"], *counted, line.get("points", "-"), line["weight"]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    typer.echo(f"{value['company']} as of {value['as_of']} under {rules['version']}, digest {rules['digest']}")
    names = ["", *(_named(line) for line in value["lines"])]
    for row, name in zip(rows, names, strict=True):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        typer.echo(f"{'  '.join(cells)}  {name}".rstrip())
    own = value["own"]
    typer.echo(
        f"own data carry {own['points']} of {own['of']} points, {own['besides']} of {own['besides_of']} besides I3, I4, I7"
    )
    if "score" in value:
        (low, high), exact = value["interval"], value["exact"]
        typer.echo(
            f"score {value['score']} ({low} to {high}), exactly {exact['points']} ({exact['low']} to {exact['high']}); "
            "the lines are rounded and need not add up"
        )
    near = ", near the line" if value["near"] else ""
    note = f" ({value['note'].replace('_', ' ')})" if "note" in value else ""
    typer.echo(f"grade {value['grade']}, {value['colour']}{note}{near}; confidence {value['confidence']}")
    apart = [f"{name.replace('_', ' ')} {count}" for name, count in value["apart"].items()]
    if apart:
        typer.echo(f"counted apart, not scored: {', '.join(apart)}")


def _named(line: dict[str, Any]) -> str:
    """What an indicator measures, or for a deduction what was found."""
    if "found" not in line:
        return f"{line['name']['en']}, {line['unit'].replace('_', ' ')}"
    return f"{line['name']['en']}: {', '.join(line['found']) or 'none'}"


@courier_app.command("show")
def show(
    uscc: Annotated[str, typer.Argument(help="The company's unified social credit code.")],
    again: Annotated[bool, typer.Option("--recompute", help="Score it from the entries of its stream.")] = False,
    at: Annotated[int | None, typer.Option("--at", help="Size of a published state of the book; the newest by default.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Day, YYYY-MM-DD; by default the last one that had ended in China by then.")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Data folder. Default ./suxin-data, or SUXIN_DATA.")] = None,
    database: Annotated[str | None, typer.Option("--database", help="PostgreSQL URL of the book.")] = None,
    rules: RulesOption = "KD-2026.1",
    table: Annotated[Path | None, typer.Option("--table", help="New folder to write the fact table to.")] = None,
    facts: Annotated[Path | None, typer.Option("--facts", help="New file to write the facts to, for `courier score`.")] = None,
    as_json: JsonOption = False,
    explain: ExplainOption = False,
    name: NameOption = "",
) -> None:
    """What is published of a company; with --recompute, its score made anew from the entries of its stream alone."""
    import os

    from ..courier.errors import CreditError
    from .recompute import recompute
    from .settings import from_environment

    url = from_environment(os.environ, data=data, database=database).url
    if not again:
        if at is not None or as_of is not None or table is not None or facts is not None or explain:
            raise CreditError("--at, --as-of, --table, --facts and --explain go with --recompute", "", uscc)
        print_published(url, uscc, as_json)
        return
    found = recompute(url, uscc, load_rules(rules), at, as_of)
    if table is not None:
        write_table(found.table, table)
    if facts is not None:
        write_facts(found.facts, facts)
    print_score(found.score, as_json, explain, name)
    if not as_json:
        print_agreement(found.score, url, uscc)


def print_agreement(found: Score, url: str, uscc: str) -> None:
    """Say whether a score is the one that was published of the same day and state, where one was."""
    from ..courier.errors import CreditError
    from ..courier.rating import agrees
    from .stored_rating import stored_ratings

    try:
        published = stored_ratings(url, uscc).publications
    except CreditError:
        return
    book = found.facts.book
    for row in published:
        if book is not None and (row.as_of, row.size) == (found.facts.as_of, book.size):
            words = "these are the figures published" if agrees(found, row) else "other figures were published"
            typer.echo(f"{words} at index {row.ref.index}")


def print_published(url: str, uscc: str, as_json: bool) -> None:
    """Print the newest publication of a company, and the days of those before it."""
    import orjson

    from ..courier.published import published_value
    from .stored_rating import stored_ratings

    stored = stored_ratings(url, uscc)
    *before, now = stored.publications
    disputed = now.ref.statement in stored.disputed
    if as_json:
        typer.echo(orjson.dumps(published_value(now) | {"index": now.ref.index, "in_dispute": disputed}).decode())
        return
    score = f"score {now.score} ({now.low} to {now.high}), " if now.score else ""
    note = f" ({now.note.replace('_', ' ')})" if now.note else ""
    near = ", near the line" if now.near else ""
    typer.echo(f"{uscc} as of {now.as_of} under {now.rules}, digest {now.digest}")
    typer.echo(
        f"{score}grade {now.grade or 'none'}, {now.colour}{note}{near}; confidence {now.confidence}; own data carry {now.own}"
    )
    typer.echo(
        f"published at index {now.ref.index} by {now.by.actor}, from {now.origin} of size {now.size}, fact table {now.table}"
    )
    if disputed:
        typer.echo("an objection to it is being handled (异议处理中)")
    if before:
        days = (f"{row.as_of} {row.grade or 'none'} {row.score}".rstrip() for row in before)
        typer.echo(f"before: {', '.join(days)}")
    typer.echo(f"suxin courier show {uscc} --recompute --at {now.size} --as-of {now.as_of} scores it again from the entries")


def write_table(table: FactTable, folder: Path) -> None:
    """Write a fact table as files: the index, and a file for each section.

    Raises:
        CreditError: The folder is there, or cannot be made.
    """
    from ..courier.errors import CreditError

    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise CreditError(f"a new folder is asked for: {error.strerror}", "", f"--table {folder}") from error
    for name, lines in {"index": table.index, **table.sections}.items():
        (folder / f"{name}.ndjson").write_bytes(b"".join(line + b"\n" for line in lines))


def read_table_folder(folder: Path, rules: Ruleset) -> Facts:
    """The facts that a fact table in a folder adds up to.

    Raises:
        CreditError: It is none, or does not fit its root.
    """
    from ..courier.errors import CreditError
    from ..courier.table import facts_of, read_table

    files = {file.stem: file.read_bytes() for file in sorted(folder.glob("*.ndjson"))}
    index = files.pop("index", None)
    if index is None:
        raise CreditError("has no index.ndjson", "", folder.name)
    return facts_of(read_table(index, files), rules)


def write_facts(facts: Facts, file: Path) -> None:
    """Write facts as a file that `suxin courier score` reads."""
    import orjson

    from ..courier.factfile import facts_value

    with file.open("xb") as out:
        out.write(orjson.dumps(facts_value(facts), option=orjson.OPT_INDENT_2) + b"\n")
