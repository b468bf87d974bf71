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
}
