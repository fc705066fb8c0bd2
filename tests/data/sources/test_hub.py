"""Pulls from a hub on loopback -> whole, verified files of one version, whatever the network does."""

import dataclasses
import hashlib
import io
import json
import random
import shutil
import threading
import zipfile
from collections.abc import Iterator
from types import SimpleNamespace

import huggingface_hub.constants as constants
import pytest
from huggingface_hub import file_download
from huggingface_hub.utils import _http

from nakochat.core.errors import DataError
from nakochat.core.files import read_json, write_json
from nakochat.data.sources import download as one_file
from nakochat.data.sources import hub, pull
from nakochat.data.sources.catalog import Address, Source, source_of
from nakochat.data.sources.hub import look_up
from nakochat.data.sources.pulled import data_folder, hold
from tests.fake_hub import COMMIT, FakeHub

REPO = "maker/texts"
BIG = [bytes([65 + n]) * 3000 + bytes(range(256)) for n in range(3)]
FILES = {f"data/part-{n}.parquet": data for n, data in enumerate(BIG)}
FILES |= {"data/small.jsonl": b'{"text": "hi"}\n', "README.md": b"# card", "code/run.py": b"print(1)"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    fake = FakeHub()
    fake.repos[REPO] = dict(FILES)
    monkeypatch.setattr(constants, "ENDPOINT", fake.endpoint)
    template = fake.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 500)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    still = SimpleNamespace(sleep=lambda seconds: None)  # the library waits between its tries
    monkeypatch.setattr(_http, "time", still)
    monkeypatch.setattr(file_download, "time", still)
    monkeypatch.setattr(one_file, "WAITS", (0.0, 0.0))
    yield fake
    fake.close()
    _http.close_session()


def source(**changes: object) -> Source:
    values = {
        "name": "texts", "kind": "text", "title": "Texts", "language": "ko", "format": "parquet", "licence": "MIT",
        "commercial": True, "attribution": "a maker", "purpose_ko": "글", "purpose_en": "texts", "repo": REPO,
        "files": ("data/part-*.parquet",),
    }  # fmt: skip
    return Source(**{**values, **changes})  # type: ignore[arg-type]


def bring(wanted: Source | None = None, **settings: object) -> hub.Plan:
    """Look up and download, as the command does."""
    fresh = bool(settings.get("fresh"))
    plan = look_up(wanted or source(), **settings)  # type: ignore[arg-type]
    with one_file.quiet():
        pull.download([plan], fresh=fresh)
    return plan


def on_disk() -> dict[str, bytes]:
    folder = data_folder("texts")
    files = [
        path for path in folder.rglob("*") if path.is_file() and path.name not in ("source.json", ".lock")
    ]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def parts(*numbers: int) -> dict[str, bytes]:
    return {f"data/part-{n}.parquet": BIG[n] for n in numbers}


def test_the_first_files_come_and_the_commit_is_kept(server: FakeHub) -> None:
    plan = bring(shards=2)
    assert plan.resolved
    assert on_disk() == parts(0, 1)
    lock = read_json(data_folder("texts") / "source.json")
    assert (lock["revision"], lock["branch"], lock["licence"], lock["shards"]) == (COMMIT, "main", "MIT", 2)
    assert lock["files"]["data/part-2.parquet"]["sha256"] == hashlib.sha256(BIG[2]).hexdigest()
    server.commit = "f" * 40  # main moves on
    assert not bring(shards=3).resolved
    assert on_disk() == parts(0, 1, 2)
    assert all(COMMIT in path for _, path, _ in server.requests if "resolve" in path)
    assert source_of(data_folder("texts") / "data" / "part-0.parquet") is None  # not a name of the catalogue


def test_running_again_asks_nobody_and_downloads_only_what_is_missing(server: FakeHub) -> None:
    bring()
    (data_folder("texts") / "data/part-1.parquet").unlink()
    server.requests.clear()
    bring()
    assert [path.rpartition("/")[2] for _, path, _ in server.requests] == ["part-1.parquet"]
    server.requests.clear()
    assert bring(offline=True).to_come == 0
    assert server.requests == []


def test_what_was_chosen_before_stays_chosen(server: FakeHub) -> None:
    bring(source(start=1))
    assert on_disk() == parts(0)
    bring(source(start=1), shards=2)
    (data_folder("texts") / "data/part-1.parquet").unlink()
    bring(source(start=1))
    assert on_disk() == parts(0, 1)


def test_a_pinned_source_does_not_ask_what_main_is(server: FakeHub) -> None:
    plan = bring(source(revision="a" * 40))
    assert plan.revision == "a" * 40
    assert not server.asked("/revision/")


def test_small_files_are_held_to_gits_hash_and_pages_of_a_listing_are_all_read(server: FakeHub) -> None:
    server.page_size = 2
    bring(source(files=("data/*",)))
    assert on_disk() == parts(0, 1, 2) | {"data/small.jsonl": FILES["data/small.jsonl"]}
    (data_folder("texts") / "data/small.jsonl").write_bytes(b'{"text": "ho"}\n')
    plan = look_up(source(files=("data/*",)))
    assert "바뀌었습니다" in plan.faults["data/small.jsonl"]


@pytest.mark.parametrize("redirects", [False, True])
def test_a_connection_that_breaks_goes_on_where_it_stopped(server: FakeHub, redirects: bool) -> None:
    server.redirects = redirects
    server.acts["data/part-0.parquet"] = ["cut", "cut"]
    bring(shards=1)
    assert on_disk() == parts(0)
    spans = [headers["range"] for headers in server.asked("part-0") if "range" in headers]
    assert spans
    assert all(span != "bytes=0-" for span in spans)


def test_a_run_that_gave_up_is_gone_on_with(server: FakeHub) -> None:
    server.acts["data/part-0.parquet"] = ["cut"] + [503] * 9
    with pytest.raises(DataError, match=r"503.*HF_ENDPOINT"):
        bring(shards=1)
    pieces = on_disk()
    assert [*pieces] == [path for path in pieces if path.startswith(".partial/")]
    kept = len(next(iter(pieces.values())))
    assert kept >= 1000
    server.acts.clear()
    server.requests.clear()
    plan = look_up(source(), shards=1)
    assert plan.to_come == len(BIG[0]) - kept
    bring(shards=1)
    assert on_disk() == parts(0)
    assert server.asked("part-0")[0]["range"] == f"bytes={kept}-"


def test_what_breaks_off_again_and_again_costs_no_bytes_twice(server: FakeHub) -> None:
    path, size = "data/part-0.parquet", 4_000_000
    server.repos[REPO][path] = whole = random.Random(0).randbytes(size)
    server.acts[path] = ["cut", "cut", 503] * 5
    for _ in range(20):
        try:
            bring(shards=1)
            break
        except DataError:
            continue  # it gave up: the next run goes on
    assert not server.acts[path]
    assert on_disk() == {path: whole}
    assert server.sent <= 1.1 * size


def test_a_wrong_piece_is_thrown_away_and_the_file_comes_again(server: FakeHub) -> None:
    plan = look_up(source(), shards=1)
    piece = one_file.partial_of(plan.chosen[0], plan.folder)
    piece.parent.mkdir(parents=True)
    piece.write_bytes(b"?" * 1200)
    bring(shards=1)
    assert on_disk() == parts(0)
    piece.parent.mkdir(parents=True)
    (data_folder("texts") / "data/part-0.parquet").unlink()
    piece.write_bytes(b"?" * 9999)  # longer than the whole
    bring(shards=1)
    assert on_disk() == parts(0)


def test_a_server_that_ignores_ranges_sends_it_all_again(server: FakeHub) -> None:
    server.ignores_range = True
    server.acts["data/part-0.parquet"] = ["cut"]
    bring(shards=1)
    assert on_disk() == parts(0)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("short", "짧습니다"),
        ("altered", "해시가 다릅니다"),
        ("html", r"웹 페이지\(HTML\)"),
        ("pointer", "Git LFS 포인터"),
    ],
)
def test_what_comes_wrong_is_named_and_does_not_stay(server: FakeHub, act: str, words: str) -> None:
    server.acts["data/part-1.parquet"] = [act] * 9
    with pytest.raises(DataError, match=rf"data/part-1\.parquet: .*{words}.*다시 실행하세요"):
        bring(shards=2)
    assert not {path for path in on_disk() if "part-1" in path}
    server.acts.clear()
    bring(shards=2)
    assert on_disk() == parts(0, 1)


def test_wrong_files_on_disk_are_named_and_replaced(server: FakeHub) -> None:
    bring()
    folder = data_folder("texts") / "data"
    (folder / "part-0.parquet").write_bytes(BIG[0][:-1])
    (folder / "part-1.parquet").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    (folder / "part-2.parquet").write_bytes(BIG[2][::-1])
    plan = look_up(source())
    words = ["짧습니다", "LFS 포인터", "바뀌었습니다"]
    assert all(word in why for word, why in zip(words, plan.faults.values(), strict=True))
    with pytest.raises(DataError, match="짧습니다"):
        look_up(source(), offline=True)
    server.acts["data/part-0.parquet"] = [
        404
    ] * 9  # the new one does not come: the wrong one is gone all the same
    with pytest.raises(DataError, match="그 주소에 없습니다"):
        bring()
    assert "data/part-0.parquet" not in on_disk()
    server.acts.clear()
    bring()
    assert on_disk() == parts(0, 1, 2)


@pytest.mark.parametrize(
    ("verb", "status", "code", "words"),
    [
        ("tree", 401, "", "hf auth login"),
        ("tree", 401, "GatedRepo", "조건에 동의"),
        ("revision", 404, "RepoNotFound", "옮겨졌거나"),
        ("tree", 404, "RevisionNotFound", "--revision main"),
        ("tree", 429, "", "너무 많다"),
        ("tree", 503, "", "503"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(
    server: FakeHub, verb: str, status: int, code: str, words: str
) -> None:
    server.status[verb] = (status, code)
    with pytest.raises(DataError, match=words):
        look_up(source())
    assert not (data_folder("texts") / "source.json").exists()


def test_a_file_that_is_refused_says_so(server: FakeHub) -> None:
    server.acts["data/part-0.parquet"] = [("refuse", "GatedRepo")] * 3
    with pytest.raises(DataError, match="조건에 동의"):
        bring()
    server.acts["data/part-0.parquet"] = [429] * 20
    with pytest.raises(DataError, match="429"):
        bring()


def test_a_server_in_trouble_is_asked_again(server: FakeHub) -> None:
    server.acts["data/part-0.parquet"] = [503, 500]
    bring(shards=1)
    assert on_disk() == parts(0)


def test_no_connection_is_said(server: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DataError, match="연결"):
        look_up(source())
    with pytest.raises(DataError, match="받은 적이 없어"):
        look_up(source(), offline=True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DataError, match="HF_HUB_OFFLINE"):
        look_up(source())


def test_the_token_goes_to_the_hub_alone_and_is_written_nowhere(
    server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    server.redirects = True
    bring(shards=1)
    seen = {
        name: [h.get("authorization") for n, _, h in server.requests if n == name]
        for name in ("hub", "store")
    }
    assert set(seen["hub"]) == {"Bearer hf_verysecret"}
    assert set(seen["store"]) == {None}
    for path in data_folder("texts").rglob("*"):
        if path.is_file():
            assert b"verysecret" not in path.read_bytes()
            assert b"signed=secret" not in path.read_bytes()


def test_fresh_asks_again_and_leaves_nothing_of_the_old_version(server: FakeHub) -> None:
    bring()
    server.commit = "b" * 40
    server.repos[REPO] = {"data/part-0.parquet": b"new" * 1000, "data/part-9.parquet": b"nine" * 1000}
    plan = bring(fresh=True)
    assert plan.revision == "b" * 40
    assert on_disk() == server.repos[REPO]


def test_another_revision_replaces_the_lock(server: FakeHub) -> None:
    bring(shards=1)
    bring(revision="d" * 40, shards=1)
    assert read_json(data_folder("texts") / "source.json")["revision"] == "d" * 40


def test_another_layout_is_said_with_what_is_there(server: FakeHub) -> None:
    with pytest.raises(DataError, match=r"모양이 바뀌었습니다.*part-0\.parquet"):
        look_up(source(files=("data/shard_*.arrow",)))


@pytest.mark.parametrize("path", ["../out.parquet", "/abs.parquet", "a/../../b.parquet", ".hidden.parquet"])
def test_a_name_that_leads_out_of_the_folder_is_refused(server: FakeHub, path: str) -> None:
    server.repos[REPO] = {path: b"x"}
    with pytest.raises(DataError, match="폴더 밖"):
        look_up(source(files=("*.parquet",)))


def test_a_source_json_that_cannot_be_read_is_said(server: FakeHub) -> None:
    bring(shards=1)
    record = data_folder("texts") / "source.json"
    whole = read_json(record)
    wrong = [{"name": 1}, {"files": {"a": {}}}, {"files": {"a": "bytes"}}, {"files": ["a"]}]
    wrong += [{"revision": 1}, {"branch": None}, {"shards": "2"}]
    lacking = [{key: whole[key] for key in whole if key != gone} for gone in ("revision", "branch", "shards")]
    for text in ("{", "[]", *map(json.dumps, [*({**whole, **part} for part in wrong), *lacking])):
        record.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match="지우고 다시"):
            look_up(source())


def test_a_disk_without_room_is_said_before_anything_comes(
    server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = look_up(source())
    usage = SimpleNamespace(free=hub.SPARE + sum(map(len, BIG)) - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(DataError, match="--shards"):
        hub.check_room([plan])
    usage.free += 1
    hub.check_room([plan])
    assert not server.asked("resolve")


def test_a_failure_stops_the_others_and_keeps_what_came(server: FakeHub) -> None:
    server.repos[REPO]["data/part-0.parquet"] = b"0" * 200_000
    server.acts["data/part-0.parquet"] = ["stall"]
    server.acts["data/part-1.parquet"] = [404]
    plan = look_up(source())
    threading.Timer(0.5, server.released.set).start()
    with one_file.quiet(), pytest.raises(DataError, match="part-1"):
        pull.download([plan])
    assert "data/part-0.parquet" not in on_disk()


def test_a_second_pull_waits_for_the_first(server: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    began, entered = threading.Event(), []

    def second() -> None:
        began.set()
        with hold(source()):
            entered.append(True)

    with hold(source()):
        other = threading.Thread(target=second)
        other.start()
        began.wait()
        other.join(0.5)
        assert entered == []
    other.join(5)
    assert entered == [True]
    assert "기다립니다" in capsys.readouterr().out


def plain(server: FakeHub, **known: object) -> Source:
    url = f"{server.store}/blob/{REPO}/data/part-0.parquet"
    address = Address(url=url, path="one.parquet", **known)  # type: ignore[arg-type]
    return source(repo=None, files=(), urls=(address,), page=server.store)


def test_a_plain_address_is_held_to_the_hash_that_the_catalogue_knows(
    server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    wanted = plain(server, bytes=len(BIG[0]), sha256=hashlib.sha256(BIG[0]).hexdigest())
    bring(wanted)
    assert on_disk() == {"one.parquet": BIG[0]}
    assert all("authorization" not in headers for headers in server.asked("blob"))
    (data_folder("texts") / "one.parquet").unlink()
    server.repos[REPO]["data/part-0.parquet"] = BIG[1]
    with pytest.raises(DataError, match="바뀌었습니다"):
        bring(wanted)


def test_a_plain_address_of_unknown_hash_is_held_to_what_came_first(server: FakeHub) -> None:
    wanted = plain(server)
    assert look_up(wanted).to_come == len(BIG[0])  # asked of the server
    bring(wanted)
    entry = read_json(data_folder("texts") / "source.json")["files"]["one.parquet"]
    assert entry == {"bytes": len(BIG[0]), "sha256": hashlib.sha256(BIG[0]).hexdigest()}
    server.repos[REPO]["data/part-0.parquet"] = BIG[1]
    (data_folder("texts") / "one.parquet").write_bytes(BIG[1])
    assert "바뀌었습니다" in look_up(wanted).faults["one.parquet"]


def test_a_record_of_a_plain_address_names_no_file_outside_its_folder(server: FakeHub) -> None:
    wanted = plain(server)
    bring(wanted)
    record, mine = data_folder("texts") / "source.json", data_folder("texts").parent / "mine.parquet"
    mine.write_bytes(b"mine")
    lock = read_json(record)
    lock["files"] = {"../mine.parquet": next(iter(lock["files"].values()))}
    write_json(record, lock)
    with pytest.raises(DataError, match="폴더 밖"):
        bring(wanted)
    assert mine.read_bytes() == b"mine"


def packed(names: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_a_zip_is_unpacked_whole_and_a_crafted_one_is_not(
    server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.repos[REPO]["data/part-0.parquet"] = packed({"core.yaml": b"a: 1\n", "eval/x.jsonl": b"{}\n"})
    wanted = dataclasses.replace(plain(server), unpack=True)
    bring(wanted)
    folder = data_folder("texts") / pull.UNPACKED
    assert (folder / "eval/x.jsonl").read_bytes() == b"{}\n"
    archive = data_folder("texts") / "bad.zip"
    archive.write_bytes(packed({"../../out.txt": b"x"}))
    with pytest.raises(DataError, match="폴더 밖"):
        pull.unpack(archive, data_folder("texts") / "other")
    archive.write_bytes(packed({"zeros": bytes(5_000_000)}))
    monkeypatch.setattr(pull, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(DataError, match="믿을 수 없는"):
        pull.unpack(archive, data_folder("texts") / "other")
    archive.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(DataError, match="깨졌습니다"):
        pull.unpack(archive, data_folder("texts") / "other")
    assert not (data_folder("texts") / "other").exists()


def test_a_manual_source_explains_its_steps_and_then_takes_the_files() -> None:
    wanted = source(repo=None, files=(), steps_ko=("가입합니다.", "받습니다."), steps_en=("join", "download"))
    with pytest.raises(DataError, match=r"1\. 가입합니다\.\n  2\. 받습니다\.\n폴더: "):
        pull.take_manual(wanted)
    (data_folder("texts") / "talk.txt").write_text("안녕?\n", encoding="utf-8")
    assert pull.take_manual(wanted) == 1
    assert pull.take_manual(wanted) == 1  # its own record is no file of it
    assert read_json(data_folder("texts") / "source.json")["files"]["talk.txt"]["bytes"] == 8
