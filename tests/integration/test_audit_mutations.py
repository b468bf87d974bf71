"""One lie per rule, told by an operator who re-hashes, re-signs and re-publishes: verify finds it by its reason code.

The log's key is his; keys of firms are too where the rule is about what a firm may say (firms that collude, or that he
invented). What verify cannot find is listed in docs/formats/verify.md, each line with the name it has here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes.auditing import audit, follower, unguarded
from fakes.forger import Forger, statement_of
from fakes.story import HAM, LOT, item, tell
from fakes.world import ORIGIN, START, Signer, World, company, seed

from suxin.ledger import canonical
from suxin.ledger.checkpoint import Checkpoint, format_checkpoint, open_checkpoint, sign_checkpoint
from suxin.ledger.encoding import b64u
from suxin.ledger.hashing import leaf_hash, statement_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.leaf import kind_of
from suxin.ledger.note import Note, format_note, sign_note

Lie = Callable[[Forger], None]
LIES: dict[str, tuple[str | None, Lie]] = {}
ROOT = Signer("auth:operator:000000", SigningKey(seed("root")))


def lie(code: str | None, name: str = "") -> Callable[[Lie], Lie]:
    """Enter a lie; `code` is what verify must say, None where only a witness can."""

    def enter(told: Lie) -> Lie:
        LIES[name or told.__name__] = (code, told)
        return told

    return enter


def reorder(raw: bytes) -> bytes:
    """The same object, its members in another order."""
    return orjson.dumps(dict(reversed(list(orjson.loads(raw).items()))))


def raw_statement(forger: Forger, index: int) -> bytes:
    leaf = forger.leaves[index]
    return leaf[leaf.index(b'"statement":') + 12 : -1]


def mine(forger: Forger, number: int) -> Signer:
    """The signer of a firm, by its number in the story."""
    return next(signer for signer in forger.keys.values() if signer.actor == f"uscc:{company(number)}")


# -- form ------------------------------------------------------------------------------------------------------------


@lie("statement-malformed")
def statement_not_canonical(forger: Forger) -> None:
    index = forger.find("confirm", kind="approves")
    forger.reword(index, reorder(raw_statement(forger, index)), signer=ROOT)


@lie("statement-malformed")
def statement_with_unknown_field(forger: Forger) -> None:
    forger.resay(forger.find("confirm", kind="approves"), body={"kind": "approves", "note": "well"})


@lie("statement-malformed")
def statement_with_wrong_check_digit(forger: Forger) -> None:
    forger.resay(forger.find("inspection"), subjects={"class": "/01/06901234567893"})


@lie("leaf-malformed")
def leaf_not_canonical(forger: Forger) -> None:
    index = forger.find("listing")
    forger.leaves[index] = forger.leaves[index].replace(b'"received":', b'"received": ')


@lie("leaf-malformed")
def leaf_with_unknown_member(forger: Forger) -> None:
    forger.remark(forger.find("listing"), note="well")


@lie("leaf-malformed")
def second_genesis(forger: Forger) -> None:
    forger.leaves.insert(5, forger.leaves[0])


@lie("leaf-malformed")
def leaf_of_unknown_kind(forger: Forger) -> None:
    forger.remark(forger.find("batch"), leaf="parcel")


@lie("book-wrong")
def statement_of_another_book(forger: Forger) -> None:
    forger.resay(forger.find("inspection"), book="suxin.example/elsewhere")


# -- signatures ------------------------------------------------------------------------------------------------------


@lie("signature-invalid")
def words_changed_under_a_signature(forger: Forger) -> None:
    forger.resay(forger.find("inspection"), sign=False, body={"kind": "lot_test", "report": "QI-1", "verdict": "fail"})


@lie("signature-invalid")
def signed_by_another_key(forger: Forger) -> None:
    forger.resay(forger.find("inspection"), signer=ROOT)


@lie("signer-unknown")
def key_nobody_registered(forger: Forger) -> None:
    stranger = Signer.new(f"uscc:{company(9)}")
    forger.add(stranger, "inspection", {"lot": LOT}, {"kind": "check", "report": "Q", "verdict": "pass"})


@lie("signer-unknown")
def key_of_another_actor(forger: Forger) -> None:
    forger.add(ROOT, "recall", {"lot": LOT}, RECALL, actor=f"uscc:{company(1)}")


RECALL = {"event": "start", "level": "I", "notice": b64u(seed("n")), "number": "R-9", "reason": "safety"}


@lie("rules-refused")
def key_revoked_before(forger: Forger) -> None:
    lost = forger.keys[Signer.new(f"uscc:{company(6)}", "lost key").key_text] = Signer.new(f"uscc:{company(6)}", "lost key")
    forger.add(lost, "scan", {"waybill": f"{company(6)}/{'0' * 22}"}, {"code": "HUB_IN", "place": {"district": "330702"}})


@lie("rules-refused")
def key_revoked_since_a_day_that_no_calendar_has(forger: Forger) -> None:
    firm = mine(forger, 6)
    forger.add(firm, "key", {"party": firm.actor}, {"event": "revoke", "key": firm.public, "since": "2026-02-30T00:00:00Z"})


@lie("rules-refused")
def key_rotated_out_too_long_ago(forger: Forger) -> None:
    old = next(s for s in forger.keys.values() if s.actor == f"uscc:{company(6)}" and s.key.seed == seed(s.actor))
    scan = {"code": "HUB_IN", "place": {"district": "330702"}}
    index = forger.add(old, "scan", {"waybill": f"{company(6)}/{'0' * 22}"}, scan)
    late = START + 40 * 86_400_000
    for later in range(index, len(forger.leaves)):
        kind = kind_of(forger.leaves[later])
        forger.remark(later, **({"received": late} if kind == "entry" else {"time": late}))


# -- authority and life cycle ----------------------------------------------------------------------------------------


@lie("rules-refused")
def root_says_what_only_a_carrier_may(forger: Forger) -> None:
    place = {"method": "locker", "place": {"district": "330702"}}
    forger.add(ROOT, "delivery", {"waybill": f"{company(5)}/{'piece2'.ljust(22, '0')}"}, place)


@lie("rules-refused")
def mandate_that_nobody_gave(forger: Forger) -> None:
    forger.add(
        mine(forger, 4),
        "sale",
        {"item": item(HAM, 1), "offer": f"uscc:{company(1)}{HAM}"},
        SALE,
        **{"for": mine(forger, 1).actor},
    )


SALE = {"currency": "CNY", "price_minor": 1}


@lie("rules-refused")
def sale_of_an_unknown_item(forger: Forger) -> None:
    forger.add(mine(forger, 1), "sale", {"item": item(HAM, 77), "offer": f"uscc:{company(1)}{HAM}"}, SALE)


@lie("rules-refused")
def dispatch_that_opens_another_parcel(forger: Forger) -> None:
    index = forger.find("dispatch")
    value = statement_of(forger.leaves[index])
    forger.resay(index, body=value["body"] | {"salt": b64u(seed("other salt"))})


@lie("rules-refused")
def second_first_review(forger: Forger) -> None:
    value = statement_of(forger.leaves[forger.find("review", stars=4)])
    again = {"kind": "first", "stars": 5}
    forger.add(forger.keys[value["key"]], "review", value["subjects"], again, ref=value["ref"], re=value["re"])


@lie("rules-refused")
def claimed_time_ahead_of_receipt(forger: Forger) -> None:
    forger.resay(forger.find("inspection"), at="2026-12-24T08:00:00+08:00")


@lie("rules-refused")
def copy_of_what_is_referred_to_altered(forger: Forger) -> None:
    index = forger.find("case")
    value = statement_of(forger.leaves[index])
    other = {"subjects": {"item": item(HAM, 3)}, "type": "complaint"}
    forger.resay(index, re=value["re"] | other)


@lie("rules-refused")
def reference_to_nothing(forger: Forger) -> None:
    forger.resay(forger.find("case"), ref=b64u(seed("nothing")))


@lie("reference-differs")
def unknown_type_with_a_made_up_copy(forger: Forger) -> None:
    re_ = {"subjects": {"item": item(HAM, 3)}, "type": "sale"}
    ref = b64u(seed("nothing"))
    forger.add(ROOT, "horoscope", {"party": ROOT.actor}, {"sign": "ox"}, ref=ref, re=re_)


# -- identity --------------------------------------------------------------------------------------------------------


@lie("counter-twice")
def statement_replayed(forger: Forger) -> None:
    index = forger.find("inspection")
    last = max(place for place, raw in enumerate(forger.leaves) if kind_of(raw) == "entry" and b'"batch"' not in raw)
    received = orjson.loads(forger.leaves[last])["received"]
    forger.leaves.insert(last + 1, forger.leaves[index])
    forger.remark(last + 1, received=received)


@lie("counter-twice")
def counter_used_twice(forger: Forger) -> None:
    index = forger.find("inspection")
    signer = forger.keys[statement_of(forger.leaves[index])["key"]]
    body = {"kind": "check", "report": "Q", "verdict": "fail"}
    forger.add(signer, "inspection", {"lot": LOT}, body, n=statement_of(forger.leaves[index])["n"])


@lie("id-twice")
def id_used_twice(forger: Forger) -> None:
    value = statement_of(forger.leaves[forger.find("inspection")])
    body = {"kind": "check", "report": "Q", "verdict": "fail"}
    forger.add(forger.keys[value["key"]], "inspection", {"lot": LOT}, body, id=value["id"])


# -- streams and map -------------------------------------------------------------------------------------------------


@lie("map-root-differs")
def entry_hidden_from_its_item(forger: Forger) -> None:
    forger.hides = lambda statement, stream: statement["type"] == "complaint" and stream.startswith("p:")


@lie("epoch-streams")
def whole_stream_hidden(forger: Forger) -> None:
    forger.hides = lambda _statement, stream: stream == f"p:{LOT}"


@lie("map-root-differs")
def map_of_one_epoch_altered(forger: Forger) -> None:
    forger.epochs[20] = lambda epoch: replace(epoch, map_root=bytes(32))


@lie("epoch-streams")
def number_of_streams_altered(forger: Forger) -> None:
    forger.epochs[20] = lambda epoch: replace(epoch, streams=epoch.streams + 1)


# -- batches ---------------------------------------------------------------------------------------------------------


def batch_entries(forger: Forger) -> list[int]:
    return [index for index, raw in enumerate(forger.leaves) if raw.startswith(b'{"batch"')]


@lie("batch-root")
def words_changed_in_a_batch(forger: Forger) -> None:
    index = batch_entries(forger)[1]
    value = statement_of(forger.leaves[index])
    forger.resay(index, body=value["body"] | {"code": "HUB_OUT"})


@lie("batch-root")
def absent_row_altered(forger: Forger) -> None:
    index = [place for place, raw in enumerate(forger.leaves) if kind_of(raw) == "batch"][1]
    forger.remark(index, absent=[[1, b64u(seed("other"))]])


@lie("batch-incomplete")
def entry_dropped_from_a_batch(forger: Forger) -> None:
    del forger.leaves[batch_entries(forger)[3]]


@lie("batch-position")
def entries_of_a_batch_swapped(forger: Forger) -> None:
    first, second, *_ = batch_entries(forger)
    forger.leaves[first], forger.leaves[second] = forger.leaves[second], forger.leaves[first]


@lie("batch-unknown")
def entry_without_its_batch(forger: Forger) -> None:
    forger.remark(batch_entries(forger)[0], batch=[b64u(seed("other")), 0])


@lie("signature-invalid")
def header_signed_by_another_key(forger: Forger) -> None:
    index = forger.find("batch")
    leaf = orjson.loads(forger.leaves[index])
    forger.remark(index, signature=b64u(ROOT.key.sign_batch(canonical.dump(leaf["header"]))))


@lie("signature-invalid")
def header_altered_with_its_root(forger: Forger) -> None:
    index = forger.find("batch")
    leaf = orjson.loads(forger.leaves[index])
    forger.remark(index, header=leaf["header"] | {"at": "2026-11-22T08:00:00Z"})


@lie("batch-malformed")
def absent_rows_out_of_order(forger: Forger) -> None:
    index = [place for place, raw in enumerate(forger.leaves) if kind_of(raw) == "batch"][1]
    forger.remark(index, absent=[[3, b64u(seed("one"))], [1, b64u(seed("two"))]])


# -- times and epochs ------------------------------------------------------------------------------------------------


@lie("received-fell")
def received_before_the_entry_before(forger: Forger) -> None:
    forger.remark(forger.find("inspection"), received=START + 1)


@lie("epoch-time")
def epoch_before_its_entries(forger: Forger) -> None:
    forger.epochs[20] = lambda epoch: replace(epoch, time=epoch.time - 1)


@lie("epoch-number")
def epoch_number_skipped(forger: Forger) -> None:
    forger.epochs[20] = lambda epoch: replace(epoch, number=21)


@lie("epoch-previous")
def epoch_names_another_before_it(forger: Forger) -> None:
    forger.epochs[20] = lambda epoch: replace(epoch, previous=epoch.previous - 1)


@lie("epoch-first")
def epoch_begins_late(forger: Forger) -> None:
    forger.epochs[20] = lambda epoch: replace(epoch, first=epoch.first + 1)


@lie("epoch-last")
def epoch_ends_early(forger: Forger) -> None:
    forger.epochs[20] = lambda epoch: replace(epoch, last=epoch.last - 1)


@lie("epoch-genesis")
def epoch_of_another_book(forger: Forger) -> None:
    forger.epochs[20] = lambda epoch: replace(epoch, genesis=bytes(32))


@lie("epoch-missing")
def end_without_an_epoch(forger: Forger) -> None:
    forger.leaves.append(forger.leaves[forger.find("inspection")])


# -- checkpoints -----------------------------------------------------------------------------------------------------


@lie("root-differs")
def one_old_checkpoint_with_another_root(forger: Forger) -> None:
    forger.notes[20] = lambda made: replace(made, root=bytes(32))


@lie("checkpoint-size")
def one_old_checkpoint_with_another_size(forger: Forger) -> None:
    forger.notes[20] = lambda made: replace(made, size=made.size + 1)


@lie("origin-mismatch")
def checkpoint_under_another_origin(forger: Forger) -> None:
    forger.after.append(("UPDATE checkpoint SET note = ? WHERE epoch = 20", (_foreign_note(forger),)))


def _foreign_note(forger: Forger) -> str:
    text = format_checkpoint(Checkpoint("suxin.example/elsewhere/1", 5, bytes(32)))
    return format_note(Note(text, (sign_note(text, ORIGIN, forger.log_key),)))


@lie("note-unsigned")
def checkpoint_signed_by_another_key(forger: Forger) -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, 5, bytes(32)), ROOT.key)
    forger.after.append(("UPDATE checkpoint SET note = ? WHERE epoch = 20", (note,)))


@lie("checkpoint-missing")
def old_checkpoint_dropped(forger: Forger) -> None:
    forger.after.append(("DELETE FROM checkpoint WHERE epoch = 20", ()))


@lie("log-truncated")
def end_cut_off_below_a_checkpoint(forger: Forger) -> None:
    end = forger.find("batch")
    forger.after.append(("DELETE FROM leaf WHERE idx >= ?", (end,)))
    forger.after.append(("DELETE FROM entry WHERE idx >= ?", (end,)))


@lie("leaf-missing")
def leaf_dropped_and_the_rest_left(forger: Forger) -> None:
    forger.after.append(("DELETE FROM leaf WHERE idx = 40", ()))


@lie("root-differs")
def leaf_altered_with_all_tables_but_not_the_checkpoint(forger: Forger) -> None:
    forger.keep_checkpoints = True
    forger.remark(forger.find("inspection"), received=_received(forger, forger.find("inspection")) + 1)
    forger.epochs[forger.epoch_of(forger.find("inspection"))] = lambda epoch: replace(epoch, time=epoch.time + 1)


def _received(forger: Forger, index: int) -> int:
    return int(orjson.loads(forger.leaves[index])["received"])


@lie("genesis-key")
def genesis_with_a_weak_root_key(forger: Forger) -> None:
    root = orjson.loads(forger.leaves[0])["root"]
    forger.remark(0, root=root | {"key": b64u(b"\x01" + bytes(32))})


# -- what only a witness can find ------------------------------------------------------------------------------------


@lie(None)
def tail_never_published(forger: Forger) -> None:
    last = [index for index, raw in enumerate(forger.leaves) if kind_of(raw) == "epoch"][-4]
    del forger.leaves[last + 1 :]


@lie(None)
def entry_dropped_that_nothing_refers_to(forger: Forger) -> None:
    del forger.leaves[forger.find("inspection")]


@lie(None)
def consumer_dropped_with_all_she_said(forger: Forger) -> None:
    for index in reversed(range(len(forger.leaves))):
        raw = forger.leaves[index]
        if kind_of(raw) == "entry" and statement_of(raw)["actor"] == Signer.nobody("stranger").actor:
            del forger.leaves[index]


@lie(None)
def entries_of_two_epochs_swapped(forger: Forger) -> None:
    first, second = forger.find("commitment"), forger.find("listing")
    a, b = forger.leaves[first], forger.leaves[second]
    forger.leaves[first], forger.leaves[second] = b, a
    forger.remark(first, received=orjson.loads(a)["received"])
    forger.remark(second, received=orjson.loads(b)["received"])


@lie(None)
def received_times_pushed_back(forger: Forger) -> None:
    for index, raw in enumerate(forger.leaves):
        match kind_of(raw):
            case "entry":
                forger.remark(index, received=_received(forger, index) + 60_000)
            case "epoch":
                forger.remark(index, time=orjson.loads(raw)["time"] + 60_000)


@lie(None)
def firm_invented(forger: Forger) -> None:
    firm = Signer.new(f"uscc:{company(9)}")
    body = {"event": "register", "key": firm.public, "role": "lab"}
    forger.add(firm, "actor", {"party": firm.actor}, body)


@lie(None)
def evidence_of_a_conflict_dropped(forger: Forger) -> None:
    forger.after.append(("DELETE FROM conflict", ()))


@lie(None)
def another_book_under_the_same_name(forger: Forger) -> None:
    forger.remark(0, created=START - 1)


# -- the test --------------------------------------------------------------------------------------------------------


# What stands in tables and stored checkpoints; who follows a log has none and holds it against the notes that he is shown.
OF_STORED_BOOKS = {
    "checkpoint-missing", "checkpoint-size", "epoch-missing", "leaf-missing", "log-truncated", "note-unsigned",
    "origin-mismatch", "root-differs",
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield tell(world)


@pytest.fixture(scope="module")
def witnesses_only(root: Path) -> set[str]:
    text = (root / "docs/formats/verify.md").read_text(encoding="utf-8")
    section = text.split("## What only a witness can find")[1].split("\n## ")[0]
    return set(re.findall(r"^- `([a-z_]+)`", section, re.MULTILINE))


def test_an_honest_book_published_anew_is_the_same_to_the_byte(told: World, tmp_path: Path) -> None:
    Forger(told, told.folder / "book.db").publish(tmp_path)
    with closing(unguarded(told.folder / "book.db")) as old, closing(unguarded(tmp_path / "forged.db")) as new:
        for table in ("leaf", "entry", "statement_tag", "stream", "stream_row", "signer", "actor", "checkpoint"):
            query = f"SELECT * FROM {table} ORDER BY 1, 2, 3"
            assert old.execute(query).fetchall() == new.execute(query).fetchall(), table


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_found_or_listed(told: World, tmp_path: Path, witnesses_only: set[str], name: str) -> None:
    code, tell_lie = LIES[name]
    forger = Forger(told, told.folder / "book.db")
    tell_lie(forger)
    report = audit(forger.publish(tmp_path))
    if code is None:
        assert report.holds, report.findings
        assert name in witnesses_only, "list it in docs/formats/verify.md"
    else:
        assert report.first is not None
        assert code in {finding.code for finding in report.findings}, report.findings
        assert name not in witnesses_only


@pytest.mark.parametrize("name", [name for name, (code, _) in LIES.items() if code not in OF_STORED_BOOKS])
def test_who_follows_the_log_finds_the_same_lies(told: World, name: str) -> None:
    """The same checks, fed in odd pieces as a log grows: the same fault, and nothing behind it is called right."""
    code, tell_lie = LIES[name]
    forger = Forger(told, told.folder / "book.db")
    tell_lie(forger)
    leaves, notes = forger.made()
    with follower(leaves, ORIGIN, told.log_key.public) as found:
        for first in range(0, len(leaves), 7):
            found.read([*enumerate(leaves)][first : first + 7])
            found.settle()
        right, fault = found.right, found.first
        assert right == 0 or open_checkpoint(notes[right], ORIGIN, told.log_key.public).root == found.root_at(right)
        if code is None:
            assert fault is None, found.findings
            assert right == len(leaves)
        else:
            assert fault is not None
            assert code in {finding.code for finding in found.findings}, found.findings
            assert right <= (fault.index or 0)
            assert found.root_at(len(leaves)) is None


def test_who_follows_the_log_finds_the_same_holes(told: World) -> None:
    leaves, _ = Forger(told, told.folder / "book.db").made()
    with follower(leaves, ORIGIN, told.log_key.public) as found:
        found.read([*enumerate(leaves)])
        assert found.settle() == len(leaves)
        assert sorted(found.holes(), key=lambda hole: hole.key) == sorted(audit(told.url).holes, key=lambda hole: hole.key)


def test_the_page_lists_nothing_that_is_not_told_here(witnesses_only: set[str]) -> None:
    assert witnesses_only == {name for name, (code, _) in LIES.items() if code is None}


def test_a_firm_that_was_dropped_leaves_a_hole_in_a_counter(told: World, tmp_path: Path) -> None:
    forger = Forger(told, told.folder / "book.db")
    index = forger.find("scan", code="LOST")
    key: Any = statement_of(forger.leaves[index])["key"]
    del forger.leaves[index]
    before = {hole.key: hole.missing for hole in audit(told.url).holes}
    after = {hole.key: hole.missing for hole in audit(forger.publish(tmp_path)).holes}
    assert after[key] == before.get(key, 0) + 1


def test_what_is_said_of_a_type_that_is_not_known_is_not_understood_either(told: World, tmp_path: Path) -> None:
    forger = Forger(told, told.folder / "book.db")
    firm, about = mine(forger, 1), {"item": item(HAM, 1)}
    index = forger.add(firm, "novelty", about, {"new": 1})
    raw = raw_statement(forger, index)
    said: dict[str, Any] = {"ref": b64u(statement_hash(raw)), "re": {"subjects": about, "type": "novelty"}}
    forger.add(firm, "correction", {}, {"reason": "wrong_data"}, **said)
    withheld = {"ground": "law", "index": index, "leaf": b64u(leaf_hash(forger.leaves[index]))}
    forger.add(ROOT, "erasure", {}, withheld, **said)
    report = audit(forger.publish(tmp_path))
    assert (report.first, report.not_understood) == (None, 3)
