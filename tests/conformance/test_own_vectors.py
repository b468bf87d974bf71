"""Our own vectors: made by the scripts beside them, kept by the code, and worked out again by plain code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib.util
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from fakes import plain_ed25519

from suxin.ledger import canonical, chain, claim_code, commitment, keys, merkle, proof
from suxin.ledger.encoding import b64u
from suxin.ledger.errors import Refused, VerificationError
from suxin.ledger.problems import PROBLEMS
from suxin.ledger.reasons import REASONS

VECTORS = Path(__file__).parents[1] / "vectors"
MAKERS = sorted(VECTORS.glob("make_*.py"))


def load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_bytes())


def cases(name: str, part: str = "cases") -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in load(name)[part]]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda path: path.stem)
def test_each_file_is_what_its_script_makes(maker: Path) -> None:
    spec = importlib.util.spec_from_file_location(maker.stem, maker)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = json.loads(json.dumps(module.make()))
    assert made == load(maker.stem.removeprefix("make_"))


def test_each_file_has_a_script_and_cases_of_both_kinds() -> None:
    assert {path.stem.removeprefix("make_") for path in MAKERS} == {path.stem for path in VECTORS.glob("*.json")}
    for name, part in [("canonical", "cases"), ("keys", "publics"), ("keys", "signatures")]:
        assert {case["valid"] for case in load(name)[part]} == {True, False}
    for name in ("chain", "claim", "commitment", "range"):
        assert {case["valid"] for case in load(name)["cases"]} == {True, False}


# canonical.json


@pytest.mark.parametrize("case", cases("canonical"))
def test_canonical(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["raw_hex"])
    assert is_canonical(raw) is case["valid"]
    if case["valid"]:
        assert canonical.dump(canonical.parse(raw)) == raw
        return
    with pytest.raises(Refused) as refusal:
        canonical.parse(raw)
    assert (refusal.value.code, refusal.value.pointer) == (case["code"], case["pointer"])
    assert refusal.value.found.get("canonical") == case.get("canonical")
    assert case["code"] in PROBLEMS


def is_canonical(raw: bytes) -> bool:
    """The rules of canonical.md in plain code, with the RFC's own writer as judge of the bytes."""

    def ends(value: object) -> list[object]:
        if isinstance(value, dict):
            return [*value, *(end for item in value.values() for end in ends(item))]
        return [end for item in value for end in ends(item)] if isinstance(value, list) else [value]

    def levels(value: object) -> int:
        below = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if below is None else 1 + max(map(levels, below), default=0)

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(members)) < len(members) or not all(key.isascii() for key, _ in members):
            raise ValueError
        return dict(members)

    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=pairs)
        written = rfc8785.dumps(value)
    except (ValueError, RecursionError):
        return False
    texts = [end for end in ends(value) if isinstance(end, str)]
    return (
        written == raw
        and levels(value) <= 12
        and not any(end is None or isinstance(end, float) for end in ends(value))
        and all(unicodedata.normalize("NFC", text) == text for text in texts)
    )


# keys.json


@pytest.mark.parametrize("case", cases("keys", "publics"))
def test_public_keys(case: dict[str, Any]) -> None:
    if case["valid"]:
        public = keys.parse_public(case["text"])
        assert public.hex() == case["public_hex"]
        assert keys.public_text(public) == case["text"]
        assert b64u(keys.key_id(public)) == case["key_id"]
        named = hashlib.sha256(b"suxin-key/v1\n\x01" + public).digest()
        assert base64.urlsafe_b64encode(named).decode().rstrip("=") == case["key_id"]
        assert plain_ed25519.is_good_key(public)
        return
    with pytest.raises(Refused) as refusal:
        keys.parse_public(case["text"])
    assert refusal.value.code == case["code"]
    assert case["code"] in PROBLEMS
    if case["code"] == "key-weak":
        assert not plain_ed25519.is_good_key(base64.urlsafe_b64decode(case["text"])[1:])


@pytest.mark.parametrize("case", cases("keys", "signatures"))
def test_signatures(case: dict[str, Any]) -> None:
    public, signature = bytes.fromhex(case["public_hex"]), bytes.fromhex(case["signature_hex"])
    message = case["message"].encode()
    tagged = f"suxin-{case['tag']}/v1\n".encode() + message
    assert plain_ed25519.is_good_signature(public, tagged, signature) is case["valid"]
    verify = {"statement": keys.verify_statement, "batch": keys.verify_batch}[case["tag"]]
    if case["valid"]:
        verify(public, message, signature)
    else:
        refused(case, verify, public, message, signature)


def refused(case: dict[str, Any], verify: Any, *arguments: object) -> None:
    with pytest.raises(VerificationError) as failure:
        verify(*arguments)
    assert failure.value.code == case["reason"]
    assert case["reason"] in REASONS


# chain.json


def test_chain_steps() -> None:
    head = plain = bytes(32)
    for step in load("chain")["steps"]:
        leaf = bytes.fromhex(step["leaf_hex"])
        head = chain.extend(head, step["index"], leaf)
        plain = hashlib.sha256(b"suxin-chain/v1\n" + plain + step["index"].to_bytes(8, "big") + leaf).digest()
        assert head.hex() == plain.hex() == step["head_hex"]


@pytest.mark.parametrize("case", cases("chain"))
def test_chain(case: dict[str, Any]) -> None:
    links = [(index, bytes.fromhex(leaf)) for index, leaf in case["links"]]
    due = bytes.fromhex(case["head_hex"])
    if case["valid"]:
        chain.verify_chain(links, due)
    else:
        refused(case, chain.verify_chain, links, due)


# claim.json


@pytest.mark.parametrize("case", cases("claim"))
def test_tear_off_code(case: dict[str, Any]) -> None:
    if not case["valid"]:
        with pytest.raises(Refused) as refusal:
            claim_code.parse_code(case["text"])
        assert refusal.value.code == case["code"]
        return
    code = bytes.fromhex(case["code_hex"])
    assert claim_code.parse_code(case["text"]) == code
    assert claim_code.parse_code(claim_code.format_code(code)) == code
    for use in ("item", "parcel"):
        seed = hashlib.sha256(b"suxin-claim/v1\n" + use.encode() + b"\n" + code).digest()
        assert case.get(use, keys.SigningKey(seed).public_text) == keys.SigningKey(seed).public_text
        assert claim_code.key_of(code, use).public == keys.SigningKey(seed).public  # type: ignore[arg-type]


# commitment.json


@pytest.mark.parametrize("case", cases("commitment"))
def test_commitment(case: dict[str, Any]) -> None:
    salt, shown = bytes.fromhex(case["salt_hex"]), bytes.fromhex(case["commitment_hex"])
    parts = (salt, case["type"], case["pointer"], case["value"])
    message = f"suxin-commit/v1\n{case['type']}\n{case['pointer']}\n{case['value']}".encode()
    if case["valid"]:
        commitment.verify_commitment(shown, *parts)
        assert hmac.new(salt, message, hashlib.sha256).digest() == commitment.commit(*parts) == shown
    else:
        refused(case, commitment.verify_commitment, shown, *parts)


def test_contents() -> None:
    vectors = load("commitment")
    leaves = []
    for case in vectors["contents"]:
        salt = bytes.fromhex(case["salt_hex"])
        inner = hashlib.sha256(b"suxin-content/v1\n" + salt + case["item"].encode()).digest()
        leaves.append(hashlib.sha256(b"\x00" + inner).digest())
        assert commitment.content_leaf(salt, case["item"]).hex() == leaves[-1].hex() == case["leaf_hex"]
    first, second, third = leaves
    pair = hashlib.sha256(b"\x01" + first + second).digest()
    root = hashlib.sha256(b"\x01" + pair + third).digest()
    assert merkle.root_of(leaves).hex() == root.hex() == vectors["contents_root_hex"]


# range.json


@pytest.mark.parametrize("case", cases("range"))
def test_range(case: dict[str, Any]) -> None:
    leaves, path = ([bytes.fromhex(text) for text in case[part]] for part in ("leaves_hex", "path_hex"))
    root = bytes.fromhex(case["root_hex"])
    if not case["valid"]:
        refused(case, proof.verify_range, case["first"], leaves, case["size"], path, root)
        return
    proof.verify_range(case["first"], leaves, case["size"], path, root)
    first, end = case["first"], case["first"] + len(leaves)
    assert leaves == [hashlib.sha256(b"\x00" + f"leaf {index}".encode()).digest() for index in range(first, end)]
    assert tree_head(0, case["size"]) == root
    assert outside(0, case["size"], first, end) == path


def tree_head(first: int, end: int) -> bytes:
    if end - first == 1:
        return hashlib.sha256(b"\x00" + f"leaf {first}".encode()).digest()
    middle = first + max(1 << k for k in range(7) if 1 << k < end - first)
    return hashlib.sha256(b"\x01" + tree_head(first, middle) + tree_head(middle, end)).digest()


def outside(begin: int, end: int, first: int, behind: int) -> list[bytes]:
    if end <= first or begin >= behind:
        return [tree_head(begin, end)]
    if first <= begin and end <= behind:
        return []
    middle = begin + max(1 << k for k in range(7) if 1 << k < end - begin)
    return outside(begin, middle, first, behind) + outside(middle, end, first, behind)
