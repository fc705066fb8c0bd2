"""The queue and the devices, with puppets for the devices: what is sent where, and what is left when it is over."""

import asyncio
import random

import pytest

from nakochat.inference.options import Sampling
from nakochat.serving.engines.dispatch import Ask, Dispatcher, EngineLost
from nakochat.serving.engines.wire import WireToken
from nakochat.serving.errors import BadRequest


class Puppet:
    """A device that keeps what it was sent."""

    def __init__(self, number=0):
        self.number, self.deaths, self.restarts, self.is_connected = number, 0, 0, False
        self.sent = []

    def start(self, owner):
        self.owner, self.is_connected = owner, True
        owner.connected(self)

    def send(self, message):
        if self.is_connected:
            self.sent.append(message)

    async def close(self):
        self.is_connected = False

    def load(self, model="a", slots=2, context=99, fingerprint="nako_0"):
        about = {"slots": slots, "context": context, "created": 7, "fingerprint": fingerprint}
        self.owner.heard(self, {"is": "loaded", "model": model, **about})

    def tokens(self, *tokens):
        sent = [(key, *token) for key, token in tokens]
        self.owner.heard(self, {"is": "tokens", "tokens": sent})

    def fail(self, model, why="damaged"):
        self.owner.heard(self, {"is": "unloadable", "model": model, "why": why})

    def die(self):
        self.is_connected, self.deaths = False, self.deaths + 1
        self.owner.died(self)

    def begun(self):
        return [message["key"] for message in self.sent if message["do"] == "begin"]

    def did(self, what):
        return [message.get("model", message.get("key")) for message in self.sent if message["do"] == what]


def scene(test, devices=1, **options):
    """Run an async test with a dispatcher of so many puppets, all of them up."""

    async def run():
        puppets = [Puppet(number) for number in range(devices)]
        dispatcher = Dispatcher(puppets, "a", **options)
        dispatcher.start()
        await test(dispatcher, *puppets)
        for puppet in puppets:
            assert not dispatcher.places[puppet].busy

    asyncio.run(run())


def ask(dispatcher, client="me", model="a", prompt=(1, 2), patience=60.0, news=None):
    news = news if news is not None else asyncio.Queue()
    return dispatcher.ask(Ask(model=model, prompt=prompt, sampling=Sampling()), client, news, 0, patience)


def heard(job):
    found = []
    while not job.news.empty():
        found.append(job.news.get_nowait()[1])
    return found


def test_an_answer_begins_when_its_model_is_there_and_a_slot_is_free():
    async def test(dispatcher, puppet):
        jobs = [ask(dispatcher) for _ in range(3)]
        assert puppet.sent == [{"do": "load", "model": "a"}]
        learnt = []
        dispatcher.on_loaded = lambda *about: learnt.append(about)
        puppet.load()
        assert (learnt, dispatcher.is_ready) == ([("a", 99, 7)], True)
        assert puppet.begun() == [jobs[0].key, jobs[1].key]
        puppet.tokens((jobs[0].key, WireToken(5)), (jobs[1].key, WireToken(6, "stop")))
        assert puppet.begun() == [job.key for job in jobs]
        assert (heard(jobs[0]), heard(jobs[1])) == ([WireToken(5)], [WireToken(6, "stop")])
        dispatcher.cancel(jobs[0])
        dispatcher.cancel(jobs[1])  # over already
        assert puppet.did("cancel") == [jobs[0].key]
        puppet.tokens((jobs[0].key, WireToken(7)), (jobs[2].key, WireToken(8, "length")))
        assert (heard(jobs[0]), heard(jobs[2])) == ([], [WireToken(8, "length")])

    scene(test)


def test_clients_take_turns():
    async def test(dispatcher, puppet):
        greedy = [ask(dispatcher, "greedy") for _ in range(4)]
        modest = ask(dispatcher, "modest")
        puppet.load(slots=1)
        for _ in range(5):
            puppet.tokens((puppet.begun()[-1], WireToken(1, "stop")))
        assert puppet.begun() == [greedy[0].key, modest.key, *(job.key for job in greedy[1:])]

    scene(test)


def test_what_waits_survives_an_engines_death_and_what_runs_is_told():
    async def test(dispatcher, puppet):
        jobs = [ask(dispatcher) for _ in range(3)]
        puppet.load()
        puppet.tokens((jobs[0].key, WireToken(5)))
        puppet.die()
        first, why = heard(jobs[0])
        assert first == WireToken(5)
        assert isinstance(why, EngineLost)
        assert isinstance(heard(jobs[1])[0], EngineLost)
        assert heard(jobs[2]) == []
        assert not dispatcher.is_ready
        puppet.sent.clear()
        puppet.start(dispatcher)
        puppet.load()
        assert puppet.begun() == [jobs[2].key]
        dispatcher.cancel(jobs[0])
        puppet.tokens((jobs[2].key, WireToken(1, "stop")))

    scene(test)


def test_nobody_waits_for_a_device_that_keeps_dying():
    async def test(dispatcher, puppet):
        job = ask(dispatcher)
        for _ in range(3):
            assert not dispatcher.is_hopeless
            puppet.die()
        assert dispatcher.is_hopeless
        assert isinstance(heard(job)[0], EngineLost)
        puppet.start(dispatcher)
        puppet.load()
        puppet.die()  # later, by itself: its bad start is forgotten
        assert not dispatcher.is_hopeless

    scene(test)


def test_a_model_is_loaded_on_demand_in_the_place_of_one_that_nobody_uses():
    async def test(dispatcher, puppet):
        puppet.load("a")
        on_b = ask(dispatcher, model="b")
        assert puppet.did("load") == ["a", "b"]
        puppet.load("b")
        on_c = ask(dispatcher, model="c")
        assert puppet.did("drop") == ["a"]  # the one unused for longest: b has an answer on its way
        assert dispatcher.is_ready  # whatever is asked for is loaded
        puppet.load("c")
        on_a = ask(dispatcher, model="a")
        more_b = ask(dispatcher, model="b")
        assert puppet.did("drop") == ["a"]
        assert puppet.begun() == [on_b.key, on_c.key]  # nobody passes the one that waits for room
        puppet.tokens((on_c.key, WireToken(1, "stop")))
        assert (puppet.did("drop"), puppet.did("load")) == (["a", "c"], ["a", "b", "c", "a"])
        puppet.load("a")
        assert set(puppet.begun()[2:]) == {on_a.key, more_b.key}
        puppet.tokens(*((job.key, WireToken(1, "stop")) for job in (on_b, on_a, more_b)))

    scene(test)


def test_room_for_a_third_model_is_made_by_the_last_token_of_either():
    async def test(dispatcher, puppet):
        puppet.load("a")
        on_b = ask(dispatcher, model="b")
        puppet.load("b")
        on_a = ask(dispatcher, model="a")
        on_c = ask(dispatcher, model="c")
        assert puppet.did("load") == ["a", "b"]  # both are busy
        puppet.tokens((on_b.key, WireToken(1, "stop")))
        assert (puppet.did("drop"), puppet.did("load")) == (["b"], ["a", "b", "c"])
        puppet.load("c")
        puppet.tokens((on_c.key, WireToken(1, "stop")), (on_a.key, WireToken(1, "stop")))
        assert [heard(job) for job in (on_a, on_b, on_c)] == [[WireToken(1, "stop")]] * 3

    scene(test)


def test_a_model_that_cannot_be_loaded_fails_its_answers_alone():
    async def test(dispatcher, puppet):
        puppet.load("a")
        bad, good = ask(dispatcher, model="b"), ask(dispatcher)
        puppet.fail("b")
        (why,) = heard(bad)
        assert (why.status, str(why)) == (503, "damaged")
        assert dispatcher.failure is None
        puppet.tokens((good.key, WireToken(1, "stop")))

    scene(test)


def test_the_first_model_ends_the_server_only_where_none_was_ever_loaded():
    async def test(dispatcher, puppet):
        puppet.fail("a", "gone")
        assert (dispatcher.failure, dispatcher.is_ready) == ("gone", False)

    scene(test)

    async def test_later(dispatcher, puppet):
        puppet.load("a")
        puppet.die()
        puppet.start(dispatcher)
        assert not dispatcher.is_ready
        lost = ask(dispatcher)
        puppet.fail("a", "gone")
        assert str(heard(lost)[0]) == "gone"
        assert dispatcher.failure is None
        other = ask(dispatcher, model="b")
        puppet.load("b")
        assert dispatcher.is_ready
        puppet.tokens((other.key, WireToken(1, "stop")))
        again = ask(dispatcher)  # it may be there again
        assert puppet.did("load")[-1] == "a"
        puppet.load("a")
        puppet.tokens((again.key, WireToken(1, "stop")))

    scene(test_later)


def test_a_server_of_one_model_at_a_time_stays_ready_while_it_changes_models():
    async def test(dispatcher, puppet):
        puppet.load("a")
        job = ask(dispatcher, model="b")
        assert (puppet.did("drop"), dispatcher.places[puppet].models) == (["a"], {})
        assert dispatcher.is_ready
        puppet.load("b")
        puppet.tokens((job.key, WireToken(1, "stop")))
        for _ in range(3):
            puppet.deaths += 1  # as if it had died of bad starts before
        assert not dispatcher.is_hopeless

    scene(test, most_models=1)


def test_what_one_device_cannot_load_another_answers():
    async def test(dispatcher, good, bad):
        good.load(slots=1)
        bad.fail("a", "no memory here")
        assert dispatcher.failure is None
        jobs = [ask(dispatcher) for _ in range(3)]
        for job in jobs:
            assert good.begun()[-1] == job.key
            good.tokens((job.key, WireToken(1, "stop")))
        assert bad.did("load") == ["a"]  # and is not asked over and over
        assert [heard(job) for job in jobs] == [[WireToken(1, "stop")]] * 3
        good.die()
        job = ask(dispatcher)
        assert bad.did("load") == ["a", "a"]  # now there is no other
        bad.load()
        bad.tokens((job.key, WireToken(1, "stop")))

    scene(test, devices=2)


def test_what_waits_for_a_busy_device_is_not_ended_by_another_that_fails():
    async def test(dispatcher, good, bad):
        jobs = [ask(dispatcher, model="b")]
        good.load("a")
        bad.load("a")
        loading = good if "b" in good.did("load") else bad
        loading.load("b", slots=1)
        jobs += [ask(dispatcher, model="b") for _ in range(2)]
        other = bad if loading is good else good
        assert other.did("load") == ["a", "b"]
        other.fail("b")
        for job in jobs:
            loading.tokens((job.key, WireToken(1, "stop")))
            assert heard(job) == [WireToken(1, "stop")]

    scene(test, devices=2)


def test_an_answer_that_waits_too_long_is_given_up_and_never_sent():
    async def test(dispatcher, puppet):
        job = ask(dispatcher, patience=0.01)
        await asyncio.sleep(0.05)
        (why,) = heard(job)
        assert (why.status, why.code) == (503, "overloaded")
        puppet.load()
        assert puppet.begun() == []

    scene(test)


def test_a_refusal_of_the_engine_is_a_bad_request():
    async def test(dispatcher, puppet):
        puppet.load()
        job = ask(dispatcher)
        puppet.owner.heard(puppet, {"is": "refused", "key": job.key, "why": "no", "code": "c"})
        (why,) = heard(job)
        assert isinstance(why, BadRequest)
        assert (why.status, why.code) == (400, "c")

    scene(test)


def test_a_conversation_goes_on_where_it_is_known_unless_others_are_free():
    async def test(dispatcher, *puppets):
        for puppet in puppets:
            puppet.load(slots=8)
        for turn in range(4):
            jobs = [ask(dispatcher, prompt=(*range(70), turn)) for _ in range(2)]
            for puppet in puppets:
                puppet.tokens(*((key, WireToken(1, "stop")) for key in puppet.begun()))
            assert all(heard(job) for job in jobs)
        busy = [puppet for puppet in puppets if puppet.begun()]
        assert len(busy) == 1
        many = [ask(dispatcher, prompt=(*range(70),)) for _ in range(12)]
        places = [dispatcher.places[puppet].busy for puppet in puppets]
        assert max(places) - min(places) <= 3
        for job in many:
            dispatcher.cancel(job)

    scene(test, devices=3)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_every_answer_ends_once_and_no_slot_is_lost(seed):
    draw = random.Random(seed)

    async def test(dispatcher, *puppets):
        jobs = []
        for _ in range(300):
            match draw.randrange(8):
                case 0 | 1:
                    jobs.append(ask(dispatcher, draw.choice("xyz"), draw.choice("aab")))
                case 2:
                    dispatcher.cancel(draw.choice(jobs)) if jobs else None
                case 3:
                    puppet = draw.choice(puppets)
                    puppet.die() if puppet.is_connected and draw.random() < 0.2 else None
                case 4:
                    puppet = draw.choice(puppets)
                    puppet.start(dispatcher) if not puppet.is_connected else None
                case 5:
                    for puppet in puppets:
                        loading = dispatcher.places[puppet].loading
                        puppet.load(loading) if loading and puppet.is_connected else None
                case 6:
                    for puppet in puppets:
                        keys = [k for m in dispatcher.places[puppet].models.values() for k in m.jobs]
                        puppet.tokens(*((key, WireToken(1, draw.choice([None, "stop"]))) for key in keys))
                case 7:
                    for puppet in puppets:
                        loading = dispatcher.places[puppet].loading
                        puppet.fail(loading) if loading and draw.random() < 0.2 else None
            for place in dispatcher.places.values():
                assert len(place.models) <= 2
                assert all(len(model.jobs) <= model.slots for model in place.models.values())
        for puppet in puppets:
            puppet.deaths = 0
            puppet.start(dispatcher) if not puppet.is_connected else None
        for _ in range(600):  # now everything that waits comes to its end
            for puppet in puppets:
                loading = dispatcher.places[puppet].loading
                puppet.load(loading) if loading else None
                keys = [k for m in dispatcher.places[puppet].models.values() for k in m.jobs]
                puppet.tokens(*((key, WireToken(1, "stop")) for key in keys))
        for job in jobs:
            news = heard(job)
            ends = [n for n in news if isinstance(n, BadRequest) or n.finish]
            assert len(ends) == job.is_over or not news
            assert ends == news[-1:] or not job.is_over
        assert not dispatcher._queues

    scene(test, devices=2)


def test_an_answer_has_the_fingerprint_of_the_engine_that_gives_it():
    async def test(dispatcher, *puppets):
        jobs = [ask(dispatcher, client) for client in "xy"]
        assert [job.fingerprint for job in jobs] == [None, None]
        for number, puppet in enumerate(puppets):
            puppet.load(slots=1, fingerprint=f"nako_{number}")  # a training has gone on between the two
        assert sorted(job.fingerprint for job in jobs) == ["nako_0", "nako_1"]
        for job in jobs:
            job.device.tokens((job.key, WireToken(1, "stop")))
            assert job.fingerprint in ("nako_0", "nako_1")

    scene(test, devices=2)
