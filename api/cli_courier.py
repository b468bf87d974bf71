"""`suxin courier`: scores a facts file, or a company of a book from its entries alone. Prints; `courier/` decides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..courier.ruleset import Ruleset
    from ..courier.score import Score

courier_app = typer.Typer(no_args_is_help=True, help="A courier company's service rating: by which rules, from which facts.")

RulesOption = Annotated[
    str, typer.Option("--rules", help="Rule file, or the version of one that comes with the program: KD-2026.1, BR-TEST.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value (docs/formats/score.md).")]
ExplainOption = Annotated[bool, typer.Option("--explain", help="Print the public sentence in Chinese and English.")]
NameOption = Annotated[str, typer.Option("--name", help="What the sentence calls the company; else its code.")]


@courier_app.command("score")
def score_file(
    facts: Annotated[Path, typer.Argument(help="Facts file (docs/formats/facts.md).", exists=True, dir_okay=False)],
    rules: RulesOption = "KD-2026.1",
    as_json: JsonOption = False,
    explain: ExplainOption = False,
    name: NameOption = "",
) -> None:
    """Score a facts file; needs no book."""
    from ..courier.factfile import parse_facts
    from ..courier.score import score

    print_score(score(parse_facts(facts.read_bytes()), load_rules(rules)), as_json, explain, name)


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
        return rule_set(rules)
    if not file.is_file():
        raise CreditError(f"there is no file {rules}")
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
