"""vendor.json -> the browser libraries that lie beside it, byte for byte as npm has them.

    python scripts/vendor.py                check what is here against the recorded hashes
    python scripts/vendor.py --fetch        fetch every package at its version (npm pack) and write its files and hashes

To take a newer version, change it in vendor.json, run --fetch, read what changed, run the browser tests.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECORDS = [ROOT / "nakochat/serving/web/static/vendor/vendor.json", ROOT / "tests/browser/vendor/vendor.json"]


def wrong_files(record: Path) -> list[str]:
    """What differs from the record: files that are missing, changed, or here without being recorded."""
    recorded = {
        record.parent / name: file["sha256"]
        for library in json.loads(record.read_text(encoding="utf-8"))
        for name, file in library["files"].items()
    }
    here = {path for path in record.parent.rglob("*") if path.is_file() and path != record}
    changed = [
        path for path, digest in recorded.items() if path in here and sha256(path.read_bytes()) != digest
    ]
    return sorted(str(path) for path in {*changed, *(here ^ recorded.keys())})


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fetch(record: Path) -> None:
    """Write every recorded file from its package, and its hash into the record."""
    libraries = json.loads(record.read_text(encoding="utf-8"))
    for library in libraries:
        package = f"{library['package']}@{library['version']}"
        with tempfile.TemporaryDirectory() as folder:
            packed = subprocess.run(
                ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
            )
            with tarfile.open(Path(folder) / packed.stdout.strip()) as archive:
                for name, file in library["files"].items():
                    source = archive.extractfile(f"package/{file['from']}")
                    if source is None:
                        raise SystemExit(f"{package} has no file {file['from']}")
                    content = source.read()
                    (record.parent / name).parent.mkdir(parents=True, exist_ok=True)
                    (record.parent / name).write_bytes(content)
                    file["sha256"] = sha256(content)
        print(package)
    record.write_text(json.dumps(libraries, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for record in RECORDS:
        if "--fetch" in sys.argv[1:]:
            fetch(record)
        if wrong := wrong_files(record):
            sys.exit("\n".join(["not as recorded:", *wrong]))
    print("as recorded")
