"""Every reason why evidence does not hold: stable code, said in English and in Chinese.

The codes are shared with the JavaScript verifier and the vectors; a code is never renamed or given a second meaning.
"""

from __future__ import annotations

REASONS: dict[str, tuple[str, str]] = {
    # encoding.py
    "encoding-base64": ("A text is not the base64 of its bytes.", "文本不是规范的 base64 编码。"),
    "encoding-size": ("A value has the wrong number of bytes.", "数据的字节数不对。"),
    # leaf.py
    "leaf-malformed": ("A leaf of the log is not well-formed.", "账本条目的格式不对。"),
    # keys.py
    "signature-invalid": ("A signature does not fit the key and the bytes.", "签名与公钥或内容不符。"),
    # chain.py
    "chain-broken": ("The chain of a subject does not lead to its head.", "该对象的链条与其链头不符。"),
    # certificate.py
    "certificate-malformed": ("The erasure certificate is not well-formed.", "删除证明的格式不对。"),
    "certificate-entry": ("The entry shown is not the erasure that the certificate names.", "所示条目不是证明所指的删除。"),
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
    # log_keys.py
    "log-key-retired": ("The log's key that signed was revoked or rotated out before.", "签名的账本密钥此前已吊销或更换。"),
    # checkpoint.py, cosignature.py
    "checkpoint-malformed": ("The checkpoint is not well-formed.", "检查点的格式不对。"),
    "origin-mismatch": ("The checkpoint is of another log.", "检查点属于另一个账本。"),
    "cosignature-invalid": ("The cosignature of a known witness does not hold.", "已知见证方的副署签名不成立。"),
    # tile.py
    "tile-malformed": ("A tile of hashes, or its path, is not well-formed.", "哈希瓦片或其路径的格式不对。"),
    "entries-malformed": ("A bundle of leaves is not well-formed.", "条目包的格式不对。"),
    # segment.py
    "segment-malformed": ("A segment of sealed leaves is not what was sealed.", "封存段与封存时的内容不符。"),
    # tlogproof.py
    "tlog-proof-malformed": ("The text of the proof is not well-formed.", "证明文本的格式不对。"),
    # map_verify.py
    "map-form": ("The map proof is not well-formed.", "映射证明的格式不对。"),
    "map-range": ("A number in the map proof is out of bounds.", "映射证明中的数字超出范围。"),
    "map-encoding": ("A text in the map proof is not whole hashes.", "映射证明中的文本不是完整的哈希值。"),
    "map-query": ("What was asked of the map is not well-formed.", "对映射的查询不合规。"),
    "map-buckets": ("The map proof does not show the buckets that were asked for.", "映射证明所示的分组与所问的不符。"),
    "map-present": ("The map proof does not show the streams that were asked for.", "映射证明所示的记录与所问的不符。"),
    "map-order": ("Records in the map proof are not in order.", "映射证明中的记录次序不对。"),
    "map-neighbour": ("The map proof shows a record that nothing calls for.", "映射证明含有无关的记录。"),
    "map-absent": ("That there is no such stream is not proved.", "该对象没有记录一事未获证明。"),
    "map-missing": ("A hash is missing from the map proof.", "映射证明缺少哈希值。"),
    "map-extra": ("The map proof holds a hash too many.", "映射证明含有多余的哈希值。"),
    "map-root": ("The streams shown are not those of the published map.", "所示记录与已公布的映射不符。"),
    # epoch.py
    "epoch-malformed": ("The epoch leaf is not well-formed.", "纪元叶的格式不对。"),
    "epoch-number": ("Epochs are not numbered one after another.", "纪元编号不连续。"),
    "epoch-previous": ("An epoch does not name the one before it.", "纪元未指明其前一纪元。"),
    "epoch-first": ("An epoch does not begin where the one before ended.", "纪元的起点与前一纪元的终点不相接。"),
    "epoch-last": ("An epoch does not end where its leaf stands.", "纪元的终点与其叶的位置不符。"),
    "epoch-genesis": ("An epoch belongs to another book.", "纪元属于另一账本。"),
    "epoch-time": ("The time of an epoch goes back.", "纪元的时间倒退。"),
    "epoch-streams": ("The number of streams or the map of an epoch cannot be right.", "纪元的记录数或映射不可能成立。"),
    # policy.py
    "policy-malformed": ("The trust policy is not well-formed.", "信任策略的格式不对。"),
    "policy-name": ("The trust policy uses a name that is not defined or not allowed.", "信任策略使用了未定义或不允许的名称。"),
    "policy-duplicate": ("The trust policy names a key, a name or a member twice.", "信任策略重复列出了公钥、名称或成员。"),
    "policy-quorum": ("The trust policy does not have exactly one quorum.", "信任策略没有唯一的法定人数规则。"),
    "policy-limit": ("The trust policy is too large.", "信任策略过大。"),
    # contradiction.py
    "contradiction-malformed": ("The file of a contradiction is not well-formed.", "矛盾证据文件的格式不对。"),
    # api/monitor.py, api/difference.py: a book seen from outside
    "not-shown": ("Something that had to be checked is not shown here.", "须核验的内容此处未予展示。"),
    "unanswered": ("There was no usable answer.", "没有可用的回应。"),
    # closure.py
    "closure-too-large": (
        "The story of this subject has more streams or entries than may be read at once.",
        "该对象的记录过多，无法一次读取。",
    ),
    # audit*.py: verification of a whole book
    "genesis-key": ("A key in the genesis leaf is none.", "创世条目中的公钥无效。"),
    "leaf-missing": ("A leaf of the log is missing.", "账本缺少一个条目。"),
    "leaf-hash": ("A leaf and its stored hash do not belong together.", "条目与其存储的哈希值不符。"),
    "statement-malformed": ("A statement is not well-formed or not in its canonical form.", "声明的格式不对或不是规范形式。"),
    "book-wrong": ("A statement or batch was made for another book.", "声明或批次属于另一账本。"),
    "signer-unknown": ("The key of a statement is not that of its actor at this point.", "声明的密钥当时不属于其主体。"),
    "rules-refused": (
        "An entry stands where authority, key or life cycle do not allow it.",
        "条目不符合权限、密钥效力或生命周期规则。",
    ),
    "reference-differs": ("What an entry refers to is not there or not as copied.", "条目所引用的声明不存在或与抄录不符。"),
    "received-fell": ("A received time is before the one before it.", "收到时间早于前一条目。"),
    "counter-twice": ("A key has used one number twice.", "同一密钥的同一编号被使用两次。"),
    "id-twice": ("An actor has used one id twice.", "同一主体的同一标识被使用两次。"),
    "batch-malformed": ("A batch leaf contradicts itself.", "批次条目自相矛盾。"),
    "batch-unknown": ("An entry names a batch that does not stand before it.", "条目所指的批次不在其前。"),
    "batch-position": ("An entry is not the one due at its place in the batch.", "条目与其在批次中的位置不符。"),
    "batch-incomplete": ("Entries of a batch are missing.", "批次缺少条目。"),
    "batch-root": ("The statements of a batch are not those that were signed.", "批次中的声明与签名时不同。"),
    "epoch-missing": ("The log does not end with an epoch leaf.", "账本末尾没有纪元叶。"),
    "map-root-differs": ("The streams do not give the map that an epoch published.", "各对象的记录与纪元公布的映射不符。"),
    "root-differs": ("The leaves are not those that a checkpoint was signed for.", "条目与检查点签名时不同。"),
    "checkpoint-size": ("A checkpoint was signed for another number of leaves.", "检查点签名时的条目数不同。"),
    "checkpoint-missing": ("An epoch has no signed checkpoint.", "纪元没有已签名的检查点。"),
    "log-truncated": ("A checkpoint was signed for more leaves than there are.", "检查点签名时的条目多于现有条目。"),
    "conflict-differs": ("A kept conflict is not one.", "留存的冲突证据不成立。"),
    "derived-differs": ("A derived table differs from the log.", "派生表与账本不一致。"),
    "derived-missing": ("A derived table lacks a row that the log gives.", "派生表缺少账本所对应的行。"),
    "derived-extra": ("A derived table has a row that the log does not give.", "派生表有账本中没有的行。"),
    # update*.py: how the map of one epoch became that of a later one
    "update-malformed": ("The update is not well-formed.", "更新证明的格式不对。"),
    "update-too-large": ("The update is larger than may be read.", "更新证明过大，无法读取。"),
    "update-range": (
        "The update does not cover the leaves from the older to the newer state.",
        "更新证明未覆盖旧状态至新状态之间的条目。",
    ),
    "update-listed": ("A stream of the update lists what is no new entry.", "更新证明中的对象列出了并非新条目的位置。"),
    "update-unlisted": ("A new entry stands in no stream.", "有新条目不属于任何对象。"),
    "update-held": ("The update does not begin at the map that is held.", "更新证明的起点不是所持有的映射。"),
    "update-before": (
        "The newer map without the new entries is not the older map: something else was changed, moved or removed.",
        "新映射去掉新条目后并非旧映射：另有记录被更改、移动或移除。",
    ),
    "update-after": (
        "The older map and the new entries do not lead to the newer map: something else was changed, moved or removed.",
        "由旧映射和新条目推不出新映射：另有记录被更改、移动或移除。",
    ),
    # bundle*.py: what one product's bundle shows
    "bundle-malformed": ("The bundle is not well-formed.", "证据包的格式不对。"),
    "bundle-too-large": ("The bundle is larger than may be read.", "证据包过大，无法读取。"),
    "log-unknown": ("The reader's policy does not know this log.", "读者的信任策略不认识该账本。"),
    "entry-beyond": ("An entry stands behind the state that is shown.", "条目的位置超出所示状态的范围。"),
    "entry-missing": ("An entry that a stream lists is not in the bundle.", "对象列出的条目不在证据包中。"),
    "entry-extra": ("An entry stands in no stream of the bundle.", "条目不属于证据包中的任何对象。"),
    "entry-misplaced": ("A stream lists an entry that does not stand in it.", "对象列出了不属于它的条目。"),
    "entry-left-out": ("A stream leaves out an entry that names it.", "对象遗漏了涉及它的条目。"),
    "entries-not-understood": ("Some entries are of a kind that is not understood here.", "部分条目的类型此处无法理解。"),
    "stream-missing": ("A subject that the story names is not in the bundle.", "记录涉及的某个对象不在证据包中。"),
    "stream-extra": ("The bundle holds a subject that the story does not name.", "证据包含有与记录无关的对象。"),
    "batch-missing": ("The bundle lacks the batch under which an entry was signed.", "证据包缺少条目所属的签名批次。"),
    "batch-extra": ("The bundle holds a batch or a path that no entry needs.", "证据包含有无关的批次或路径。"),
    "withheld-without-cause": ("An entry is withheld, and no later entry says why.", "条目被隐去，而其后没有条目说明理由。"),
    "withheld-type": ("An entry of this kind may not be withheld on that ground.", "此类条目不得以该理由隐去。"),
    "withheld-authority": ("An entry was withheld by somebody who may not do so.", "隐去条目者无此权限。"),
    "state-old": ("The state shown is more than three minutes old.", "所示状态已超过三分钟。"),
    "state-ahead": ("The state shown is ahead of this clock.", "所示状态的时间晚于本机时钟。"),
    "cosignatures-old": ("The witnesses' cosignatures are not recent enough.", "见证方的副署签名不够新。"),
    "witness-quorum": ("Fewer witnesses have cosigned than the policy asks for.", "副署的见证方少于信任策略的要求。"),
    "witness-request-malformed": ("The request to a witness is not well-formed.", "发给见证方的请求格式不对。"),
    # api/package_check.py
    "package-malformed": ("The evidence package is not well-formed.", "证据材料包的格式不对。"),
    "package-changed": ("A file of the evidence package is not the one that was packed.", "证据材料包中的文件与打包时不符。"),
    "package-unproved": (
        "A file of the evidence package does not follow from the entries in it.",
        "证据材料包中的文件与其中的条目不符。",
    ),
    "package-key": (
        "An entry of the evidence package is signed by a key that the package does not explain.",
        "证据材料包中有条目的签名密钥来历不明。",
    ),
}
