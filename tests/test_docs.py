"""The documentation says what happens: examples run, generated pages are current, stubs and docstrings are complete."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from arrownd import _core, protocols

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
STUB = ast.parse((ROOT / "python/arrownd/_core.pyi").read_text(encoding="utf-8"))
FUNCTIONS = [name for name in arrownd.__all__ if inspect.isbuiltin(getattr(arrownd, name))]
SETTINGS = {"get_num_threads": {"Parameters", "Raises"}, "set_num_threads": {"Returns"}}  # the sections that they lack
CLASSES = [name for name in arrownd.__all__ if inspect.isclass(getattr(arrownd, name))]
SECTIONS = ["Parameters", "Returns", "Raises", "See Also", "Notes", "Examples"]
RECORDS = ["Codes", "CopyNotAllowedError", "Masked", "Plan", "Ragged", "Reason"]


def run_examples(name: str, text: str, line: int = 0, globs: dict[str, Any] | None = None) -> int:
    """Runs a text's doctests under NumPy's default printing; how many there were. Names stay in `globs`."""
    test = doctest.DocTestParser().get_doctest(text, {}, name, name, line)
    test.globs = {} if globs is None else globs  # the parser takes a copy
    report: list[str] = []
    with np.printoptions(threshold=1000, linewidth=75, precision=8, suppress=False):
        failed = doctest.DocTestRunner(verbose=False).run(test, out=report.append, clear_globs=False).failed
    assert not failed, "".join(report)
    return len(test.examples)


def fences(page: Path) -> list[tuple[int, str]]:
    """The ```python blocks of a page that are examples, each with the line before it."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [(text.count("\n", 0, block.start()) + 1, block[1]) for block in found if ">>>" in block[1]]


PAGES_WITH_EXAMPLES = [page for page in PAGES if fences(page)]


def test_the_pages_are_there() -> None:
    names = {page.relative_to(ROOT).as_posix() for page in PAGES}
    wanted = {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"}
    wanted |= {f"docs/{name}.md" for name in ("types", "reasons", "guide", "decisions", "coming-from")}
    assert wanted <= names
    shown = {page.name for page in PAGES_WITH_EXAMPLES}
    assert {"README.md", "guide.md", "coming-from.md", "decisions.md"} <= shown


@pytest.mark.parametrize("page", PAGES_WITH_EXAMPLES, ids=lambda page: page.name)
def test_examples_of_pages(page: Path) -> None:
    globs: dict[str, Any] = {}
    for line, block in fences(page):
        assert run_examples(page.name, block, line, globs) > 0
    assert not re.search(r">>>", re.sub(r"(?ms)^```python\n.*?^```$", "", page.read_text(encoding="utf-8"))), (
        "an example outside of a ```python block doesn't run"
    )


def links(page: Path) -> list[str]:
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    return [link for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) if "://" not in link]


@pytest.mark.parametrize("page", [page for page in PAGES if links(page)], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in links(page) if not (page.parent / link).exists()]
    assert not missing


def test_architecture_maps_the_files() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:crates|python|tests|docs|demo|benches)/[\w./-]+)`", text))
    assert len(named) > 20
    assert not [name for name in sorted(named) if not (ROOT / name).exists()]
    sources = {file.relative_to(ROOT).as_posix() for file in ROOT.glob("crates/*/src/**/*.rs")}
    assert sources - named == set(), "files that the map doesn't have"


def test_architecture_names_every_file_with_unsafe_code() -> None:
    opened = set()
    for file in ROOT.glob("crates/*/src/**/*.rs"):
        if re.search(r"#!?\[(allow|expect)\(\s*unsafe_code\b", file.read_text(encoding="utf-8")):
            opened.add(file.relative_to(ROOT).as_posix())
    assert opened
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = text.split("\n## Unsafe code\n")[1].split("\n## ")[0]
    assert set(re.findall(r"`(crates/[\w./-]+\.rs)`", section)) == opened


def test_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs/generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_generated_pages_have_every_row() -> None:
    types = (ROOT / "docs/types.md").read_text(encoding="utf-8")
    types, dense = types.split("## What each dtype becomes")
    assert re.findall(r"^\| `([^`]+)`", types, re.MULTILINE) != []
    assert set(re.findall(r"^\| `([^`]+)`", types, re.MULTILINE)) == {row["name"] for row in _core.type_table()}
    assert re.findall(r"^\| `([^`]+)`", dense, re.MULTILINE) == [row["dtype"] for row in _core.dense_type_table()]
    reasons = (ROOT / "docs/reasons.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([^`]+)`", reasons, re.MULTILINE) == [row["code"] for row in _core.reason_table()]


def sections(doc: str) -> dict[str, str]:
    """A NumPy-style docstring by its headings; "" is what stands before the first."""
    parts = re.split(r"^(\w[\w ]*)\n-+\n", inspect.cleandoc(doc), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def entries(section: str) -> list[str]:
    return re.findall(r"^(\w+) :", section, re.MULTILINE)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_documented(name: str) -> None:
    function = getattr(arrownd, name)
    parts = sections(function.__doc__)
    assert re.match(r"[A-Z][^\n]*\.\n", parts[""]), "the first line is no sentence"
    expected = [part for part in SECTIONS if part not in SETTINGS.get(name, ())]
    if name == "iter_numpy":
        expected = [{"Returns": "Yields"}.get(part, part) for part in expected]
    assert list(parts) == ["", *expected]
    assert entries(parts.get("Parameters", "")) == list(inspect.signature(function).parameters)
    raised = re.findall(r"^(\w+)$", parts.get("Raises", ""), re.MULTILINE)
    assert bool(raised) == ("Raises" in expected) and all(
        word in arrownd.__all__ or word in ("TypeError", "ValueError") for word in raised
    )
    assert re.search(r"\*(O\(1\)|O\(1\), shares memory|copies n x [\w ]+ bytes)\*", parts["Notes"]), "no cost"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_examples_of_docstrings(name: str) -> None:
    assert run_examples(name, inspect.cleandoc(getattr(arrownd, name).__doc__)) >= 3
    arrownd.set_num_threads(10**9)


@pytest.mark.parametrize("name", CLASSES)
def test_classes_are_documented(name: str) -> None:
    cls = getattr(arrownd, name)
    assert "__doc__" in vars(cls)
    parts = sections(cls.__doc__)
    assert re.match(r".+\.$", parts[""].strip(), re.DOTALL), "no sentence"
    if name in RECORDS:
        own = getattr(cls, "_fields", vars(cls))
        assert sorted(entries(parts["Attributes"])) == sorted(a for a in own if not a.startswith("_"))


def test_every_public_object_is_documented() -> None:
    assert set(FUNCTIONS) | set(CLASSES) | {"__version__"} == set(arrownd.__all__)
    for module in (arrownd, protocols, sys.modules["arrownd.exceptions"], sys.modules["arrownd.results"]):
        assert module.__doc__
    for name in protocols.__all__:
        assert "__doc__" in vars(getattr(protocols, name))


def stub_parameters(node: ast.FunctionDef) -> list[tuple[str, str, object]]:
    """Name, kind and default of each parameter, as `inspect` has them."""
    args = node.args
    positional = [(arg, "POSITIONAL_ONLY") for arg in args.posonlyargs]
    positional += [(arg, "POSITIONAL_OR_KEYWORD") for arg in args.args]
    defaults = [None] * (len(positional) - len(args.defaults)) + list(args.defaults)
    both = [(arg, kind, default) for (arg, kind), default in zip(positional, defaults, strict=True)]
    both += [(arg, "KEYWORD_ONLY", d) for arg, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    empty = inspect.Parameter.empty
    return [(arg.arg, kind, empty if d is None else ast.literal_eval(d)) for arg, kind, d in both]


@pytest.mark.parametrize("name", [*FUNCTIONS, "type_table", "dense_type_table", "reason_table"])
def test_stub_and_runtime_have_one_signature(name: str) -> None:
    (node,) = [node for node in STUB.body if isinstance(node, ast.FunctionDef) and node.name == name]
    runtime = inspect.signature(getattr(_core, name))
    assert stub_parameters(node) == [(p.name, p.kind.name, p.default) for p in runtime.parameters.values()]
    assert all(arg.annotation for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))
    assert node.returns is not None


@pytest.mark.parametrize("name", ["Plan", "Reason"])
def test_stub_and_runtime_have_the_same_attributes(name: str) -> None:
    (node,) = [node for node in STUB.body if isinstance(node, ast.ClassDef) and node.name == name]
    said = {item.name for item in node.body if isinstance(item, ast.FunctionDef) and not item.name.startswith("__")}
    assert said == {attr for attr in vars(getattr(_core, name)) if not attr.startswith("__")}


def test_the_stub_has_the_iterator() -> None:
    """What `iter_numpy` returns has no public name; the stub's begins with an underscore."""
    (node,) = [node for node in STUB.body if isinstance(node, ast.ClassDef) and node.name == "_Batches"]
    runtime = type(arrownd.iter_numpy(pa.array([1])))
    assert runtime.__name__ == "Batches" and not hasattr(_core, "Batches")
    said = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
    assert said == {"__iter__", "__next__", *(name for name in vars(runtime) if not name.startswith("__"))}
    assert all(getattr(runtime, name).__doc__ for name in said) and runtime.__doc__


def test_stub_and_runtime_have_the_same_names() -> None:
    public = {node.name for node in STUB.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert {n for n in public if not n.startswith("_")} | {"__version__"} == set(_core.__all__)
