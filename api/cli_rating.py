"""`suxin courier check`: a rating document against a reader's policy and clock. Prints; `courier/document.py` decides.

Exit code 0: it holds, if need be as of the time it says; 1: it does not; 2: it could not be checked.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..courier.document import Checked
    from ..courier.ruleset import Ruleset


def check_rating(
    file: Annotated[Path, typer.Argument(help="Rating document (docs/formats/rating-document.md).", exists=True, dir_okay=False)],
    policy: Annotated[Path | None, typer.Option("--policy", help="Trust policy; without one every log is unknown.")] = None,
    rules: Annotated[str, typer.Option("--rules", help="Rule file; by default the rules named, where they come along.")] = "",
    table: Annotated[Path | None, typer.Option("--table", help="Folder of the fact table, to add it up too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
) -> None:
    """Check a published rating without the book it came from."""
    from ..courier.document import DOCUMENT_BYTES_MAX, check_document
    from ..courier.errors import CreditError
    from ..ledger.errors import LedgerError
    from ..trace.lifecycle import TradeRules
    from .cli_bundle import NOBODY
    from .cli_courier import load_rules
    from .outcome import fail, no_document
    from .trust import read_policy

    try:
        trusted = read_policy(policy) or NOBODY
        with file.open("rb") as opened:
            raw = opened.read(DOCUMENT_BYTES_MAX + 1)
        asked = load_rules(rules) if rules else None
        sections = None if table is None else _sections(table)
    except (LedgerError, OSError) as error:  # nothing was held against the document yet
        raise typer.Exit(fail(error, as_json)) from error
    try:
        found = check_document(raw, trusted, time.time_ns() // 1_000_000, TradeRules(), asked or _rules(raw), sections)
    except CreditError as error:
        raise typer.Exit(no_document(error, as_json)) from error
    verdict = verdict_of(found)
    if as_json:
        import orjson

        typer.echo(orjson.dumps(_value(found, verdict)).decode())
    else:
        _print(found, verdict)
    raise typer.Exit({"holds": 0, "fails": 1, "open": 2}[verdict])


def verdict_of(found: Checked) -> str:
    """Verdict of the whole: that of the bundle, unless the rating does not fit it or there are no rules to score by."""
    if found.report.verdict != "holds":
        return found.report.verdict
    if found.fault:
        return "open" if found.publication is not None and found.score is None and "no rule set" in found.fault else "fails"
    return "holds"


def _sections(folder: Path) -> dict[str, bytes]:
    """Sections of a fact table in a folder.

    Raises:
        StoreError: There is none.
    """
    from ..ledger.errors import StoreError

    if not (folder / "index.ndjson").is_file():
        raise StoreError(f"{folder} is no fact table: it has no index.ndjson")
    return {one.stem: one.read_bytes() for one in sorted(folder.glob("*.ndjson")) if one.stem != "index"}


def _rules(raw: bytes) -> Ruleset | None:
    """The rule set that the document names, if it comes with the program."""
    from ..courier.document import rules_named
    from ..courier.errors import CreditError
    from ..courier.rulebook import rule_set

    version, digest = rules_named(raw)
    try:
        known = rule_set(version)
    except CreditError:
        return None
    return known if known.digest == digest else None


def _value(found: Checked, verdict: str) -> dict[str, Any]:
    from ..courier.score import score_value
    from ..ledger.bundle_report import report_json

    value: dict[str, Any] = {"verdict": verdict, "bundle": report_json(found.report), "table_added_up": found.table}
    if found.fault:
        value["fault"] = found.fault
    if found.statement:
        value |= {"publication": found.statement, "besides": dict(found.others)}
    if found.score is not None:
        value["score"] = score_value(found.score)
    return value


def _print(found: Checked, verdict: str) -> None:
    from ..courier.explain import sentence_en, sentence_zh

    report, company = found.report, found.report.subject.removeprefix("s:uscc:")
    if found.score is not None and not found.fault:
        typer.echo(f"{sentence_zh(found.score, company)}\n{sentence_en(found.score, company)}")
    for name, result in report.results.by_name().items():
        if result.state != "holds":
            typer.echo(f"{name.replace('_', ' ')}: {result.state}, {result.code} {result.detail}".rstrip())
    if found.publication is not None:
        others = ", ".join(f"{count} {kind}" for kind, count in sorted(found.others.items())) or "nothing"
        typer.echo(
            f"published {found.statement}, the newest of {company} in {report.origin} of {report.size} leaves; besides: {others}"
        )
    if found.fault:
        typer.echo(found.fault)
    elif not found.table:
        typer.echo("the facts were not added up from the fact table here (--table FOLDER does)")
    if not report.audited:
        typer.echo("that this is the newest the operator states; not yet checked by an independent auditor")
    typer.echo({"holds": "holds", "fails": "does not hold", "open": "could not be checked"}[verdict])
