import json

import pytest
from jsonschema import Draft202012Validator

from nakochat.inference.options import Sampling
from nakochat.serving.api.openai import failure, read_json
from nakochat.serving.api.schemas import components
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


@pytest.mark.parametrize("wait", [None, 1.2])
def test_what_goes_wrong_in_a_stream_says_the_status_that_was_sent_too_early(wait):
    said = failure(BadRequest("왜", status=503, code="engine_lost", retry_after=wait))
    event = json.loads(said.removeprefix("data: "))
    assert (event["error"]["status"], event["error"]["retry_after"]) == (503, None if wait is None else 2)
    schemas = {"components": {"schemas": components(("tiny",), Sampling())}}
    Draft202012Validator({"$ref": "#/components/schemas/ErrorEvent", **schemas}).validate(event)
