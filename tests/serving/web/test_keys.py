import hmac

import pytest

from nakochat.core.errors import ConfigError
from nakochat.serving.web.keys import Keys, read_keys

ONE, TWO = "k" * 20, "ㅋ".encode().hex() * 4


def test_keys_come_from_a_file_and_the_environment(tmp_path):
    file = tmp_path / "keys"
    file.write_text(f"# who may\nmina {ONE}  # a friend\n\n{TWO}\n", encoding="utf-8")
    keys = read_keys(file, {"NAKO_API_KEY": "e" * 16})
    assert keys.owner(f"Bearer {ONE}") == "mina"
    assert keys.owner(f"bearer  {TWO}") == "key4"
    assert keys.owner("Bearer " + "e" * 16) == "env"
    assert ONE not in repr(keys)
    assert not read_keys(None, {})


@pytest.mark.parametrize(
    "shown",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {ONE}",
        ONE,
        f"Bearer {ONE}x",
        f"Bearer {ONE[:-1]}",
        "Bearer \udcff",
    ],
)
def test_nothing_else_opens(shown, tmp_path):
    file = tmp_path / "keys"
    file.write_text(ONE, encoding="utf-8")
    assert read_keys(file, {}).owner(shown) is None


def test_every_key_is_compared_in_constant_time_wherever_it_fits(monkeypatch):
    keys = read_keys_of(ONE, TWO)
    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(
        "nakochat.serving.web.keys.hmac.compare_digest", lambda a, b: compared.append((a, b)) or real(a, b)
    )
    for shown in (ONE, TWO, "x" * 30):
        compared.clear()
        keys.owner(f"Bearer {shown}")
        assert len(compared) == 2
        assert all(len(a) == len(b) == 32 for a, b in compared)


def read_keys_of(*keys):
    found = [read_keys(None, {"NAKO_API_KEY": key}).hashes[0][1] for key in keys]
    return Keys(tuple((f"key{number}", known) for number, known in enumerate(found)))


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "short", "a b c", f"a {ONE}\na {TWO}", "a" * 600, "열쇠" * 20]
)
def test_a_file_that_holds_no_keys_is_refused(text, tmp_path):
    file = tmp_path / "keys"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        read_keys(file, {})
    with pytest.raises(ConfigError):
        read_keys(tmp_path / "missing", {})
