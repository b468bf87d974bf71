"""`suxin courier show --recompute` on a stored book, and the Olist sample under BR-TEST against its CSV files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from fakes.command import suxin
from fakes.story import tell
from fakes.world import World, company
from rig.server import Server

from suxin.api.recompute import recompute
from suxin.client.olist_names import carrier_actor, carrier_of
from suxin.client.olist_plan import build_plan
from suxin.client.olist_read import Order, read_orders
from suxin.courier.cohort import Cohort, known_by
from suxin.courier.conduct import day_of
from suxin.courier.errors import CreditError
from suxin.courier.factfile import Facts
from suxin.courier.facts import CourierFile
from suxin.courier.number import exact, plain
from suxin.courier.rollup import Rollup
from suxin.courier.rulebook import rule_set
from suxin.courier.score import score, score_value
from suxin.courier.standing import standing_rows
from suxin.ledger.directory import Directory
from suxin.ledger.entry import Entry, read_entry
from suxin.ledger.errors import StoreError
from suxin.ledger.moment import moment_ms
from suxin.ledger.statement import parse_statement

AS_OF = "2018-08-31"
RULES = rule_set()
OLIST = ["C 76.7", "C 76.7", "C 78.2"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as made:
        tell(made)
        yield made


def latest_day(world: World) -> str:
    """A day on which every cohort of the story has closed."""
    return (date.fromisoformat(day_of(world.now)) + timedelta(days=12)).isoformat()


def test_recompute_a_published_score_from_its_entries_story_40(world: World) -> None:
    day = latest_day(world)
    found = recompute(world.url, company(5), RULES, as_of=day)
    assert exact(found.facts.parcels) > 5
    assert found.facts.book is not None
    assert found.facts.book.size == world.book.head().size
    directory, file = world.sequencer.admission.directory, CourierFile(company(5))
    leaves = world.book.stream_leaves(f"c:{company(5)}")
    file.take(known_by([read_entry(index, leaf) for _, index, leaf in leaves], day), directory)
    filed = [read_entry(index, leaf) for _, index, leaf in world.book.stream_leaves(f"s:uscc:{company(5)}")]
    rows = [*Cohort(file, directory, RULES, day).rows(), *standing_rows(filed, day)]
    assert [standing.indicator for standing in found.facts.standing] == ["I12"]  # the penalty was repaired
    assert Rollup(company(5), RULES).add(rows).facts(day, found.facts.book, found.table.root) == found.facts


def test_an_older_state_gives_what_it_gave_then(world: World) -> None:
    day = latest_day(world)
    sizes = [size for _, size, _ in world.book.checkpoints()]
    now = recompute(world.url, company(5), RULES, as_of=day)
    assert recompute(world.url, company(5), RULES, at=sizes[-1], as_of=day).facts == now.facts
    seen = {plain(exact(recompute(world.url, company(5), RULES, at=size, as_of=day).facts.parcels)) for size in sizes[::9][2:]}
    assert len(seen) > 1


@pytest.mark.parametrize(
    ("uscc", "at", "as_of", "words"),
    [
        (company(5), 3_000_000, None, "no state of size 3000000 was published"),
        (company(5), None, "2026-02-30", "is no day"),
        (company(99), None, None, "knows no courier company"),
        (company(1), None, None, "knows no courier company"),  # a shop
    ],
)
def test_what_cannot_be_scored_is_refused_in_words(
    world: World, uscc: str, at: int | None, as_of: str | None, words: str
) -> None:
    with pytest.raises(CreditError, match=words):
        recompute(world.url, uscc, RULES, at, as_of)


def test_a_book_that_is_not_there_is_said_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no book"):
        recompute(f"sqlite:///{tmp_path / 'book.db'}", company(5), RULES)
    assert not list(tmp_path.iterdir())


def test_the_command_writes_facts_and_table_that_score_the_same(world: World, tmp_path: Path) -> None:
    words = ["courier", "show", company(5), "--recompute", "--as-of", latest_day(world), "--database", world.url, "--json"]
    shown = suxin(*words, "--facts", str(tmp_path / "facts.json"), "--table", str(tmp_path / "table"))
    assert (shown.returncode, shown.stderr) == (0, "")
    value = json.loads(shown.stdout)
    assert value == score_value(recompute(world.url, company(5), RULES, as_of=latest_day(world)).score)
    from_facts = json.loads(suxin("courier", "score", str(tmp_path / "facts.json"), "--json").stdout)
    assert from_facts == value
    from_table = json.loads(suxin("courier", "score", str(tmp_path / "table"), "--json").stdout)
    assert from_table == {name: member for name, member in value.items() if name != "book"}
    month = next(file for file in (tmp_path / "table").glob("20*.ndjson"))
    month.write_bytes(month.read_bytes()[:-2] + b"\n")
    broken = suxin("courier", "score", str(tmp_path / "table"))
    assert (broken.returncode, "does not fit its root" in broken.stderr) == (1, True)


def test_the_same_under_other_clocks_and_languages(world: World) -> None:
    words = ["courier", "show", company(5), "--recompute", "--as-of", latest_day(world), "--database", world.url, "--json"]
    program = "from suxin.api.cli import main; main()"
    env = os.environ | {"TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR", "PYTHONHASHSEED": "5"}
    run = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True, env=env)
    assert json.loads(run.stdout) == score_value(recompute(world.url, company(5), RULES, as_of=latest_day(world)).score)


def test_without_a_publication_nothing_is_shown_as_one(world: World) -> None:
    run = suxin("courier", "show", company(77), "--database", world.url)
    assert (run.returncode, run.stdout) == (1, "")
    assert "no publication of this company" in run.stderr


# The Olist sample


@pytest.fixture(scope="module")
def orders(shared: Path) -> list[Order]:
    """Some hundred parcels of the year before the day, with a few from after it."""
    carried = [order for order in read_orders(shared / "data/olist") if order.carried is not None and order.carried > "2018-01"]
    return carried[::9]


def entries_of(orders: list[Order]) -> list[Entry]:
    plan = build_plan(orders, "suxin.example/olist")
    signed = [*plan.actors, *(row for rows in plan.orders for row in rows)]
    wanted = [row for row in signed if row.type in ("actor", "consign", "scan", "delivery")]
    statements = [parse_statement(row.raw, writing=False) for row in wanted]
    return [Entry(n, 1_795_305_600_000, statement) for n, statement in enumerate(statements, 1)]


def olist_facts(entries: list[Entry], carrier: int) -> Facts:
    rules, uscc = rule_set("BR-TEST"), carrier_actor(carrier)[5:]
    directory = Directory(bytes(32), bytes(32))
    file = CourierFile(uscc)
    stream = [entry for entry in entries if f"c:{uscc}" in entry.statement.streams]
    for entry in entries:
        directory.fold(entry.statement, entry.index, entry.received_ms)
    file.take(known_by(stream, AS_OF), directory)
    return Rollup(uscc, rules).add(Cohort(file, directory, rules, AS_OF).rows()).facts(AS_OF)


def plain_counts(orders: list[Order]) -> dict[int, Counter[str]]:
    """What BR-TEST counts, from the files alone: parcels, within 72 hours, promise kept, lost; in millionths."""
    end = datetime.fromisoformat(f"{AS_OF}T00:00:00+08:00") + timedelta(days=1)
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for order in orders:
        assert order.carried is not None
        carried = datetime.fromisoformat(order.carried)
        age = (date.fromisoformat(AS_OF) - date.fromisoformat(day_of(moment_ms(order.carried)))).days
        if not 10 <= age <= 365:
            continue
        weight = rule_set("BR-TEST").day_weights[age]
        counts = found[carrier_of(order.items[0].seller_state if order.items else "", order.order)]
        counts["parcels"] += weight
        counts["old"] += weight * (age >= 40)
        delivered = datetime.fromisoformat(order.delivered) if order.delivered else None
        if delivered is not None and delivered < end:
            counts["I1"] += weight * (delivered - carried <= timedelta(hours=72))
            counts["I2"] += weight * (delivered <= datetime.fromisoformat(order.promised))
            counts["I5"] += weight
        elif end - carried > timedelta(days=30) and age >= 40:
            counts["I3"] += weight
    return found


def test_the_olist_sample_counts_what_its_files_say(orders: list[Order]) -> None:
    want, entries = plain_counts(orders), entries_of(orders)
    assert len(want) >= 5
    assert sum(counts["I3"] for counts in want.values())
    for carrier, counts in want.items():
        facts = olist_facts(entries, carrier)
        assert exact(facts.parcels) == Fraction(counts["parcels"], 10**6)
        for name in ("I1", "I2", "I3", "I5"):
            assert exact(facts.measures[name].x) == Fraction(counts[name], 10**6), (carrier, name)
        assert facts.measures["I1"].n == facts.parcels
        assert exact(facts.measures["I3"].n) == Fraction(counts["old"], 10**6)
        assert exact(facts.measures["I6"].x) == 0  # the files know no facility


@pytest.mark.soak
def test_the_whole_olist_sample_grades_three_carriers_and_leaves_six_grey(shared: Path) -> None:
    every = [order for order in read_orders(shared / "data/olist") if order.carried is not None]
    want, entries = plain_counts(every), entries_of(every)
    for carrier, counts in want.items():
        facts = olist_facts(entries, carrier)
        assert exact(facts.parcels) == Fraction(counts["parcels"], 10**6)
        for name in ("I1", "I2", "I3"):
            assert exact(facts.measures[name].x) == Fraction(counts[name], 10**6), (carrier, name)
    scores = [score(olist_facts(entries, carrier), rule_set("BR-TEST")) for carrier in want]
    assert Counter(found.verdict.colour for found in scores) == {"yellow": 3, "grey": 6}
    assert sorted(f"{found.verdict.grade} {float(found.exact_points):.1f}" for found in scores if found.graded) == OLIST


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_the_whole_olist_book_published_by_commands_and_computed_again(shared: Path, tmp_path: Path) -> None:
    """Imported, served, published and recomputed as a person would: the figures of each of the nine come out again."""
    data = tmp_path / "data"
    orders = str(shared / "data/olist")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUXIN_HIGHWATER", str(tmp_path / "data-marks"))
        assert suxin("import", "olist", orders, "--data", str(data), "--json").returncode == 0
        terms = ["--rules", "BR-TEST", "--as-of", AS_OF, "--data", str(data)]
        with Server(data) as server:
            done = suxin("courier", "publish", *terms, "--url", server.url, "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert [row["state"] for row in rows] == ["published"] * 9, done.stderr
        graded = sorted(
            f"{row['body']['grade']} {row['body']['score_e1'] / 10}" for row in rows if row["body"]["grade"] != "none"
        )
        assert graded == OLIST
        for row in rows:
            size = str(row["body"]["book"]["size"])
            again = suxin("courier", "show", row["company"], "--recompute", "--at", size, *terms)
            assert f"these are the figures published at index {row['index']}" in again.stdout, again.stderr
