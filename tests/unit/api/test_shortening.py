"""Scripts are shortened by exchanging names whole: what each form becomes, and what is refused."""

from __future__ import annotations

import pytest

from suxin.api.joining import joined
from suxin.api.shortening import Script


def short(source: str, **names: str) -> str:
    return Script(source).text(names, {})


@pytest.mark.parametrize(
    ("source", "due"),
    [
        ("const size = size1.size; // size", "const a=size1.size;"),
        ("const { size } = size;", "const{size:a}=a;"),
        ("f({ size, other: size });", "f({size:a,other:a});"),
        ("f({ size: 1, size() {}, async size() {}, get size() {} });", "f({size:1,size(){},async size(){},get size(){}});"),
        ("f({ ...size }, [size], (size) => size);", "f({...a},[a],(a)=>a);"),
        ("const { size = 1, other: { size: kept } } = size;", "const{size:a=1,other:{size:kept}}=a;"),
        (
            "class Box { size = 1; size() {} static size = size; #size = size; }",
            "class Box{size=1;size(){}static size=a;#size=a;}",
        ),
        ("return size ? size : size.size?.size;", "return a?a:a.size?.size;"),
        ("switch (size) { case size: { size(); } }", "switch(a){case a:{a();}}"),
        ("const text = `size ${size} ${f({ size })} \\`${size}`;", "const text=`size ${a} ${f({size:a})} \\`${a}`;"),
        ("const text = 'size' + \"size\" + /size/.test(size);", "const text='size'+\"size\"+/size/.test(a);"),
        ("const half = (size + 1) / 2 / size;", "const half=(a+1)/2/a;"),
        ("while (size--) if (size) break;\nelse size();", "while(a--)if(a)break;else a();"),
        ("const f = () => {}\nsize()", "const f=()=>{}\na()"),
        ("1 + +size - -size", "1+ +a- -a"),
        ("for (const size of sizes) void size;", "for(const a of sizes)void a;"),
    ],
)
def test_what_a_form_becomes(source: str, due: str) -> None:
    assert short(source, size="a") == due


@pytest.mark.parametrize(
    "source",
    [
        "(", "f(];", "const text = `${;", "\x00", "const one = 'open;", "f(() => { var a = 1; });", "const { get } = map;",
        "if (one) /two/.test(three);",
    ],
)  # fmt: skip
def test_what_is_no_script_is_refused(source: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        Script(source)


MAIN = """import { add, Sum } from "./add.js";
import TABLE from "./table.js";
const local = add(TABLE.one, 2);
let total = new Sum(local);
globalThis.report(total.value, local, await import("./later.js"));
"""
ADD = """import { checked } from "./deep.js";
export { checked };
export function add(left, right) {
  return checked(left) + right;
}
export class Sum {
  #value;
  constructor(value) {
    this.#value = value;
  }
  get value() {
    return this.#value;
  }
}
"""
DEEP = "const local = 7;\nexport const checked = (value) => value + local;\n"
MODULES = {"main.js": MAIN, "add.js": ADD, "deep.js": DEEP, "table.js": 'export default {"one":1};\n'}


def test_modules_share_one_scope_and_keep_their_own_names_apart() -> None:
    assert joined(("main.js",), MODULES.__getitem__) == (
        "const ab=7;const ac=(a)=>a+ab;\n"
        "function ad(a,b){return ac(a)+b;}\nclass ae{#a;constructor(a){this.#a=a;}\nget value(){return this.#a;}}\n"
        'const af={"one":1};\n'
        'const aa=ad(af.one,2);let ag=new ae(aa);globalThis.report(ag.value,aa,await import("./later.js"));\n'
    )


def test_an_import_or_export_of_another_form_is_refused() -> None:
    for line in ("export  { size };", 'import * as all from "./add.js";', "export let size = 1;", "const one = 1, two = 2;"):
        with pytest.raises(ValueError, match=r"not written as all others|one thing"):
            joined(("one.js",), {"one.js": f"{line}\n"}.__getitem__)


def test_what_a_module_does_not_give_is_refused() -> None:
    with pytest.raises(KeyError):
        joined(("main.js",), (MODULES | {"add.js": "const add = 1;\n"}).__getitem__)


@pytest.mark.parametrize(
    "source", ["const { data: [one] } = f;\nuse(one);\n", "const { one = document } = f;\ndocument.g(one);\n"]
)
def test_what_a_pattern_declares_is_known_or_refused(source: str) -> None:
    """Shortened, each of these would run and mean something else."""
    with pytest.raises(ValueError, match="pattern"):
        joined(("main.js",), {"main.js": source}.__getitem__)
