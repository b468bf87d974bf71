"""Names of districts by their six-digit code (GB/T 2260), for pages. Not a map: no boundary is drawn.

Chinese names come from python-stdnum's table. There is no English table of counties, so an English page names the
province in English and leaves the county as it is written.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import orjson
from stdnum import numdb  # type: ignore[attr-defined, unused-ignore]

PROVINCES: Final = {
    "11": "Beijing", "12": "Tianjin", "13": "Hebei", "14": "Shanxi", "15": "Inner Mongolia",
    "21": "Liaoning", "22": "Jilin", "23": "Heilongjiang", "31": "Shanghai", "32": "Jiangsu",
    "33": "Zhejiang", "34": "Anhui", "35": "Fujian", "36": "Jiangxi", "37": "Shandong",
    "41": "Henan", "42": "Hubei", "43": "Hunan", "44": "Guangdong", "45": "Guangxi",
    "46": "Hainan", "50": "Chongqing", "51": "Sichuan", "52": "Guizhou", "53": "Yunnan",
    "54": "Tibet", "61": "Shaanxi", "62": "Gansu", "63": "Qinghai", "64": "Ningxia",
    "65": "Xinjiang", "71": "Taiwan", "81": "Hong Kong", "82": "Macao",
}  # fmt: skip
CODES_MAX: Final = 200  # districts that one page may name
MUNICIPALITIES: Final = {"11", "12", "31", "50"}  # their districts lie directly under them


@lru_cache(maxsize=4096)
def district(code: str) -> tuple[str, str]:
    """Province and the rest of the name, in Chinese: ("浙江省", "义乌市").

    A district of a city says its city too, because many cities have a district of the same name. The rest is "" for a
    province. Both are "" for a code that is not in the table.
    """
    if not re.fullmatch(r"\d{6}", code):
        return "", ""
    province, rest = _names(code)
    if rest == province:
        return province, ""
    if rest.endswith("区") and code[:2] not in MUNICIPALITIES:
        rest = _names(code[:4] + "00")[1] + rest
    return province, rest


def _names(code: str) -> tuple[str, str]:
    parts = numdb.get("cn/loc").info(code)
    province = str(parts[0][1].get("province", ""))
    county = str(parts[1][1].get("county", "")) if len(parts) > 1 else ""
    newest = re.sub(r"^\[[^\]]*\]", "", county.rsplit(",", 1)[-1])  # "[1989-]义乌市": the years it was in use
    return province, newest


def districts_json(codes: str) -> bytes:
    """Names of districts for the script that draws a page again: code → [province, province in English, rest of the name].

    Args:
        codes: Six-digit codes with a comma between them; those that nobody knows, and what comes after `CODES_MAX`, are left out.
    """
    asked = [code for code in codes[: 7 * CODES_MAX].split(",") if code[:2] in PROVINCES and re.fullmatch(r"[0-9]{6}", code)]
    names = {code: (district(f"{code[:2]}0000")[0], PROVINCES[code[:2]], district(code)[1]) for code in sorted(set(asked))}
    return orjson.dumps(names)
