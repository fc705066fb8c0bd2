import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakochat.core.errors import ConfigError
from nakochat.serving.errors import BadRequest
from nakochat.serving.web.limits import Door, Limits, Rate


def enter(door, client, rows, tokens):
    """A request that was read and waits."""
    ticket = door.enter(client)
    try:
        ticket.claim(rows, tokens)
    except BadRequest:
        ticket.close()
        raise
    return ticket


def refused(call):
    with pytest.raises(BadRequest) as error:
        call()
    assert error.value.status == 429
    assert int(error.value.headers["Retry-After"]) >= 1
    return error.value


def test_what_waits_is_bounded_in_answers_and_in_tokens():
    door = Door(Limits(most_waiting=3, most_waiting_tokens=100))
    long = enter(door, "a", 1, 5000)  # alone, even a longer prompt may come
    refused(lambda: enter(door, "b", 1, 1))
    long.begun()
    tickets = [enter(door, "b", 1, 10) for _ in range(3)]
    refused(lambda: door.look("c"))
    tickets[0].begun()
    door.look("c")
    refused(lambda: enter(door, "c", 2, 10))
    refused(lambda: enter(door, "c", 1, 81))
    assert (door.waiting, door.waiting_tokens) == (2, 20)


def test_one_client_has_only_so_many_at_once_and_others_none_the_fewer():
    door = Door(Limits(per_client=2))
    first, second = enter(door, "a", 1, 1), enter(door, "a", 1, 1)
    first.begun()
    refused(lambda: door.look("a"))
    enter(door, "b", 2, 1)
    second.close()
    second.close()
    enter(door, "a", 1, 1)
    assert door.inside == {"a": 2, "b": 2}


@pytest.mark.parametrize("limits", [Limits(per_client=2), Limits(most_waiting=2)])
def test_who_asks_for_more_at_once_than_ever_fits_is_not_told_to_come_again(limits):
    door = Door(limits)
    with pytest.raises(BadRequest) as refusal:
        enter(door, "a", 3, 1)
    assert (refusal.value.status, refusal.value.retry_after, refusal.value.param) == (400, None, "n")
    enter(door, "a", 2, 1)


def test_a_request_that_is_still_read_counts_too():
    door = Door(Limits(per_client=2, most_waiting=3))
    reading = [door.enter("a"), door.enter("a")]
    refused(lambda: door.look("a"))
    refused(lambda: door.enter("a"))
    door.enter("b")
    refused(lambda: door.look("c"))
    refused(lambda: reading[0].claim(2, 5))
    reading[0].claim(1, 5)  # in the row that it has
    assert (door.waiting, door.waiting_tokens, door.inside) == (3, 5, {"a": 2, "b": 1})
    for ticket in reading:
        ticket.close()
        ticket.close()
    assert (door.waiting, door.waiting_tokens, door.inside) == (1, 0, {"b": 1})


def test_a_request_that_is_still_read_keeps_no_long_prompt_out():
    door = Door(Limits(most_waiting_tokens=100))
    door.enter("a")
    enter(door, "b", 1, 5000)


def test_requests_a_minute_are_counted_in_a_sliding_window():
    now = 0.0
    door = Door(Limits(per_minute=2), clock=lambda: now)
    door.look("a")
    now = 30.0
    door.look("a")
    error = refused(lambda: door.look("a"))
    assert error.retry_after == pytest.approx(30)
    door.look("b")
    now = 60.5
    door.look("a")
    refused(lambda: door.look("a"))


def test_a_flood_of_clients_is_forgotten_from_the_oldest_on():
    rate = Rate(1)
    for number in range(10_050):
        rate.count(str(number))
    assert len(rate._seen) == 10_000
    assert rate.wait("10049") > 0
    assert rate.wait("0") == 0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.integers(1, 50), st.integers(0, 3))))
def test_whatever_comes_and_goes_nothing_is_left_inside(visits):
    door = Door(Limits(most_waiting=5, most_waiting_tokens=120, per_client=4))
    tickets = []
    for client, rows, tokens, begun in visits:
        try:
            ticket = enter(door, client, rows, tokens)
        except BadRequest:
            if tickets:
                tickets.pop(0).close()
            continue
        for _ in range(begun):
            ticket.begun()
        tickets.append(ticket)
        assert 0 <= door.waiting <= 5
        assert all(count <= 4 for count in door.inside.values())
    for ticket in tickets:
        ticket.close()
    assert (door.waiting, door.waiting_tokens, door.inside) == (0, 0, {})


@pytest.mark.parametrize(
    "name", ["most_waiting", "most_waiting_tokens", "per_client", "per_minute", "patience"]
)
def test_a_limit_is_above_nothing(name):
    with pytest.raises(ConfigError, match="--" + name.replace("_", "-")):
        Limits(**{name: 0})
