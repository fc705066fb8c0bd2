import json

from nakochat.serving.errors import BadRequest, error_body


def test_an_error_is_written_as_clients_read_it_whatever_stands_in_it():
    broken = error_body(BadRequest("", code="\ud83d", param="\ud83d" * 1000))["error"]
    assert len(json.dumps(broken, ensure_ascii=False).encode()) < 1000
    error = BadRequest("\ud83d" * 1000, status=429, code="c", param="p", retry_after=0.2)
    body = error_body(error)["error"]
    assert set(body) == {"message", "type", "param", "code"}
    body["message"].encode()
    assert len(body["message"]) < 500
    assert (body["type"], body["param"], body["code"]) == ("rate_limit_error", "p", "c")
    assert error.headers == {"Retry-After": "1"}
    assert BadRequest("", status=401).headers == {"WWW-Authenticate": "Bearer"}
    assert error_body(BadRequest("", status=503))["error"]["type"] == "server_error"
