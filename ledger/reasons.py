"""Every reason why evidence does not hold: stable code, said in English and in Chinese.

The codes are shared with the JavaScript verifier and the vectors; a code is never renamed or given a second meaning.
"""

from __future__ import annotations

REASONS: dict[str, tuple[str, str]] = {
    # encoding.py
    "encoding-base64": ("A text is not the base64 of its bytes.", "文本不是规范的 base64 编码。"),
    "encoding-size": ("A value has the wrong number of bytes.", "数据的字节数不对。"),
    # keys.py
    "signature-invalid": ("A signature does not fit the key and the bytes.", "签名与公钥或内容不符。"),
    # chain.py
    "chain-broken": ("The chain of a subject does not lead to its head.", "该对象的链条与其链头不符。"),
    # commitment.py
    "commitment-mismatch": ("A value shown is not the one committed to.", "所示内容与记录的承诺值不符。"),
    # proof.py
    "inclusion-invalid": ("The proof that an entry is in the book does not hold.", "条目在账本中的证明不成立。"),
    "consistency-invalid": ("The newer state of the book does not extend the older one.", "账本的新状态不是旧状态的延续。"),
    "range-invalid": ("The proof that a run of entries is in the book does not hold.", "一段连续条目在账本中的证明不成立。"),
    # note.py
    "note-malformed": ("The signed note is not well-formed.", "签名文本的格式不对。"),
    "note-unsigned": ("No key that is known here has signed the note.", "没有已知密钥对该文本签名。"),
    "note-signature-invalid": ("The signature of a known key on the note does not hold.", "已知密钥在该文本上的签名不成立。"),
    "vkey-malformed": ("The text of a verifier key is not well-formed.", "验证公钥的文本格式不对。"),
    "vkey-unsupported": ("The verifier key is of a kind that is not checked here.", "验证公钥的类型不受支持。"),
    # checkpoint.py, cosignature.py
    "checkpoint-malformed": ("The checkpoint is not well-formed.", "检查点的格式不对。"),
    "origin-mismatch": ("The checkpoint is of another log.", "检查点属于另一个账本。"),
    "cosignature-invalid": ("The cosignature of a known witness does not hold.", "已知见证人的副署签名不成立。"),
    # tile.py
    "tile-malformed": ("A tile of hashes, or its path, is not well-formed.", "哈希瓦片或其路径的格式不对。"),
    "entries-malformed": ("A bundle of leaves is not well-formed.", "条目包的格式不对。"),
    # tlogproof.py
    "tlog-proof-malformed": ("The text of the proof is not well-formed.", "证明文本的格式不对。"),
}
