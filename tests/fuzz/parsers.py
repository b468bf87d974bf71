"""Everything that reads bytes from outside, as one table: what reads them, what may come of it, and where to start from.

Two programs go through it: `test_parsers.py` (hypothesis, in `./test`) and `run.py` (atheris, which sees the branches taken,
in `make fuzz`). The rule is the same for all: bytes are read, or refused by name. Nothing else may come out; and where a format
has one spelling only, what was read must be written again to the very same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suxin.api.problems import TRANSPORT
from suxin.api.submission import parse_event, parse_lines
from suxin.ledger import canonical, leaf, usual
from suxin.ledger.bundle import parse_bundle, read_shown
from suxin.ledger.bundle_verify import verify_bundle
from suxin.ledger.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from suxin.ledger.encoding import unb64u
from suxin.ledger.epoch import decode_epoch, encode_epoch
from suxin.ledger.errors import Refused, VerificationError
from suxin.ledger.hashing import HASH_SIZE, SEGMENT_TAG, digest
from suxin.ledger.keys import parse_public
from suxin.ledger.map_verify import parse_map_proof
from suxin.ledger.note import format_note, format_vkey, parse_note, parse_vkey
from suxin.ledger.policy import parse_policy
from suxin.ledger.problems import PROBLEMS
from suxin.ledger.reasons import REASONS
from suxin.ledger.registry import TYPES
from suxin.ledger.request import parse_request
from suxin.ledger.segment import SEGMENT_LEAVES, decode_segment, encode_segment
from suxin.ledger.statement import parse_statement
from suxin.ledger.tile import decode_entries, encode_entries, format_tile_path, parse_tile_path
from suxin.ledger.tlogproof import format_tlog_proof, parse_tlog_proof
from suxin.ledger.update import parse_update
from suxin.ledger.update_verify import verify_update
from suxin.ledger.witness import format_ask, parse_ask
from suxin.trace.lifecycle import TradeRules

VECTORS = Path(__file__).parents[1] / "vectors"
NOW_MS = 1_800_000_000_000
# Two leaves of an entry bundle, in the C2SP framing: a length of two bytes before each.
ENTRY_WIDTH = 2


NAMED = {*PROBLEMS, *TRANSPORT, *REASONS}


@dataclass(frozen=True)
class Parser:
    """One reader of bytes.

    Attributes:
        read: Reads; may raise `Refused` or `VerificationError` only.
        seeds: Well-formed and nearly well-formed inputs to start from.
        write: What was read, written again; None where a format has several spellings.
    """

    read: Callable[[bytes], Any]
    seeds: tuple[bytes, ...]
    write: Callable[[Any], bytes] | None = None

    def feed(self, raw: bytes) -> bool:
        """Read `raw`; say whether it was taken.

        Raises:
            AssertionError: The reader took what it does not write, or refused without a name.
            Exception: Whatever else the reader raised: a defect.
        """
        code = None
        try:
            found = self.read(raw)
        except (Refused, VerificationError) as error:
            code = error.code
        if code is not None:
            assert code in NAMED, code
            return False
        if self.write is not None:
            again = self.write(found)
            assert again == raw, (again, raw)
        return True


def _vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_bytes())


def _texts(value: object, longer_than: int = 1) -> tuple[bytes, ...]:
    """Each text in a tree of JSON."""
    if isinstance(value, str):
        return (value.encode(errors="surrogatepass"),) if len(value) > longer_than else ()
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return tuple(dict.fromkeys(text for member in members for text in _texts(member, longer_than)))


_BUNDLE = _vectors("bundle")
_BUNDLES = tuple(text.encode() for text in _BUNDLE["bundles"].values())
_POLICY = parse_policy(_BUNDLE["policies"]["log"].encode())
_FIRST = json.loads(_BUNDLES[0])
_NOTE: bytes = _FIRST["checkpoint"].encode()
_NOTE_TEXT = _NOTE.partition(b"\n\n")[0] + b"\n"
_ENTRIES = tuple(canonical.dump(entry) for _index, entry in _FIRST["entries"])
_STATEMENTS = tuple(canonical.dump(entry["statement"]) for _index, entry in _FIRST["entries"])
_LEAVES = tuple(text for text in _texts(_vectors("leaf"), 40) if text.startswith(b"{"))
_EPOCHS = tuple(text for text in _texts(_vectors("epoch"), 40) if text.startswith(b"{"))
_PAGE = (VECTORS.parents[1] / "docs/formats/request.md").read_bytes()
_REQUEST = _PAGE.partition(b"request.example\n")[2].partition(b"\n")[0]
_SEED_HASH = bytes(range(32))


def _bundle(raw: bytes) -> None:
    """The whole verifier. It refuses by its report, not by an error."""
    report = verify_bundle(raw, _POLICY, NOW_MS, TradeRules())
    shown = [one.code for one in report.results.by_name().values() if one.code]
    assert all(code in REASONS for code in shown)
    assert report.verdict == "holds" or shown


_UPDATES = [case for case in _vectors("update")["cases"] if case["valid"]]
_HELD, _NEWER = (
    Checkpoint(state["origin"], state["size"], unb64u(state["root"])) for state in (_UPDATES[0]["held"], _UPDATES[0]["newer"])
)


def _update(raw: bytes) -> None:
    """The whole verifier of updates; what it takes leads from the one state to the other."""
    step = verify_update(parse_update(raw), _HELD, _NEWER)
    assert (step.first + 1, step.size) == (_HELD.size, _NEWER.size)


_SEGMENT = encode_segment(0, [_ENTRIES[place % len(_ENTRIES)] for place in range(SEGMENT_LEAVES)])
_SAID = len(SEGMENT_TAG) + HASH_SIZE


def _segment(raw: bytes) -> None:
    """All of a segment behind its hash: whoever can write a segment can hash it."""
    decode_segment(SEGMENT_TAG + digest(SEGMENT_TAG, raw) + raw, 0).leaves()


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise VerificationError("note-malformed", "no UTF-8") from None


def _event(raw: bytes) -> bytes:
    return json.dumps({"statement": json.loads(raw), "signature": "A" * 86}, ensure_ascii=False, separators=(",", ":")).encode()


PARSERS = {
    "statement": Parser(parse_statement, _STATEMENTS, lambda found: found.raw),
    "statement, as an auditor": Parser(usual.read_statement, _STATEMENTS, lambda found: found.raw),
    "canonical": Parser(canonical.parse, _STATEMENTS + _texts(_vectors("canonical")), canonical.dump),
    "leaf of an entry": Parser(leaf.decode_entry, _LEAVES + _ENTRIES),
    "leaf of a batch": Parser(leaf.decode_batch, _LEAVES, leaf.encode),
    "leaf of the genesis": Parser(leaf.decode_genesis, _LEAVES, leaf.encode),
    "header of a batch": Parser(leaf.decode_header, _LEAVES + _texts(_vectors("batch"), 40), leaf.encode),
    "leaf of an epoch": Parser(decode_epoch, _EPOCHS, encode_epoch),
    "entry shown": Parser(lambda raw: read_shown(1, raw), _ENTRIES),
    "note": Parser(parse_note, (_NOTE,), lambda note: format_note(note).encode()),
    "checkpoint": Parser(
        lambda raw: parse_checkpoint(_text(raw)), (_NOTE_TEXT,), lambda found: format_checkpoint(found).encode()
    ),
    "vkey": Parser(
        lambda raw: parse_vkey(_text(raw)),
        tuple(line.split()[1].encode() for line in _BUNDLE["policies"]["log"].splitlines() if line.startswith("log ")),
        lambda key: format_vkey(key).encode(),
    ),
    "public key": Parser(lambda raw: parse_public(_text(raw)), _texts(_vectors("keys"), 40)),
    "tile path": Parser(
        lambda raw: parse_tile_path(_text(raw)),
        (b"0/000", b"1/x001/234.p/5", b"entries/x001/x234/067.p/255"),
        lambda tile: format_tile_path(tile).encode(),
    ),
    "entry bundle": Parser(
        lambda raw: decode_entries(raw, ENTRY_WIDTH),
        (encode_entries(_ENTRIES[:ENTRY_WIDTH]),),
        lambda found: encode_entries(found),
    ),
    "segment": Parser(_segment, (_SEGMENT[_SAID:],)),
    "tlog-proof": Parser(
        lambda raw: parse_tlog_proof(_text(raw)),
        (b"c2sp.org/tlog-proof@v1\nindex 1\n" + _NOTE.split(b"\n")[2] + b"\n\n" + _NOTE,),
        lambda found: format_tlog_proof(found).encode(),
    ),
    "policy": Parser(parse_policy, _texts(_vectors("policy"), 12) + _texts(_BUNDLE["policies"])),
    "map proof": Parser(lambda raw: parse_map_proof(canonical.parse(raw)), (canonical.dump(_FIRST["map"]),)),
    "bundle": Parser(parse_bundle, _BUNDLES),
    "bundle, verified": Parser(_bundle, _BUNDLES),
    "update": Parser(parse_update, tuple(case["update"].encode() for case in _UPDATES)),
    "update, verified": Parser(_update, (_UPDATES[0]["update"].encode(),)),
    "ask of a witness": Parser(parse_ask, (format_ask(3, [_SEED_HASH], _NOTE.decode()),)),
    "request for a waybill": Parser(parse_request, (_REQUEST,)),
    "event, as posted": Parser(parse_event, tuple(map(_event, _STATEMENTS))),
    "events, as posted": Parser(lambda raw: parse_lines(raw, rollback=False), (b"\n".join(map(_event, _STATEMENTS)),)),
}

# Words of the formats: a mutation that puts one where it does not belong goes further than one of a random byte.
_NAMES = "leaf entry epoch batch genesis statement signature received subjects body key n v at actor book id type ref re map"
_SIGNS = (
    "\x00",
    "\n",
    "\n\n",
    "— ",
    "\ud800",
    "\\u0000",
    "é",
    "e\u0301",
    "-0",
    "1e3",
    "01",
    "9007199254740993",
    "[" * 40,
    '{"":',
)
WORDS = (
    *(f'"{word}"'.encode() for word in sorted([*TYPES, *_NAMES.split()])),
    *(sign.encode(errors="surrogatepass") for sign in _SIGNS),
)
