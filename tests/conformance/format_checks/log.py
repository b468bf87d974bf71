"""What docs/formats/log.md shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from suxin.ledger.checkpoint import log_key
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import consistency_path, inclusion_path, nodes_of, range_path, root_of
from suxin.ledger.proof import verify_consistency, verify_inclusion, verify_range
from suxin.ledger.tlogproof import format_tlog_proof, parse_tlog_proof, verify_tlog_proof

RFC_8032_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")


def example(text: str, _blocks: Mapping[str, str]) -> None:
    shown = json.loads(text)
    leaves = [leaf_hash(leaf.encode()) for leaf in shown["leaves"]]
    node, root = nodes_of(leaves), root_of(leaves)
    assert b64u(root) == shown["root"]

    one = shown["inclusion"]
    path = [unb64u(part, 32) for part in one["path"]]
    verify_inclusion(leaves[one["index"]], one["index"], one["size"], path, root)
    assert path == inclusion_path(one["index"], one["size"], node)

    grown = shown["consistency"]
    path = [unb64u(part, 32) for part in grown["path"]]
    verify_consistency(grown["old_size"], grown["new_size"], path, unb64u(grown["old_root"], 32), root)
    assert path == consistency_path(grown["old_size"], grown["new_size"], node)

    run = shown["range"]
    path = [unb64u(part, 32) for part in run["path"]]
    verify_range(run["first"], leaves[run["first"] : run["last"] + 1], run["size"], path, root)
    assert path == range_path(run["first"], run["last"], run["size"], node)


def tlog_proof(text: str, blocks: Mapping[str, str]) -> None:
    proof = parse_tlog_proof(text)
    assert format_tlog_proof(proof) == text
    leaf = leaf_hash(json.loads(blocks["log.example"])["leaves"][proof.index].encode())
    origin = "suxin.example/demo/1"
    verify_tlog_proof(proof, leaf, origin, [log_key(origin, SigningKey(RFC_8032_SEED).public)])


CHECKS = {"log.example": example, "log.tlog-proof": tlog_proof}
