"""Print bundle.json: bundles that hold, and bundles that must be refused or left open. Deterministic; see README.md.

Good bundles stand in the file once. Most bad ones are one of them with an edit of its text; what only a dishonest operator or
signer can make is a bundle of its own. `results` names what does not hold, as `fails code` or `open code`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from fakes import paper_lies as lies
from fakes.bundle_edit import (
    Edit,
    Value,
    add_from,
    cut,
    drop,
    drop_entry,
    edited,
    entry,
    flip_signature,
    lengthen,
    repeat_batch,
    set_entry,
    set_in,
    shortest,
    swap,
    unlist,
    withhold,
)  # fmt: skip
from fakes.paper import MINUTE, Paper, witness_of
from fakes.paper_tales import (
    DAY,
    HAM,
    ITEM,
    MAKER,
    OFFER,
    OTHER_STREAM,
    STREAM,
    WAYBILL,
    Tale,
    carried,
    erased,
    plain,
    recalled,
    repaired,
    short,
)  # fmt: skip
from fakes.world import Signer, company, seed

from suxin.ledger.checkpoint import Checkpoint, log_key, sign_checkpoint
from suxin.ledger.encoding import b64u
from suxin.ledger.map_hash import map_key
from suxin.ledger.map_proof import format_map_proof
from suxin.ledger.merkle import root_of
from suxin.ledger.policy import Policy, format_policy

ALL_BUT_FORM = ("signatures", "order", "on_record", "complete", "withheld", "current", "witnesses")
END = '00000001","v":1}'  # of the bundle of the item
W1, W2 = witness_of("w1"), witness_of("w2", full=True)

MAP_ROOT = {"order": "map-root", "complete": "map-root"}


def make() -> dict[str, Any]:
    """The whole file."""
    chapters = (holding, being_open, malformed, off_record, tampered, by_the_operator, unsigned, in_batches, withheld, unrepaired)
    return {
        "page": "bundle.md",
        "policies": {name: format_policy(policy).decode() for name, policy in policies().items()},
        "bundles": {name: text for name, (text, _) in good().items()},
        "cases": [case for chapter in chapters for case in chapter()],
    }


@cache
def good() -> dict[str, tuple[str, int]]:
    """Text of each good bundle, and the time at which it was made."""
    tales = {"short": short(), "plain": plain(), "recalled": recalled(), "carried": carried(), "erased": erased()}
    found = {name: (tale.bundle(), tale.book.now) for name, tale in tales.items()}
    parcels, book = tales["carried"].book, tales["plain"].book
    found["parcel"] = parcels.bundle(f"w:{WAYBILL}").decode(), parcels.now
    found["absent"] = book.bundle(OTHER_STREAM).decode(), book.now
    book.cosign(W1, W2)
    found["cosigned"] = book.bundle(STREAM).decode(), book.now
    return found


@cache
def policies() -> dict[str, Policy]:
    """Readers."""
    book, forger = Paper(), Paper(name="another book")
    stranger = replace(forger.policy().logs[0], key=replace(forger.vkey, name="other.example/1"))
    new = replace(forger.policy().logs[0], key=log_key(book.genesis.origin, lies.NEW_LOG.public))
    return {
        "log": book.policy(),
        "stranger": replace(forger.policy(), logs=(stranger,)),
        "other key": forger.policy(),
        "one witness": book.policy(W1, quorum="w1"),
        "full witness": book.policy(W1, W2, quorum="w2"),
        "new log key": replace(book.policy(), logs=(new,)),
        "both log keys": replace(book.policy(), logs=(*book.policy().logs, new)),
    }


def on(bundle: str, name: str, fails: Mapping[str, str], *changes: Edit, **more: Any) -> Value:
    """A case on a good bundle, or one whose value was changed."""
    text, now = good()[bundle]
    found: Value = {"name": name, "bundle": bundle}
    if changes:
        found["edits"] = [shortest(text, edited(text, *changes))]
    return found | rest(now, fails, **more)


def typed(name: str, old: str, new: str) -> Value:
    """A case on the short bundle with characters exchanged that no JSON library would write so."""
    text, now = good()["short"]
    assert text.count(old) == 1, name
    return {"name": name, "bundle": "short", "edits": [(old, new)]} | rest(now, **unread("bundle-malformed"))


def own(name: str, tale: Tale, fails: Mapping[str, str], *, text: str | None = None, **more: Any) -> Value:
    """A case with a bundle of its own."""
    return {"name": name, "text": tale.bundle() if text is None else text} | rest(tale.book.now, fails, **more)


def rest(
    now_ms: int, fails: Mapping[str, str], opens: Mapping[str, str] | None = None, *, policy: str = "log", later_ms: int = 0,
    **more: Any,
) -> Value:  # fmt: skip
    opens = opens or {}
    verdict = "fails" if fails else "open" if set(opens) - {"current"} else "holds"
    results = {name: f"fails {code}" for name, code in fails.items()} | {name: f"open {code}" for name, code in opens.items()}
    return {"policy": policy, "now_ms": now_ms + later_ms, "verdict": verdict, "results": results} | more


def unread(code: str) -> dict[str, Any]:
    """What a bundle that cannot be read comes to."""
    return {"fails": {"form": code}, "opens": dict.fromkeys(ALL_BUT_FORM, code)}


def unrecorded(code: str, **more: str) -> dict[str, Any]:
    """What a state that is not on record comes to: all that rests on it is open, unless it fails as well."""
    names = [name for name in ALL_BUT_FORM if name != "on_record" and name not in more]
    return {"fails": {"on_record": code} | more, "opens": dict.fromkeys(names, code)}


# -- bundles that hold -------------------------------------------------------------------------------------------------


def holding() -> Iterable[Value]:
    old, ahead = {"current": "state-old"}, {"current": "state-ahead"}
    line = "— who.example AAAAAGFiYw==\n"
    yield on("short", "registered, approved, made", {})
    yield on("plain", "listed, sold, reviewed, the review's text opened", {})
    yield on("recalled", "a lot that is called back, a class that was inspected", {})
    yield on("carried", "a parcel: a mandate, a device, batches, a key rotated out", {})
    yield on("parcel", "the same parcel, asked for by its waybill", {})
    yield on("absent", "no such product in this book", {})
    yield on("erased", "a review withheld on request", {})
    for finding, ground in (("penalty", "repair"), ("list", "term"), ("check", "law")):
        yield own(f"a {finding} withheld after its {ground}", repaired(finding, ground), {})
    yield on("cosigned", "cosigned by a full witness", {}, policy="full witness", audited=True)
    yield on("cosigned", "cosigned by more than the policy knows", {}, policy="one witness")
    yield on("cosigned", "cosigned, and the policy asks for no witness", {})
    yield on("plain", "three minutes later", {}, later_ms=180_000)
    yield on("plain", "a moment more: holds as of then", {}, later_ms=180_001, opens=old)
    yield on("carried", "a year later: holds as of then", {}, later_ms=365 * DAY, opens=old)
    yield on("plain", "three minutes ahead of the clock", {}, later_ms=-180_000)
    yield on("plain", "further ahead of the clock", {}, later_ms=-180_001, opens=ahead)
    yield on("plain", "another hint: hints are not read", {}, set_in("hints", "vkey", to="trust me"))
    yield on("plain", "no hint", {}, drop("hints"))
    yield on("plain", "a text that is not shown", {}, drop("open"))
    yield on(
        "plain",
        "a signature line of a key that nobody knows",
        {},
        lambda value: value.update(checkpoint=value["checkpoint"] + line),
    )
    yield own("an item by a key that was rotated out 29 days before", lies.retired("rotate", days=29), {})
    yield own("a second key of the log, signed by both", lies.relogged("add", "new old"), {})
    for policy in ("log", "new log key", "both log keys"):
        changed = lies.relogged("rotate", "new old", days=29)
        yield own(f"the log's key rotated out 29 days before, signed by both: {policy}", changed, {}, policy=policy)
    for policy in ("new log key", "both log keys"):
        yield own(f"31 days before, signed by the new one: {policy}", lies.relogged("rotate", "new", days=31), {}, policy=policy)
        yield own(f"revoked, signed by the new one: {policy}", lies.relogged("revoke", "new"), {}, policy=policy)


def being_open() -> Iterable[Value]:
    """Nothing is wrong with these, and yet they are not green."""
    late = {"current": "cosignatures-old"}
    not_understood = {"complete": "entries-not-understood"}
    yield on(
        "plain", "a log that the policy does not know", {}, policy="stranger", opens=dict.fromkeys(ALL_BUT_FORM, "log-unknown")
    )
    yield on("plain", "no witness has cosigned", {}, policy="one witness", opens={"witnesses": "witness-quorum"} | late)
    yield on("cosigned", "cosigned eleven minutes ago", {}, policy="full witness", audited=True, later_ms=11 * MINUTE,
             opens={"current": "state-old"})  # fmt: skip
    for name, milliseconds, opens in [
        ("cosigned ten minutes ago", -600_000, {}),
        ("cosigned a second more than ten minutes ago", -601_000, late),
        ("cosigned three minutes ahead", 180_000, {}),
        ("cosigned a second more than three minutes ahead", 181_000, late),
    ]:
        tale = short()
        tale.book.publish().cosign(W1, time_ms=tale.book.now + milliseconds)
        yield own(name, tale, {}, text=tale.book.bundle(STREAM).decode(), opens=opens, policy="one witness")
    yield own("an entry that refers to what is not in the bundle", lies.referring_elsewhere(), {})
    for place in (3, 2):
        tale = short()
        tale.book.say(tale.maker, "blessing", {}, {"words": "good"}, ref=tale.book.at(place))
        yield own(f"an entry of a type that is not known, about entry {place}", tale, {}, opens=not_understood)


# -- bundles that are not well-formed ----------------------------------------------------------------------------------


def malformed() -> Iterable[Value]:
    def bad(name: str, *changes: Edit, code: str = "bundle-malformed") -> Value:
        return on("short", name, {"form": code}, *changes, opens=dict.fromkeys(ALL_BUT_FORM, code))

    text, zero = good()["short"][0], b64u(bytes(32))
    for name, raw in [
        ("nothing", ""),
        ("a list", "[]"),
        ("cut short", text[:2000]),
        ("lists in lists", "[" * 1_000 + "]" * 1_000),
    ]:
        yield own(name, short(), text=raw, **unread("bundle-malformed"))
    yield typed("a line feed at the end", END, END + "\n")
    yield typed("a blank", '"entries":[[1,', '"entries": [[1,')
    yield typed("a member twice", END, END.replace('"v":1', '"v":1,"v":1'))
    yield typed("members out of order", '"subject":"p:', '"Subject":"p:')
    yield typed("a number with a point", END, END.replace("1}", "1.0}"))
    yield typed("a null", END, END.replace("1}", "null}"))
    yield typed("another version", END, END.replace("1}", "2}"))
    yield typed("an index beyond all integers", '"entries":[[1,', '"entries":[[9007199254740993,')
    yield bad("no member `streams`", drop("streams"))
    yield bad("no streams", set_in("streams", to={}))
    yield bad("an unknown member", set_in("extra", to=1))
    yield bad("the subject's own stream is not listed", drop("streams", STREAM))
    yield bad("a subject that is a lot", set_in("subject", to=f"p:{HAM}/10/B2026A"))
    yield bad("a stream id that is none", set_in("streams", "p /01/", to=[]))
    yield bad("entry 0", set_in("entries", 0, 0, to=0))
    yield bad("entries out of order", lambda value: value["entries"].reverse())
    yield bad("an entry twice", lambda value: value["entries"].insert(0, value["entries"][0]))
    yield bad("a stream out of order", set_in("streams", f"a:{MAKER}", to=[2, 1]))
    yield bad("an index twice in a stream", set_in("streams", f"a:{MAKER}", to=[1, 2, 2]))
    yield bad("an empty list of withheld entries", set_in("withheld", to=[]))
    yield bad("an entry both shown and withheld", set_in("withheld", to=[[3, zero]]))
    yield bad("an entry that is a number", set_in("entries", 0, to=1))
    yield bad("a batch without entries", set_in("batches", to=[{"leaf": {}, "paths": []}]))
    yield bad("an opened value outside the body", set_in("open", to=[[3, "/type", zero, "item"]]))
    yield bad("a hash with a character too few", set_in("withheld", to=[[9, zero[:-1]]]))
    yield bad("a leaf with another member", set_in("entries", 0, 1, "extra", to=1), code="leaf-malformed")
    yield bad("a leaf with both signature and batch", set_entry(1, batch=[zero, 0]), code="leaf-malformed")
    yield bad("a signature with loose bits", set_entry(1, signature="A" * 85 + "B"), code="leaf-malformed")
    yield bad("a statement without a body", lambda value: entry(value, 1)["statement"].pop("body"), code="statement-malformed")
    yield bad("a wrong check digit", set_in("entries", 2, 1, "statement", "subjects", "item", to=ITEM.replace("92/", "93/")),
              code="statement-malformed")  # fmt: skip
    yield bad("a genesis leaf without a root", drop("genesis", "leaf", "root"), code="leaf-malformed")
    yield bad("an epoch leaf without a map", drop("epoch", "leaf", "map"), code="epoch-malformed")
    yield bad("an epoch leaf with another member", set_in("epoch", "leaf", "extra", to=1), code="epoch-malformed")
    yield bad("a path that is not base64url", set_in("genesis", "path", to="+" * 43), code="encoding-base64")
    yield bad("a path of half a hash", set_in("genesis", "path", to=b64u(bytes(16))), code="encoding-size")
    yield bad("a path of more hashes than levels", set_in("genesis", "path", to=b64u(bytes(32 * 64))), code="encoding-size")
    yield bad("a map proof without nodes", drop("map", "nodes"), code="map-form")
    yield bad("a bucket of 2^32 records", set_in("map", "buckets", 0, "n", to=2**32), code="map-range")
    yield bad("nodes that are not whole hashes", set_in("map", "nodes", to="AAAA"), code="map-encoding")
    yield on("carried", "a batch twice", {"form": "bundle-malformed"}, repeat_batch,
             opens=dict.fromkeys(ALL_BUT_FORM, "bundle-malformed"))  # fmt: skip


# -- states that are not on record -------------------------------------------------------------------------------------


def off_record() -> Iterable[Value]:
    tale, forger = plain(), Paper(name="another book")
    tale.book.publish()
    origin, size, root, note = tale.book.genesis.origin, tale.book.size, root_of(tale.book.hashes()), tale.book.note
    older = json.loads(good()["short"][0])
    leaf, path = ("genesis", "leaf"), "path"

    def bad(name: str, code: str, *changes: Edit, **more: str) -> Value:
        due = unrecorded(code, **more)
        return on("plain", name, due["fails"], *changes, opens=due["opens"])

    def noted(name: str, code: str, text: str) -> Value:
        return bad(name, code, set_in("checkpoint", to=text))

    yield noted("a note without signatures", "note-malformed", f"{origin}\n{size}\n")
    yield noted("a checkpoint without a root", "checkpoint-malformed", note.replace(note.split("\n")[2], "x"))
    yield bad("a byte of the checkpoint's signature", "note-signature-invalid", flip_signature)
    yield noted("the size in the checkpoint", "note-signature-invalid", note.replace(f"\n{size}\n", f"\n{size - 1}\n"))
    for name, code, checkpoint, key in [
        ("a checkpoint by another key", "note-unsigned", Checkpoint(origin, size, root), forger.log_key),
        ("the log's own checkpoint of another size", "inclusion-invalid", Checkpoint(origin, size + 1, root), tale.book.log_key),
        ("the log's own checkpoint of another root", "inclusion-invalid", Checkpoint(origin, size, seed("x")), tale.book.log_key),
        ("the log's own checkpoint of nothing", "inclusion-invalid", Checkpoint(origin, 0, root_of([])), tale.book.log_key),
    ]:
        yield noted(name, code, sign_checkpoint(checkpoint, key))
    yield on("plain", "a forger's own book under the same origin", **unrecorded("note-unsigned"), policy="other key")
    yield noted("the checkpoint of an older state", "inclusion-invalid", older["checkpoint"])
    yield bad("the epoch leaf of an older state", "inclusion-invalid", set_in("epoch", to=older["epoch"]),
              order="entry-beyond", complete="map-root")  # fmt: skip
    yield bad(
        "the map root in the epoch leaf", "inclusion-invalid", set_in("epoch", "leaf", "map", to=b64u(seed("map"))), **MAP_ROOT
    )
    yield bad("the time in the epoch leaf", "inclusion-invalid", set_in("epoch", "leaf", "time", to=tale.book.now + 1))
    for part, words in (("epoch", "the epoch leaf"), ("genesis", "the genesis leaf")):
        yield bad(f"a hash too few in the path of {words}", "inclusion-invalid", cut(part, path))
        yield bad(f"a hash too many in the path of {words}", "inclusion-invalid", lengthen(part, path))
    yield bad("another root key in the genesis leaf", "epoch-genesis", set_in(*leaf, "root", "key", to=forger.root.public),
              signatures="signer-unknown")  # fmt: skip
    yield bad("a root key in the genesis leaf that is none", "epoch-genesis", set_in(*leaf, "root", "key", to="A" * 44),
              signatures="genesis-key")  # fmt: skip
    yield bad("another origin in the genesis leaf", "origin-mismatch", set_in(*leaf, "origin", to=f"{tale.book.genesis.book}/2"))
    yield bad("another depth in the genesis leaf", "epoch-genesis", set_in(*leaf, "depth", to=3),
              order="map-buckets", complete="map-buckets")  # fmt: skip
    for name, code, members in [
        ("an epoch that ends elsewhere", "epoch-last", {"last": 7}),
        ("an epoch that does not begin after the one before", "epoch-first", {"first": 2}),
        ("an epoch after itself", "epoch-previous", {"previous": 9, "first": 10}),
        ("a first epoch with number 2", "epoch-number", {"number": 2}),
        ("an epoch of another genesis leaf", "epoch-genesis", {"genesis": seed("genesis")}),
    ]:
        yield own(name, lies.relabelled(**members), **unrecorded(code))
    yield on("cosigned", "a cosignature that does not hold", {"witnesses": "cosignature-invalid"}, flip_signature,
             policy="full witness", opens={"current": "cosignatures-old"})  # fmt: skip

    # -- bundles that were tampered with -----------------------------------------------------------------------------------
    for policy in ("log", "both log keys"):
        late = lies.relogged("rotate", "old", days=31)
        yield own(
            f"the log's old key, rotated out 31 days before: {policy}", late, **unrecorded("log-key-retired"), policy=policy
        )
        stolen = lies.relogged("revoke", "old")
        yield own(f"the log's old key, revoked: {policy}", stolen, **unrecorded("log-key-retired"), policy=policy)
    for event, days in (("rotate", 31), ("revoke", 0)):
        gone = lies.relogged(event, "new", days=days)
        yield own(f"the log's new key, for who knows the old one only: {event}", gone, **unrecorded("note-unsigned"))
    early = lies.relogged("rotate", "old", days=1)
    yield own("the log's new key is in the policy and has not signed", early, **unrecorded("note-unsigned"), policy="new log key")


def tampered() -> Iterable[Value]:
    seller, product, keys = f"l:{OFFER}", f"p:{HAM}", f"k:{MAKER}"
    book = plain().book.publish()
    streams = list(json.loads(good()["plain"][0])["streams"])

    def proof_of(names: Iterable[str]) -> Edit:
        return set_in("map", to=format_map_proof(book.prove([map_key(name) for name in names])))

    def both(code: str) -> dict[str, str]:
        return {"order": code, "complete": code}

    yield on("plain", "an entry dropped, its place kept", both("entry-missing"), drop_entry(5))
    yield on("plain", "an entry dropped from everywhere", MAP_ROOT, drop_entry(5), unlist(5))
    yield on("plain", "the newest entry dropped", MAP_ROOT, drop_entry(6), unlist(6), drop("open"))
    yield on("plain", "the first entry of a stream dropped", MAP_ROOT, drop_entry(3), unlist(3))
    yield on("carried", "the adding of a key dropped", MAP_ROOT | {"signatures": "signer-unknown"}, drop_entry(8), unlist(8))
    yield on("carried", "a rotation hidden", MAP_ROOT, drop_entry(9), unlist(9))
    yield on("plain", "a stream left out", {"complete": "stream-missing"}, drop("streams", product))
    yield on("plain", "a stream left out, proof and all", {"complete": "stream-missing"}, drop("streams", product),
             proof_of(name for name in streams if name != product))  # fmt: skip
    yield on(
        "plain", "the history of a key left out", {"order": "map-present", "complete": "stream-missing"}, drop("streams", keys)
    )
    yield on("plain", "a stream that nothing calls for, with its proof", {"complete": "stream-extra"},
             set_in("streams", f"s:{MAKER}", to=[]), proof_of([*streams, f"s:{MAKER}"]))  # fmt: skip
    yield on("plain", "a stream said to be absent that is there", {"order": "map-present", "complete": "entry-left-out"},
             set_in("streams", seller, to=[]))  # fmt: skip
    yield on("plain", "a stream said to be there that is absent", {"order": "map-present", "complete": "entry-misplaced"},
             set_in("streams", product, to=[3]))  # fmt: skip
    yield on("plain", "an entry listed once too often", {"order": "map-root", "complete": "entry-misplaced"},
             set_in("streams", seller, to=[4, 5]))  # fmt: skip
    yield on("plain", "an entry listed once too seldom", {"order": "map-root", "complete": "entry-left-out"},
             set_in("streams", STREAM, to=[3, 5]))  # fmt: skip
    yield on("plain", "two entries swapped", {"order": "received-fell", "complete": "entry-misplaced"}, swap(4, 5))
    yield on("plain", "the newest entry moved behind the epoch", {"order": "entry-beyond", "complete": "map-root"},
             set_in("entries", 5, 0, to=7), set_in("streams", STREAM, to=[3, 5, 7]), set_in("open", 0, 0, to=7))  # fmt: skip
    yield on("plain", "an entry of another bundle put in", {"signatures": "signer-unknown", "order": "entry-beyond",
             "complete": "entry-extra"}, add_from(good()["carried"][0], 8))  # fmt: skip
    yield on("absent", "an absent product said to be there", both("entry-missing"), set_in("streams", OTHER_STREAM, to=[3]))
    yield on(
        "short",
        "a product said to be absent",
        {"order": "map-present", "complete": "stream-extra"},
        set_in("streams", STREAM, to=[]),
    )
    yield on("plain", "a price changed", MAP_ROOT | {"signatures": "signature-invalid"},
             set_in("entries", 4, 1, "statement", "body", "price_minor", to=1))  # fmt: skip
    yield on("plain", "a time of receipt changed", MAP_ROOT, set_entry(5, received=lambda leaf: leaf["received"] + 1))
    yield on("plain", "a time of receipt before the one before", MAP_ROOT | {"order": "received-fell"},
             set_entry(5, received=lambda leaf: leaf["received"] - MINUTE - 1))  # fmt: skip
    yield on("plain", "a time of receipt after the epoch", MAP_ROOT | {"order": "epoch-time"},
             set_entry(6, received=lambda leaf: leaf["received"] + 1))  # fmt: skip
    yield on("plain", "a time of receipt that no calendar has", MAP_ROOT | {"order": "epoch-time", "signatures": "rules-refused"},
             set_entry(6, received=2**53 - 1))  # fmt: skip
    yield on("plain", "the signature of another entry", MAP_ROOT | {"signatures": "signature-invalid"},
             lambda value: entry(value, 5).update(signature=entry(value, 4)["signature"]))  # fmt: skip
    yield on("plain", "a bucket of one record more", both("map-missing"), lambda value: more_records(value["map"]["buckets"][0]))
    yield on("carried", "a hash missing from the map proof", both("map-missing"), cut("map", "nodes"))
    yield on("plain", "a hash too many in the map proof", both("map-extra"), lengthen("map", "nodes"))
    yield on("carried", "a hash changed in the map proof", MAP_ROOT, cut("map", "nodes"), lengthen("map", "nodes"))
    yield on("plain", "a bucket left out of the map proof", both("map-buckets"), lambda value: value["map"]["buckets"].pop())


def more_records(bucket: Value) -> None:
    bucket["n"] += 1


def by_the_operator() -> Iterable[Value]:
    """He signs what he publishes, and whoever rebuilds the book convicts him; a reader of one bundle sees this much."""
    differs = {"complete": "reference-differs"}
    yield own("an entry left out of one of its streams", lies.hidden(), {"complete": "entry-left-out"})
    yield own("an entry put into a stream that it does not name", lies.misplaced(), {"complete": "entry-misplaced"})
    yield own("an entry that says another type than that of the entry it refers to", lies.copying("sale"), differs)
    yield own("an entry that refers to nothing", lies.referring(later=False), differs)
    yield own("an entry that refers to a later one", lies.referring(later=True), differs)
    yield own("a copy without a reference", lies.copy_without_reference(), differs)
    yield own("times of receipt that fall", lies.received(MINUTE), {"order": "received-fell"})
    yield own("an entry received after its epoch", lies.received(-1), {"order": "epoch-time"})
    yield own("a map with another head", lies.other_record(1), MAP_ROOT)
    yield own("a map with another count", lies.other_record(2), MAP_ROOT)
    yield own("a statement entered twice", lies.twice("statement"), {"signatures": "counter-twice"})
    yield own("a number used twice", lies.twice("number"), {"signatures": "counter-twice"})
    yield own("an id used twice", lies.twice("id"), {"signatures": "id-twice"})


# -- keys, signatures and opened values --------------------------------------------------------------------------------


def unsigned() -> Iterable[Value]:
    refused, unknown, invalid = ({"signatures": code} for code in ("rules-refused", "signer-unknown", "signature-invalid"))
    stranger, thief = Signer.new(f"uscc:{company(9)}"), Signer.new(MAKER, "thief")
    yield own("an item by a company that never registered", lies.said_by(stranger), unknown)
    yield own("an item by a key that its actor never added", lies.said_by(thief), unknown)
    yield own("an item in a stranger's name by a known key", lies.said_by(Signer(stranger.actor, Signer.new(MAKER).key)), unknown)
    yield own("an item before the registration is approved", lies.unapproved(), refused)
    yield own("a registration approved by itself", lies.unapproved(by_itself=True), refused)
    yield own("a second registration of one code approved", lies.registered_twice("maker", "maker"), {})
    yield own("an item by the registration that was not approved", lies.registered_twice("maker", "thief"), refused)
    yield own("both registrations of one code approved", lies.registered_twice("thief maker", "thief"), refused)
    yield own("a device retired by another company", lies.retired_by_a_rival(), refused)
    yield own("a dispatch under a mandate of who has left", lies.mandate_of_who_left(), refused)
    yield own("an item by a key that was revoked before", lies.retired("revoke"), refused)
    yield own("a key of the log that the maker adds", lies.log_key_by_the_maker(), refused)
    yield own("the only key of the log rotated out", lies.log_without_a_key("rotate"), refused)
    yield own("the only key of the log revoked", lies.log_without_a_key("revoke"), refused)
    yield own("the log's key as a maker's", lies.log_key_for_statements(), refused)
    yield own("an item by a key that was rotated out 31 days before", lies.retired("rotate", days=31), refused)
    yield own("a key added by a stranger", lies.added_by_a_stranger(), refused)
    yield own("a device registered by another company", lies.foreign_device(by_operator=False), refused)
    yield own("a device registered by the operator", lies.foreign_device(by_operator=True), refused)
    yield own("a dispatch in a merchant's name without a mandate", lies.without_mandate(), refused)
    yield own("a revocation since the 30th of February", lies.odd_revocation(), refused)
    yield own("a statement made for another book", lies.other_book(), {"signatures": "book-wrong"})
    yield own("a signature by another key", lies.signed_otherwise("key"), invalid)
    yield own("a signature under the tag of batches", lies.signed_otherwise("tag"), invalid)
    yield own("a review in the name of another key", lies.wrong_name(), unknown)
    for name, place, value in [
        ("another text under a review", 3, "很好。Very good."),
        ("another salt under a review's text", 2, b64u(seed("salt"))),
        ("a text opened where no commitment stands", 1, "/body/words"),
        ("a text opened for an entry that is not here", 0, 9),
    ]:
        yield on("plain", name, {"signatures": "commitment-mismatch"}, set_in("open", 0, place, to=value))


def in_batches() -> Iterable[Value]:
    missing, extra, position, root = ({"signatures": f"batch-{what}"} for what in ("missing", "extra", "position", "root"))
    value = json.loads(good()["carried"][0])
    first, last = value["batches"][0]["paths"][0], value["batches"][1]["paths"][0][0]
    path = ("batches", 0, "paths")
    yield on("carried", "no batch at all", missing, drop("batches"))
    yield on("carried", "one batch missing", missing, lambda value: value["batches"].pop())
    yield on("carried", "one path missing", missing, lambda value: value["batches"][0]["paths"].pop())
    yield on("carried", "a path for an entry that has its own signature", extra,
             lambda value: value["batches"][0]["paths"].insert(0, [1, first[1]]))  # fmt: skip
    yield on("carried", "a path for an entry of another batch", extra,
             lambda value: value["batches"][0]["paths"].append([last, first[1]]))  # fmt: skip
    yield on("carried", "the path of another statement", root, set_in(*path, 0, 1, to=b64u(seed("path") * 3)))
    yield on("carried", "a path a hash too short", root, set_in(*path, 0, 1, to=b64u(seed("path") * 2)))
    yield on("carried", "another signature of a batch", missing,
             lambda value: value["batches"][0]["leaf"].update(signature=value["batches"][1]["leaf"]["signature"]))  # fmt: skip
    yield on("carried", "an entry that names another position", MAP_ROOT | position,
             lambda value: entry(value, first[0])["batch"].__setitem__(1, 0))  # fmt: skip
    yield on("carried", "an entry that names another batch", MAP_ROOT | missing,
             lambda value: entry(value, first[0])["batch"].__setitem__(0, b64u(seed("batch"))))  # fmt: skip
    yield own("a header that begins at another counter", carried(n=2), position)
    yield own("a header for another book", carried(book="suxin.example/other"), position)
    yield own("a header of another key", carried(key=b64u(seed("key"))), position)
    yield own("a header of fewer statements", carried(size=1), position)
    yield own("a header of more statements", carried(size=9), root)
    yield own("a header with another root", carried(root=b64u(seed("root"))), root)


# -- withheld entries --------------------------------------------------------------------------------------------------


def withheld() -> Iterable[Value]:
    """Where an entry is withheld without right, `complete` is open at best: what the entry names is not known."""
    nowhere, kind, differs = "withheld-without-cause", "withheld-type", "reference-differs"
    leaf = b64u(seed("leaf"))
    yield on(
        "plain", "an entry withheld that no entry withholds", {"withheld": nowhere}, withhold(6), opens={"complete": nowhere}
    )
    yield on("erased", "a withheld entry with another leaf hash", {"withheld": nowhere, "order": "map-root", "complete": differs},
             set_in("withheld", 0, 1, to=leaf))  # fmt: skip
    yield unlawful("an erasure that names another index", nowhere, body={"index": 5}, complete=differs)
    yield unlawful("an erasure that names another leaf hash", nowhere, body={"leaf": leaf}, complete=differs)
    for member, value in (("ground", "whim"), ("until", "soon"), ("index", 0), ("reason", "law")):
        yield on("erased", f"an erasure with a body that is none: {member}", {"form": "statement-malformed"},
                 set_in("entries", 6, 1, "statement", "body", member, to=value),
                 opens=dict.fromkeys(ALL_BUT_FORM, "statement-malformed"))  # fmt: skip
    yield unlawful("an erasure without an index", nowhere, body={"index": None}, complete=differs)
    yield unlawful("an erasure on the ground of a repair", kind, "repair")
    yield unlawful("an erasure by the seller", "withheld-authority", by="merchant")
    yield unlawful("an erasure by the author, who erases her words and withholds nothing", "withheld-authority", by="author")
    yield unlawful("an erasure that withholds nothing", nowhere, body={"index": None, "leaf": None}, complete=differs)
    yield unlawful("an erasure of the making of the item", kind, of=3)
    yield unlawful("an erasure of a registration", kind, of=1, signatures="rules-refused")
    yield unlawful("an erasure that says another type", kind, re={"subjects": {"item": ITEM}, "type": "sale"}, complete=differs)
    subjects = {"item": ITEM, "waybill": WAYBILL}
    yield unlawful(
        "an erasure that says one stream more", "entry-left-out", complete=differs, re={"subjects": subjects, "type": "complaint"}
    )
    yield unlawful("an erasure that stands in another stream", "entry-misplaced", complete=differs, parcel=True,
                   re={"subjects": {"waybill": WAYBILL}, "type": "complaint"})  # fmt: skip


def unrepaired() -> Iterable[Value]:
    """Findings in a carrier's file that are withheld, and the repair does not allow it."""
    nowhere, kind, who = "withheld-without-cause", "withheld-type", "withheld-authority"
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("a repair by the operator", who, {"by": "operator"}),
        ("a repair by a merchant", who, {"by": "merchant"}),
        ("a repair of an appeal, which ends by law or at its term", kind, {"kind": "appeal"}),
        ("a repair that names another index", nowhere, {"index": 6}),
        ("a repair that names another leaf hash", nowhere, {"leaf": b64u(seed("leaf"))}),
        ("a repair of a list by the operator at its term", who, {"kind": "list", "ground": "term", "by": "operator"}),
    ]
    for name, code, more in rows:
        tale = repaired(**more)
        found = len(tale.book.leaves) - 2  # the repair is the last
        text = tale.bundle()
        if '"withheld"' not in text:  # the maker withholds only what it finds no fault with
            text = edited(text, withhold(found))
        fails = {"withheld": code} | ({"complete": "reference-differs"} if code == nowhere else {})
        yield own(name, tale, fails, text=text, opens={} if code == nowhere else {"complete": code})


def unlawful(
    name: str, code: str, ground: str = "request", *, of: int = 6, complete: str = "", signatures: str = "", **more: Any
) -> Value:
    """A book in which entry `of` is withheld, and the erasure does not allow it."""
    tale = erased(ground, of=of, **more)
    text = tale.bundle()
    if '"withheld"' not in text:  # the maker withholds only what it finds no fault with
        text = edited(text, withhold(of))
    found = {"withheld": code, "complete": complete, "signatures": signatures}
    fails = {result: fault for result, fault in found.items() if fault}
    return own(name, tale, fails, text=text, opens={} if complete else {"complete": code})


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1) + "\n")
