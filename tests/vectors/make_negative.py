"""Print negative.json: what every verifier must refuse, and with which code. Deterministic; see README.md.

Classes are ways of being wrong; kinds are what can be wrong in that way. What is large is written as a marker and how often the
text stands there instead. `results` of a bundle names every result that does not hold, as in bundle.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from fakes.bundle_edit import (
    Edit,
    Value,
    cut,
    drop,
    drop_entry,
    edited,
    entry,
    flip_signature,
    lengthen,
    set_in,
    shortest,
    withhold,
)
from fakes.paper import Paper, witness_of
from fakes.paper_tales import HAM, MAKER, OFFER, STREAM, Tale, carried, erased, plain, short
from fakes.world import seed

from suxin.ledger.checkpoint import Checkpoint, log_key, sign_checkpoint
from suxin.ledger.cosignature import cosign, witness_key
from suxin.ledger.encoding import b64u
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import consistency_path, inclusion_path, nodes_of, root_of
from suxin.ledger.note import ED25519_TYPE, Note, VerifierKey, format_base64, format_note, format_vkey, parse_note
from suxin.ledger.policy import Group, Log, Policy, format_policy

ALL_BUT_FORM = ("signatures", "order", "on_record", "complete", "withheld", "current", "witnesses")
MARKER = "@@@"


def make() -> dict[str, Any]:
    """The whole file."""
    whole = {"short": short().bundle(), "plain": plain().bundle(), "carried": carried().bundle()}
    rows = [*notes(), *tiles(), *proofs(), *policies(), *(shortened(case, whole) for case in bundles())]
    return {
        "page": "checkpoint.md, tile.md, log.md, policy.md, bundle.md",
        "format": {
            "note": "read `note` as a checkpoint of `origin`, by the key `log`, with the witness `witness`",
            "tile": "read `path`; or `tile_hex` as `width` hashes; or `entries_hex` as `width` leaves",
            "proof": "verify `inclusion` or `consistency`; hashes are hexadecimal",
            "policy": "read `policy`, or `policy_hex`",
            "bundle": "verify `text` under `policy` at `now_ms`; `results` names all that does not hold",
            "edits": "in the text of `bundles` named by `bundle`, each pair exchanged; the old text stands there once",
            "fill": "[marker, text, n]: last, each marker is exchanged for the text n times over",
        },
        "origin": ORIGIN,
        "log": format_vkey(VKEY),
        "witness": format_vkey(WITNESS),
        "policies": {name: format_policy(policy).decode() for name, policy in readers().items()},
        "bundles": whole,
        "cases": rows,
    }


def shortened(case: Value, whole: Mapping[str, str]) -> Value:
    """A case whose text is nearly one of the whole bundles, as the difference."""
    found = {
        name: ("", "") if text == case["text"] else shortest(text, case["text"]) for name, text in whole.items() if case["text"]
    }
    name = min(found, key=lambda name: sum(map(len, found[name])), default="")
    if not name or 2 * sum(map(len, found[name])) > len(case["text"]):
        return case
    edits = [list(found[name])] if found[name] != ("", "") else []
    return {member: value for member, value in case.items() if member != "text"} | {"bundle": name, "edits": edits}


def row(kind: str, what: str, name: str, reason: str, **more: Any) -> Value:
    return {"kind": kind, "class": what, "name": name} | more | {"reason": reason}


# -- notes -------------------------------------------------------------------------------------------------------------

ORIGIN = "suxin.example/negative/1"
KEY, STRANGER, W = (SigningKey(sha256(f"negative {name}".encode()).digest()) for name in ("log", "stranger", "witness"))
VKEY, WITNESS = log_key(ORIGIN, KEY.public), witness_key("w.example", W.public)
LEAVES = [leaf_hash(f"leaf {number}".encode()) for number in range(13)]
ROOT = root_of(LEAVES)
NOTE = sign_checkpoint(Checkpoint(ORIGIN, 13, ROOT), KEY)
TEXT = parse_note(NOTE).text
LINE = NOTE.split("\n")[-2] + "\n"


def cosigned(time_s: int = 1_795_305_600, text: str = TEXT) -> str:
    """A signature line of the witness."""
    return format_note(Note(text, (cosign(text, WITNESS.name, W, time_s),))).removeprefix(text + "\n")


def by(key: SigningKey, name: str = ORIGIN, checkpoint: Checkpoint | None = None) -> str:
    """A signature line by a key under some name."""
    note = sign_checkpoint(replace(checkpoint or Checkpoint(ORIGIN, 13, ROOT), origin=name), key)
    return note.split("\n")[-2] + "\n"


def line(name: str, blob: bytes) -> str:
    return f"— {name} {format_base64(blob)}\n"


def notes() -> Iterable[Value]:
    malformed, unsigned, invalid = "note-malformed", "note-unsigned", "note-signature-invalid"
    own = VKEY.key_id
    signature = KEY.sign(TEXT.encode())
    root = format_base64(ROOT)

    def bad(what: str, name: str, reason: str, note: str, **more: Any) -> Value:
        return row("note", what, name, reason, note=note, **more)

    def signed(text: str) -> str:
        return f"{text}\n{line(ORIGIN, own + KEY.sign(text.encode()))}"

    yield bad("truncated", "nothing", malformed, "")
    yield bad("truncated", "without its last line feed", malformed, NOTE[:-1])
    yield bad("truncated", "cut inside the signature", malformed, NOTE[:-9])
    yield bad("truncated", "cut before the signatures", malformed, TEXT)
    yield bad("truncated", "signed without its root", "checkpoint-malformed", signed(f"{ORIGIN}\n13\n"))
    yield bad("oversized", "64 KiB and more", malformed, NOTE + f"— x {MARKER}\n", fill=[(MARKER, "A", 65_536)])
    yield bad("oversized", "101 signature lines", malformed, NOTE + MARKER, fill=[(MARKER, line("x", bytes(8)), 100)])
    yield bad("oversized", "a size of 2^63", "checkpoint-malformed", signed(f"{ORIGIN}\n{2**63}\n{root}\n"))
    yield bad("oversized", "a size of a thousand digits", "checkpoint-malformed", signed(f"{ORIGIN}\n{'9' * 1000}\n{root}\n"))
    yield bad("duplicated", "the note twice", invalid, NOTE + NOTE)
    yield bad("duplicated", "two origins", "checkpoint-malformed", signed(f"{ORIGIN}\n{ORIGIN}\n13\n{root}\n"))
    yield bad("duplicated", "two roots in one line", "checkpoint-malformed", signed(f"{ORIGIN}\n13\n{root} {root}\n"))
    yield bad("duplicated", "an empty line twice", invalid, NOTE.replace("\n\n", "\n\n\n"))
    yield bad("wrong width", "a root of 31 bytes", "checkpoint-malformed", signed(f"{ORIGIN}\n13\n{format_base64(ROOT[:31])}\n"))
    yield bad(
        "wrong width", "a root of 33 bytes", "checkpoint-malformed", signed(f"{ORIGIN}\n13\n{format_base64(ROOT + b'x')}\n")
    )
    yield bad("wrong width", "a signature of 63 bytes", invalid, f"{TEXT}\n{line(ORIGIN, own + signature[:63])}")
    yield bad("wrong width", "a signature of 65 bytes", invalid, f"{TEXT}\n{line(ORIGIN, own + signature + b'x')}")
    yield bad("wrong width", "a key id and nothing more", malformed, f"{TEXT}\n{line(ORIGIN, own)}")
    yield bad("wrong width", "a cosignature without its time", "cosignature-invalid",
              NOTE + line(WITNESS.name, WITNESS.key_id + W.sign(TEXT.encode())))  # fmt: skip
    yield bad("size not bound by the root", "one leaf more", invalid, NOTE.replace("\n13\n", "\n14\n"))
    yield bad("size not bound by the root", "one leaf fewer", invalid, NOTE.replace("\n13\n", "\n12\n"))
    yield bad("size not bound by the root", "a leading zero", invalid, NOTE.replace("\n13\n", "\n013\n"))
    yield bad("size not bound by the root", "no leaves, and a root", "checkpoint-malformed", signed(f"{ORIGIN}\n0\n{root}\n"))
    yield bad("unknown signature", "by a stranger under his own name", unsigned, f"{TEXT}\n{by(STRANGER, 'stranger.example')}")
    yield bad("unknown signature", "by a stranger under the log's name", unsigned, f"{TEXT}\n{by(STRANGER)}")
    yield bad("unknown signature", "a stranger's, with the log's name and key id", invalid,
              f"{TEXT}\n{line(ORIGIN, own + STRANGER.sign(TEXT.encode()))}")  # fmt: skip
    yield bad(
        "unknown signature", "the log's, with a key id of its own", unsigned, f"{TEXT}\n{line(ORIGIN, b'abcd' + signature)}"
    )
    yield bad("repeated signature", "a good one and a bad one", invalid, NOTE + line(ORIGIN, own + signature[::-1]))
    yield bad("repeated signature", "a bad one and a good one", invalid, f"{TEXT}\n{line(ORIGIN, own + bytes(64))}{LINE}")
    yield bad("repeated signature", "a witness' good one and a bad one", "cosignature-invalid",
              NOTE + cosigned() + cosigned(text=f"{ORIGIN}\n12\n{root}\n"))  # fmt: skip
    yield bad("repeated signature", "a witness' time changed", "cosignature-invalid",
              NOTE + cosigned() + line(WITNESS.name, WITNESS.key_id + bytes(8) + cosign(TEXT, "w", W, 1).blob[8:]))  # fmt: skip
    yield bad("missing signature", "only a witness has signed", unsigned, f"{TEXT}\n{cosigned()}")
    yield bad("missing signature", "a line of a name alone", malformed, f"{TEXT}\n— {ORIGIN}\n")
    yield bad("missing signature", "an empty line and no more", malformed, f"{TEXT}\n")
    yield bad("missing signature", "a hyphen in place of the dash", malformed, f"{TEXT}\n{LINE.replace('—', '-')}")
    other = "suxin.example/negative/2"
    yield bad("wrong origin", "the next shard, by the same key under this name", "origin-mismatch",
              signed(f"{other}\n13\n{root}\n"))  # fmt: skip
    yield bad("wrong origin", "a blank after the origin", "origin-mismatch", signed(f"{ORIGIN} \n13\n{root}\n"))
    yield bad("wrong origin", "in other letters", "origin-mismatch", signed(f"{ORIGIN.upper()}\n13\n{root}\n"))
    yield bad("wrong origin", "another log's checkpoint as it stands", unsigned,
              sign_checkpoint(Checkpoint(other, 13, ROOT), STRANGER))  # fmt: skip


# -- tiles -------------------------------------------------------------------------------------------------------------


def tiles() -> Iterable[Value]:
    code = "tile-malformed"
    for what, names in {
        "truncated": ["", "0", "0/", "0/00", "0/000.p/", "entries", "0/x001"],
        "oversized": ["64/000", "100/000", "0/x001" * 2, "0/" + "x999/" * 7 + "999", "0/000.p/256", "0/000.p/1000"],
        "duplicated": ["0/000/000", "0/0/000", "0/000.p/1.p/1", "0/x000/001", "entries/entries/000", "0//000"],
        "wrong width": ["0/0000", "0/x01/000", "0/000.p/0", "0/000.p/01", "00/000", "0/000.p/-1", "-1/000", "0/000.P/7"],
    }.items():
        for path in names:
            yield row("tile", what, f"the path {path or 'of no characters'}", code, path=path)
    whole = b"".join(LEAVES)
    leaves = b"".join(len(text).to_bytes(2, "big") + text for text in (b"leaf 0", b"leaf 1"))
    for what, name, data, width in [
        ("truncated", "a byte too few", whole[:-1], 13),
        ("truncated", "nothing", b"", 1),
        ("truncated", "a hash too few", whole[:-32], 13),
        ("wrong width", "hashes of 31 bytes", b"".join(part[:31] for part in LEAVES), 13),
        ("wrong width", "as another width asked for", whole, 12),
        ("extra hashes", "one hash more", whole + bytes(32), 13),
        ("extra hashes", "a byte more", whole + b"x", 13),
        ("extra hashes", "all hashes twice", whole + whole, 13),
    ]:
        yield row("tile", what, name, code, tile_hex=data.hex(), width=width)
    for what, name, data, width in [
        ("truncated", "a leaf cut off", leaves[:-1], 2),
        ("truncated", "a length cut off", leaves + b"\0", 3),
        ("truncated", "a leaf too few", leaves, 3),
        ("oversized", "a length beyond the end", b"\xff\xff" + leaves, 3),
        ("duplicated", "a leaf twice", leaves + leaves[:8], 2),
        ("wrong width", "lengths of four bytes", b"\0\0" + leaves[:8], 1),
    ]:
        yield row("tile", what, f"leaves: {name}", "entries-malformed", entries_hex=data.hex(), width=width)


# -- proofs ------------------------------------------------------------------------------------------------------------


def proofs() -> Iterable[Value]:
    nodes = nodes_of(LEAVES)

    def inclusion(what: str, name: str, index: int = 5, size: int = 13, **more: Any) -> Value:
        path = more.get("path", inclusion_path(5, 13, nodes))
        found = {"leaf": more.get("leaf", LEAVES[5]).hex(), "index": index, "size": size, "root": ROOT.hex()}
        return row(
            "proof", what, f"inclusion: {name}", "inclusion-invalid", inclusion=found | {"path": [one.hex() for one in path]}
        )

    def consistency(what: str, name: str, old: int = 5, new: int = 13, **more: Any) -> Value:
        path = more.get("path", consistency_path(5, 13, nodes))
        roots = {"old_root": more.get("root", root_of(LEAVES[:5])).hex(), "new_root": ROOT.hex()}
        found = {"old_size": old, "new_size": new} | roots | {"path": [one.hex() for one in path]}
        return row("proof", what, f"consistency: {name}", "consistency-invalid", consistency=found)

    for make_one, path, word in (
        (inclusion, inclusion_path(5, 13, nodes), "index"),
        (consistency, consistency_path(5, 13, nodes), "old size"),
    ):
        yield make_one("truncated", "no path", path=[])
        yield make_one("truncated", "its last hash missing", path=path[:-1])
        yield make_one("truncated", "its first hash missing", path=path[1:])
        yield make_one("extra hashes", "one at the end", path=[*path, bytes(32)])
        yield make_one("extra hashes", "one at the beginning", path=[bytes(32), *path])
        yield make_one("extra hashes", "64 more", path=[*path, *[bytes(32)] * 64])
        yield make_one("duplicated", "its last hash twice", path=[*path, path[-1]])
        yield make_one("duplicated", "its first hash in place of the second", path=[path[0], path[0], *path[2:]])
        yield make_one("duplicated", "the path twice", path=[*path, *path])
        yield make_one("wrong width", "a hash of 31 bytes", path=[path[0][:31], *path[1:]])
        yield make_one("wrong width", "a hash of 33 bytes", path=[*path[:-1], path[-1] + b"x"])
        yield make_one("wrong width", "two hashes in one", path=[path[0] + path[1], *path[2:]])
        yield make_one("wrong width", "an empty hash", path=[*path, b""])
        yield make_one("oversized", f"an {word} beyond the size", 14)
        yield make_one("oversized", f"an {word} of 2^53", 2**53)
        yield make_one("oversized", "a size of 2^62", 5, 2**62)
    for size in (6, 8, 17):  # at 9 to 16 the same path leads to the same root: only the signed size tells
        yield inclusion("size not bound by the root", f"as of {size} leaves", 5, size)
    yield inclusion("size not bound by the root", "of nothing", 0, 0, path=[])
    for size in (4, 5, 8):
        yield consistency("size not bound by the root", f"as of {size} leaves", 5, size)
    yield consistency("size not bound by the root", "from nothing with a root", 0, 13, path=[])
    yield consistency("size not bound by the root", "two roots of one size", 13, 13, path=[])


# -- policies ----------------------------------------------------------------------------------------------------------


def policies() -> Iterable[Value]:
    log, witness = f"log {format_vkey(VKEY)}\n", f"witness W {format_vkey(WITNESS)}\n"
    malformed, twice, vkey = "policy-malformed", "policy-duplicate", "vkey-malformed"
    good = f"{log}{witness}quorum W\n"

    def keyed(public: bytes, kind: int = ED25519_TYPE) -> str:
        return f"log {format_vkey(VerifierKey(ORIGIN, kind, public))}\nquorum none\n"

    for what, name, reason, text in [
        ("truncated", "nothing", malformed, ""),
        ("truncated", "without its last line feed", malformed, good[:-1]),
        ("truncated", "without its quorum", "policy-quorum", log + witness),
        ("truncated", "a key cut off", vkey, good[:60] + "\nquorum none\n"),
        ("truncated", "a line of one word", malformed, "log\nquorum none\n"),
        ("duplicated", "two quorums", "policy-quorum", good + "quorum none\n"),
        ("duplicated", "a log twice", twice, log + good),
        ("duplicated", "a witness twice", twice, log + witness + witness.replace(" W ", " V ") + "quorum W\n"),
        ("duplicated", "a member twice", twice, f"{witness}group g 2 W W\nquorum g\n"),
        ("wrong width", "a key of 31 bytes", vkey, keyed(KEY.public[:31])),
        ("wrong width", "a key of 33 bytes", vkey, keyed(KEY.public + b"x")),
        ("wrong width", "no key", vkey, keyed(b"")),
        ("wrong width", "a key id of seven digits", vkey, good.replace("+", "+0", 1)),
        ("unknown signature", "a quorum of nobody that is defined", "policy-name", log + "quorum W\n"),
        ("unknown signature", "a key of a type that is not checked", "vkey-unsupported", keyed(KEY.public, 6)),
        ("unknown signature", "a witness' key for a log", "vkey-unsupported", f"log {format_vkey(WITNESS)}\nquorum none\n"),
        ("unknown signature", "a log's key for a witness", "vkey-unsupported", f"witness W {format_vkey(VKEY)}\nquorum W\n"),
        ("unknown signature", "a full witness who is none", "policy-name", log + witness + "full V\nquorum W\n"),
        ("missing signature", "a threshold of nobody", malformed, f"{witness}group g 0 W\nquorum g\n"),
        ("missing signature", "a group of nobody", malformed, f"{witness}group g any\nquorum g\n"),
        ("missing signature", "more than there are members", malformed, f"{witness}group g 2 W\nquorum g\n"),
    ]:
        yield row("policy", what, name, reason, policy=text)
    yield row(
        "policy", "oversized", "256 KiB and more", "policy-limit", policy=f"# {MARKER}\n{good}", fill=[(MARKER, "x", 262_144)]
    )
    chain = "".join(f"group g{n} any {f'g{n - 1}' if n else 'W'}\n" for n in range(257))
    yield row("policy", "oversized", "257 groups", "policy-limit", policy=f"{witness}{chain}quorum g256\n")
    yield row("policy", "oversized", "a threshold of five digits", malformed, policy=f"{witness}group g 10000 W\nquorum g\n")


# -- bundles -----------------------------------------------------------------------------------------------------------

W1, W2 = witness_of("w1"), witness_of("w2", full=True)


def readers() -> dict[str, Policy]:
    """Policies of readers of the book on paper."""
    book, forger = Paper(), Paper(name="another book")
    elsewhere = Policy((Log(replace(forger.vkey, name="other.example/1")),), (), (), "none")
    both = Policy(book.policy().logs, (W1, W2), (Group("both", 2, ("w1", "w2")),), "both")
    return {
        "log": book.policy(), "elsewhere": elsewhere, "other key": forger.policy(), "both": both,
        "one witness": book.policy(W1, quorum="w1"),
    }  # fmt: skip


def bundles() -> Iterable[Value]:
    for chapter in (unreadable, off_record, unsigned, tampered, old):
        yield from chapter()


def bundle(
    what: str, name: str, reason: str, tale: Tale, *changes: Edit, text: str | None = None, policy: str = "log",
    later_ms: int = 0, fill: Sequence[tuple[str, str, int]] = (), **results: str,
) -> Value:  # fmt: skip
    """One bundle; `results` besides the one whose code is `reason`, which comes first."""
    given = tale.bundle() if text is None else text
    more: Value = {"text": edited(given, *changes) if changes else given, "policy": policy, "now_ms": tale.book.now + later_ms}
    if fill:
        more["fill"] = list(fill)
    return row("bundle", what, name, reason, **more, results=results)


def unread(what: str, name: str, reason: str, tale: Tale, *changes: Edit, **more: Any) -> Value:
    results = {"form": f"fails {reason}"} | dict.fromkeys(ALL_BUT_FORM, f"open {reason}")
    return bundle(what, name, reason, tale, *changes, **more, **results)


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth > 1 else []


def unreadable() -> Iterable[Value]:
    tale = short()
    text = tale.bundle()
    code = "bundle-malformed"
    for name, cut_text in [("nothing", ""), ("half of it", text[: len(text) // 2]), ("its last brace", text[:-1])]:
        yield unread("truncated", name, code, tale, text=cut_text)
    yield unread("truncated", "without its checkpoint", code, tale, drop("checkpoint"))
    yield unread(
        "oversized", "8 MiB and more", "bundle-too-large", tale, set_in("checkpoint", to=MARKER), fill=[(MARKER, "x", 2**23)]
    )
    yield unread("oversized", "a stream id of 201 bytes", code, tale, set_in("streams", "p:" + "x" * 199, to=[]))
    yield unread("oversized", "an index of 2^53", code, tale, text=text.replace('"entries":[[1,', f'"entries":[[{2**53},'))
    yield unread("oversized", "a statement of 16 KiB and more", "statement-malformed", tale,
                 set_in("entries", 2, 1, "statement", "body", "words", to=MARKER), fill=[(MARKER, "x", 16_384)])  # fmt: skip
    yield unread("oversized", "a path of 64 hashes", "encoding-size", tale, set_in("genesis", "path", to=b64u(bytes(64 * 32))))
    yield unread("duplicated", "a member", code, tale, text=text[:-1] + ',"v":1}')
    yield unread("duplicated", "an entry", code, tale, lambda value: value["entries"].insert(0, value["entries"][0]))
    yield unread("duplicated", "an index in a stream", code, tale, set_in("streams", f"a:{MAKER}", to=[1, 2, 2]))
    yield unread("duplicated", "an entry both shown and withheld", code, tale, set_in("withheld", to=[[3, b64u(bytes(32))]]))
    yield unread("wrong width", "a path of half a hash", "encoding-size", tale, set_in("epoch", "path", to=b64u(bytes(16))))
    yield unread("wrong width", "a signature of 63 bytes", "leaf-malformed", tale,
                 set_in("entries", 0, 1, "signature", to=b64u(bytes(63))))  # fmt: skip
    yield unread("wrong width", "a leaf hash of 31 bytes", code, tale, set_in("withheld", to=[[9, b64u(bytes(31))]]))
    yield unread("wrong width", "map nodes of 33 bytes", "map-encoding", tale, set_in("map", "nodes", to=b64u(bytes(33))))
    yield unread(
        "wrong width", "a map root of 31 bytes", "epoch-malformed", tale, set_in("epoch", "leaf", "map", to=b64u(bytes(31)))
    )
    for name, opening, middle, closing, times in [
        ("lists in lists", "[", "", "]", 4_000),
        ("objects in objects", '{"v":', "1", "}", 4_000),
        ("lists that never end", "[", "", "]", 100_000),
    ]:
        fill = [(MARKER, opening, times), ("&&&", closing, times if times < 100_000 else 0)]
        yield unread("deep JSON", name, code, tale, text=f"{MARKER}{middle}&&&", fill=fill)
    yield unread("deep JSON", "17 levels", code, tale, set_in("hints", to={"vkey": nested(15)}))
    yield unread("deep JSON", "a statement of 13 levels", code, tale,
                 set_in("entries", 2, 1, "statement", "body", "more", to=nested(11)))  # fmt: skip
    yield unread(
        "extra hashes", "in a bucket that holds nothing", "map-form", tale, set_in("map", "buckets", 0, "more", to="AAAA")
    )


def unrecorded(what: str, name: str, code: str, tale: Tale, *changes: Edit, **more: Any) -> Value:
    """A state that is not on record: what held is open with the same code."""
    fails = more.pop("fails", {})
    known = {name: f"fails {other}" for name, other in fails.items()}
    opens = {name: f"open {code}" for name in ALL_BUT_FORM if name != "on_record" and name not in fails}
    return bundle(what, name, code, tale, *changes, **more, **opens, **known, on_record=f"fails {code}")


def off_record() -> Iterable[Value]:
    tale, forger = plain(), Paper(name="another book")
    text = tale.bundle()
    book = tale.book
    origin, size, root = book.genesis.origin, book.size, root_of(book.hashes())

    def noted(what: str, name: str, code: str, note: str, **more: Any) -> Value:
        return unrecorded(what, name, code, tale, set_in("checkpoint", to=note), text=text, **more)

    bound = "size not bound by the root"
    for other in (size + 1, size - 1, 2 * size):
        note = sign_checkpoint(Checkpoint(origin, other, root), book.log_key)
        yield noted(bound, f"the operator signs {other} leaves for the root of {size}", "inclusion-invalid", note)
    yield noted(
        bound, "somebody else changes the size", "note-signature-invalid", book.note.replace(f"\n{size}\n", f"\n{size + 1}\n")
    )
    for part in ("epoch", "genesis"):
        yield unrecorded(
            "extra hashes", f"in the path of the {part} leaf", "inclusion-invalid", tale, lengthen(part, "path"), text=text
        )
        yield unrecorded("truncated", f"the path of the {part} leaf", "inclusion-invalid", tale, cut(part, "path"), text=text)
    text_of_note = parse_note(book.note).text
    missing = f"{text_of_note}\n— w1.example {format_base64(bytes(76))}\n"
    yield noted("missing signature", "the log's own", "note-unsigned", missing)
    yield noted("missing signature", "all of them", "note-malformed", text_of_note)
    yield noted("missing signature", "all but the empty line", "note-malformed", text_of_note + "\n")
    stranger = sign_checkpoint(Checkpoint(origin, size, root), forger.log_key)
    yield noted("unknown signature", "a forger's under the log's name", "note-unsigned", stranger)
    yield unrecorded(
        "unknown signature",
        "the log's, of which the reader has another key",
        "note-unsigned",
        tale,
        text=text,
        policy="other key",
    )
    everything = dict.fromkeys(ALL_BUT_FORM, "open log-unknown")
    yield bundle(
        "unknown signature",
        "a log that the policy does not know",
        "log-unknown",
        tale,
        text=text,
        policy="elsewhere",
        **everything,
    )
    bad = "— " + origin + " " + format_base64(book.vkey.key_id + bytes(64)) + "\n"
    yield noted("repeated signature", "the log's good one and a bad one", "note-signature-invalid", book.note + bad)
    yield noted("repeated signature", "101 lines", "note-malformed", book.note + "— x.example AAAAAAAA\n" * 100)
    yield unrecorded("wrong origin", "of the genesis leaf", "origin-mismatch", tale,
                     set_in("genesis", "leaf", "origin", to=f"{book.genesis.book}/2"), text=text)  # fmt: skip
    other = sign_checkpoint(Checkpoint("other.example/1", size, root), forger.log_key)
    yield noted(
        "wrong origin", "a checkpoint of another log, which the reader knows", "origin-mismatch", other, policy="elsewhere"
    )
    resigned = line(origin, book.vkey.key_id + book.log_key.sign(text_of_note.replace("/1\n", "/2\n", 1).encode()))
    unknown = dict.fromkeys(ALL_BUT_FORM, "open origin-mismatch") | {"on_record": "fails origin-mismatch"}
    renamed = set_in("checkpoint", to=text_of_note.replace("/1\n", "/2\n", 1) + "\n" + resigned)
    yield bundle("wrong origin", "of the checkpoint", "origin-mismatch", tale, renamed, text=text, **unknown)
    older = json.loads(short().bundle())
    yield noted("stale", "the checkpoint of an older state", "inclusion-invalid", older["checkpoint"])
    yield unrecorded("stale", "the epoch leaf of an older state", "inclusion-invalid", tale, set_in("epoch", to=older["epoch"]),
                     text=text, fails={"order": "entry-beyond", "complete": "map-root"})  # fmt: skip


def unsigned() -> Iterable[Value]:
    quorum = {"witnesses": "open witness-quorum", "current": "open cosignatures-old"}
    for name, who in [("nobody", ()), ("one of the two", (W1,)), ("one of the two, twice", (W1, W1))]:
        tale = short()
        tale.book.publish()
        if who:
            tale.book.cosign(*who)
        what = "repeated signature" if len(who) == 2 else "missing signature"
        text = tale.book.bundle(STREAM).decode()
        yield bundle(what, f"cosigned by {name}", "witness-quorum", tale, text=text, policy="both", **quorum)
    tale = short()
    tale.book.publish().cosign(witness_of("w3"), witness_of("w4"))
    text = tale.book.bundle(STREAM).decode()
    yield bundle("unknown signature", "cosigned by two strangers", "witness-quorum", tale, text=text, policy="both", **quorum)
    tale = short()
    tale.book.publish().cosign(W1)
    broken = {"witnesses": "fails cosignature-invalid", "current": "open cosignatures-old"}
    yield bundle("wrong width", "a witness' signature with other bits", "cosignature-invalid", tale, flip_signature,
                 text=tale.book.bundle(STREAM).decode(), policy="one witness", **broken)  # fmt: skip


def tampered() -> Iterable[Value]:
    tale = plain()
    text = tale.bundle()
    order = {"order": "fails map-root", "complete": "fails map-root"}

    def bad(what: str, name: str, reason: str, *changes: Edit, **results: str) -> Value:
        return bundle(what, name, reason, tale, *changes, text=text, **results)

    yield bad(
        "extra hashes", "in the map", "map-extra", lengthen("map", "nodes"), order="fails map-extra", complete="fails map-extra"
    )
    yield bad("truncated", "the map", "map-missing", cut("map", "nodes"), order="fails map-missing", complete="fails map-missing")
    hole = "closure with a hole"
    missing = {"order": "fails entry-missing", "complete": "fails entry-missing"}
    for index in (3, 5, 6):
        changes = (drop_entry(index), lambda value: value.pop("open", None))
        yield bad(hole, f"entry {index} left out, and listed", "entry-missing", *changes, **missing)
    for stream, words, results in [
        (f"l:{OFFER}", "the offer", {"order": "fails map-present"}),
        (f"p:{HAM}", "the class, of which the book has nothing", {}),
        (f"a:{MAKER}", "its maker's registration", {"order": "fails map-present"}),
    ]:
        yield bad(hole, f"without {words}", "stream-missing", drop("streams", stream), complete="fails stream-missing", **results)
    nowhere = {"withheld": "fails withheld-without-cause", "complete": "open withheld-without-cause"}
    for index in (4, 5, 6):
        yield bad("withheld without cause", f"entry {index}", "withheld-without-cause", withhold(index), **nowhere)
    gone = erased()
    yield bundle("withheld without cause", "the erasure taken out of the bundle", "withheld-without-cause", gone, drop_entry(8),
                 withheld="fails withheld-without-cause", **missing)  # fmt: skip
    yield bad(
        "duplicated",
        "one statement under two indexes",
        "counter-twice",
        copied,
        signatures="fails counter-twice",
        order="fails map-root",
        complete="fails entry-misplaced",
    )
    box = carried()
    yield bundle(
        "duplicated",
        "a batch's path for an entry that needs none",
        "batch-extra",
        box,
        spare_path,
        signatures="fails batch-extra",
    )
    keyed = set_in("entries", 2, 1, "statement", "key", to=b64u(seed("key")))
    words = "a statement by a key that nobody registered"
    yield bad("unknown signature", words, "signer-unknown", keyed, signatures="fails signer-unknown", **order)


def copied(value: Value) -> None:
    """The item's statement again, in place of the listing."""
    value["entries"][3][1] = dict(entry(value, 3), received=entry(value, 4)["received"])


def spare_path(value: Value) -> None:
    paths = value["batches"][0]["paths"]
    paths.insert(0, [1, paths[0][1]])


def old() -> Iterable[Value]:
    tale = plain()
    text = tale.bundle()
    for name, later in [("a second over three minutes", 181_000), ("a day", 86_400_000)]:
        yield bundle("stale", f"the state of {name} ago", "state-old", tale, text=text, later_ms=later, current="open state-old")
    yield bundle(
        "stale", "a state ahead of the clock", "state-ahead", tale, text=text, later_ms=-181_000, current="open state-ahead"
    )
    late = short()
    late.book.publish().cosign(W1, time_ms=late.book.now - 601_000)
    yield bundle("stale", "a cosignature of eleven minutes ago", "cosignatures-old", late, text=late.book.bundle(STREAM).decode(),
                 policy="one witness", current="open cosignatures-old")  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1, ensure_ascii=False) + "\n")
