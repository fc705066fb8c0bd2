import pytest

from nakochat.serving.api.openai import read_json
from nakochat.serving.errors import BadRequest


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"[]", b"{", b'{"temperature": NaN}', b'"\xff"', b"[" * 100_000),
        *(b'{"n": ' + b"1" * 5000 + b"}", b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}"),
        *("{}".encode("utf-16"), b"\xef\xbb\xbf{}"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(data):
    with pytest.raises(BadRequest, match="JSON"):
        read_json(data)
