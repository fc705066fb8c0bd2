"""The package's source -> who may import whom, and that importing runs nothing (design: the tree)."""

import ast
import importlib.util
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "nakochat"
ROOT = PACKAGE.parent

# Lowest first: a folder imports from itself and from those before it.
ORDER = [
    *("core", "text", "data", "tasks", "models", "inference", "evals"),
    *("training", "serving", "reporting", "interop", "commands", "presets"),
]
# The same inside serving/, whose files and folders stand side by side.
SERVING = [
    "errors",
    "turns",
    "settings",
    "engines",
    "api",
    "web",
    "front",
    "watch",
    "terminal",
    "app",
    "serve",
]
# The command table names its modules as strings, and __main__ is the same door.
DOORS = {"cli.py", "__main__.py"}
DISTRIBUTED = {"core/machine.py", "training/optimizer.py"}
WEB = {"fastapi", "starlette", "uvicorn", "flask", "aiohttp", "django", "tornado", "gradio"}
PICKLES = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
USES_PICKLE = {"torch.load", "torch.save", "pandas.read_pickle", "pd.read_pickle"}


def folder_of(name: str) -> str:
    """The folder that a file's path inside the package belongs to; "" for the package's own files."""
    return name.split("/")[0] if "/" in name else ""


def imported_modules(tree: ast.AST, name: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import anywhere in the file, names taken out of a module included."""
    package = ["nakochat", *name.split("/")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)


def dotted(node: ast.AST) -> str:
    """`torch.distributed.init` for such an expression, "" for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return ""


def order_faults(tree: ast.Module, name: str) -> Iterator[str]:
    """Imports of a folder that stands above this file's own."""
    if name in DOORS:
        return
    own = folder_of(name)
    for line, module in imported_modules(tree, name):
        parts = module.split(".")
        if parts[0] != "nakochat" or len(parts) < 2:
            continue
        target = parts[1]
        if target in ORDER and (own not in ORDER or ORDER.index(target) > ORDER.index(own)):
            yield f"{name}:{line}: {own or 'the package itself'} imports {target}, which stands above it"
        elif target in {"cli", "__main__"}:
            yield f"{name}:{line}: only the doors import {target}"


def serving_faults(tree: ast.Module, name: str) -> Iterator[str]:
    """Imports of a part of serving that stands above this file's own."""
    if folder_of(name) != "serving" or name == "serving/__init__.py":
        return
    own = name.split("/")[1].removesuffix(".py")
    for line, module in imported_modules(tree, name):
        parts = module.split(".")
        if parts[:2] == ["nakochat", "serving"] and SERVING.index(parts[2]) > SERVING.index(own):
            yield f"{name}:{line}: serving/{own} imports serving/{parts[2]}, which stands above it"


def reserved_faults(tree: ast.Module, name: str) -> Iterator[str]:
    """torch.distributed and web frameworks outside the files that own them."""
    for line, module in imported_modules(tree, name):
        if module.startswith("torch.distributed") and name not in DISTRIBUTED:
            yield f"{name}:{line}: torch.distributed belongs to {sorted(DISTRIBUTED)}"
        if module.split(".")[0] in WEB and folder_of(name) != "serving":
            yield f"{name}:{line}: {module.split('.')[0]} belongs to serving/"
    for node in ast.walk(tree):
        if dotted(node) == "torch.distributed" and name not in DISTRIBUTED:
            yield f"{name}:{node.lineno}: torch.distributed belongs to {sorted(DISTRIBUTED)}"  # type: ignore[attr-defined]


def danger_faults(tree: ast.Module, name: str) -> Iterator[str]:
    """Pickle in any dress, and text run as code."""
    for line, module in imported_modules(tree, name):
        if module.split(".")[0] in PICKLES:
            yield f"{name}:{line}: {module} reads or writes pickle"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = dotted(node.func)
        if called in RUNS_TEXT:
            yield f"{name}:{node.lineno}: {called} runs text as code"
        if called in USES_PICKLE:
            yield f"{name}:{node.lineno}: {called} uses pickle"
        for word in node.keywords:
            refused = isinstance(word.value, ast.Constant) and word.value.value is False
            if word.arg == "allow_pickle" and not refused:
                yield f"{name}:{node.lineno}: allow_pickle is for False only"


def is_quiet(node: ast.stmt) -> bool:
    """A statement that defines something and does nothing else."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    if isinstance(node, ast.Assign):
        # `os.environ["X"] = ...` and `torch.backends.x = ...` are assignments too, and are not definitions.
        names = (n for target in node.targets for n in getattr(target, "elts", [target]))
        return all(isinstance(n, ast.Name | ast.Starred) for n in names)
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name)
    if isinstance(node, ast.If):
        only_types = dotted(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        return only_types and not node.orelse and all(is_quiet(inner) for inner in node.body)
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return isinstance(node, kinds) or type(node).__name__ == "TypeAlias"


def quiet_faults(tree: ast.Module, name: str) -> Iterator[str]:
    """Statements at the top of a module that run something when it is imported."""
    if name == "__main__.py":
        return
    for node in tree.body:
        if not is_quiet(node):
            yield f"{name}:{node.lineno}: {type(node).__name__} runs at import"


def value_faults(tree: ast.Module, name: str) -> Iterator[str]:
    """Code among the presets, which are values."""
    if folder_of(name) != "presets":
        return
    for node in tree.body:
        if not isinstance(node, ast.Expr):
            yield f"{name}:{node.lineno}: presets are values, not code"


RULES = [order_faults, serving_faults, reserved_faults, danger_faults, quiet_faults, value_faults]


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    """Every file of the package, by its path in there; read once for all the rules."""
    files = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
    assert len(files) > 20, "the package was not found"
    return {name: ast.parse(path.read_text(encoding="utf-8"), str(path)) for name, path in files.items()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__.removesuffix("_faults"))
def test_every_file_keeps_the_rule(rule, trees: dict[str, ast.Module]) -> None:  # type: ignore[no-untyped-def]
    faults = [fault for name, tree in trees.items() for fault in rule(tree, name)]
    assert not faults, "\n" + "\n".join(faults)


def test_every_folder_has_its_place_in_the_order() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(ORDER)
    parts = {path.stem for path in (PACKAGE / "serving").iterdir()} - {"__init__", "__pycache__"}
    assert parts == set(SERVING)


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [
        (order_faults, "core/files.py", "from nakochat.text import tokenizer"),
        (order_faults, "core/files.py", "from nakochat import training"),
        (order_faults, "models/nako.py", "def f():\n    import nakochat.training.loop"),
        (order_faults, "data/village/scene.py", "from ...models import nako"),
        (order_faults, "__init__.py", "from nakochat.core import errors"),
        (order_faults, "commands/doctor.py", "from nakochat.cli import main"),
        (serving_faults, "serving/web/gate.py", "from nakochat.serving.front.front import Front"),
        (serving_faults, "serving/engines/wire.py", "from nakochat.serving import app"),
        (reserved_faults, "models/nako.py", "import torch.distributed as dist"),
        (reserved_faults, "models/nako.py", "from torch import distributed"),
        (reserved_faults, "models/nako.py", "import torch\ndef f(): return torch.distributed.get_rank()"),
        (reserved_faults, "commands/doctor.py", "def f():\n    from starlette.responses import Response"),
        (danger_faults, "core/files.py", "import pickle"),
        (danger_faults, "core/files.py", "def f(text): return eval(text)"),
        (danger_faults, "core/files.py", "def f(path): return torch.load(path)"),
        (danger_faults, "core/files.py", "def f(a): return thing(a, allow_pickle=True)"),
        (quiet_faults, "core/files.py", "print('안녕')"),
        (quiet_faults, "core/files.py", "import os\nos.environ['A'] = 'b'"),
        (quiet_faults, "core/files.py", "try:\n    import torch\nexcept ImportError:\n    torch = None"),
        (quiet_faults, "core/files.py", "for i in range(3):\n    pass"),
        (value_faults, "presets/__init__.py", "TINY = 1"),
    ],
)
def test_a_rule_catches_what_it_is_for(rule, name: str, source: str) -> None:  # type: ignore[no-untyped-def]
    assert list(rule(ast.parse(source), name))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("training/loop.py", "from nakochat import __version__\nfrom nakochat.models import nako"),
        ("data/village/facts.py", "from nakochat.data.village.scene import Scene\nfrom .words import nonce"),
        ("core/machine.py", "import torch.distributed as dist"),
        ("serving/web/server.py", "from fastapi import FastAPI"),
        ("cli.py", "def main():\n    from nakochat.commands import doctor"),
        ("models/nako.py", "def f(model): return model.eval()"),
        ("data/shards/shard.py", "def f(path): return np.load(path, allow_pickle=False)"),
        (
            "core/files.py",
            "'words'\nimport typing\nif typing.TYPE_CHECKING:\n    import torch\nA: int = 1\nB, C = 1, 2",
        ),
    ],
)
def test_what_is_allowed_passes(name: str, source: str) -> None:
    assert not [fault for rule in RULES for fault in rule(ast.parse(source), name)]


def run_python(source: str) -> str:
    """What a fresh interpreter prints; a failure shows what it said."""
    done = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", "-c", textwrap.dedent(source)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_everything_changes_nothing() -> None:
    """The rules above read the statements; this one watches what the calls inside them do.

    Python's own random state is not watched: rich draws from it when it is imported.
    """
    found = run_python(
        """
        import importlib.util, os, pkgutil, sys, threading
        import torch, numpy
        import nakochat
        acts = []
        def watch(event, args):
            if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
                acts.append(f"writes {args[0]}")
            if event in {"subprocess.Popen", "os.system", "os.mkdir", "socket.connect", "socket.bind"}:
                acts.append(f"{event} {args}")
        def state():
            return {
                "environment": dict(os.environ),
                "torch rng": torch.get_rng_state().tolist(),
                "numpy rng": str(numpy.random.get_state()),
                "threads": torch.get_num_threads(),
                "dtype": torch.get_default_dtype(),
                "gradients": torch.is_grad_enabled(),
                "path": list(sys.path),
            }
        before = state()
        sys.addaudithook(watch)
        names = {m.name for m in pkgutil.walk_packages(nakochat.__path__, "nakochat.")}
        if importlib.util.find_spec("triton") is None:  # it comes with torch for CUDA only
            names -= {"nakochat.inference.slot_attention"}
        for name in sorted(names):
            if name.rsplit(".")[-1] != "__main__":
                importlib.import_module(name)
        after = state()
        acts += [f"changes {key}" for key in before if before[key] != after[key]]
        acts += [f"starts {t.name}" for t in threading.enumerate() if t is not threading.main_thread()]
        print(*acts, sep="\\n")
        """
    )
    assert not found.strip(), found


def test_the_command_table_needs_no_torch() -> None:
    loaded = run_python("import sys, nakochat.cli; print(*sorted(sys.modules))").split()
    assert "nakochat.cli" in loaded
    assert not {"torch", "numpy", "pyarrow", "tokenizers", "fastapi"} & set(loaded)


@pytest.mark.parametrize(
    "file",
    [*(ROOT / "benchmarks").glob("*.py"), *(ROOT / "scripts").glob("*.py")],
    ids=lambda file: file.name,
)
def test_what_benchmarks_and_scripts_take_from_the_package_is_there(file):
    """Most of them run where there is a GPU, or for hours: what was renamed would be found out there."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nakochat"):
            module = importlib.import_module(node.module)
            for name in node.names:
                assert hasattr(module, name.name) or importlib.util.find_spec(f"{node.module}.{name.name}")
