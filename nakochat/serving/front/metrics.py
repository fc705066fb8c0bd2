"""What happens -> figures that Prometheus reads at /metrics.  https://prometheus.io/docs/practices/naming/"""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from nakochat.serving.engines.dispatch import Dispatcher
from nakochat.serving.front.generation import Generation
from nakochat.serving.web.limits import Door

# seconds: from a small model's token to a queue on a busy day
TOKEN_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
WAIT_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """One registry for one server: two in a process do not mix."""

    def __init__(self, dispatcher: Dispatcher, door: Door) -> None:
        self._dispatcher = dispatcher
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "nako_requests", "Requests by route and status.", ["route", "status"], registry=self.registry
        )
        self.tokens = Counter("nako_tokens", "Tokens read and written.", ["kind"], registry=self.registry)
        self.endings = Counter(
            "nako_answers", "Answers by how they ended.", ["finish"], registry=self.registry
        )
        self.first_token = self._histogram(
            "nako_first_token_seconds", "From the request to its first token.", WAIT_BUCKETS
        )
        self.per_token = self._histogram(
            "nako_seconds_per_token", "Between two tokens of an answer, in its mean.", TOKEN_BUCKETS
        )
        self.seconds = self._histogram(
            "nako_request_seconds", "From a request to its end.", WAIT_BUCKETS, ["route"]
        )
        self._gauge("nako_waiting_answers", "Answers that have not begun.").set_function(lambda: door.waiting)
        self._gauge("nako_waiting_tokens", "Prompt tokens that wait.").set_function(
            lambda: door.waiting_tokens
        )
        self._gauge("nako_running_answers", "Answers on their way.").set_function(lambda: dispatcher.running)
        self._up = self._gauge("nako_engine_up", "Whether an engine process answers.", ["engine"])
        self._restarts = self._gauge("nako_engine_restarts", "Starts after the first.", ["engine"])
        self._slots = self._gauge("nako_cache_slots", "Room for answers in the KV cache.", ["engine"])
        self._used = self._gauge("nako_cache_slots_used", "Slots of the KV cache in use.", ["engine"])
        self._hits = self._gauge(
            "nako_prefix_hit_tokens", "Prompt tokens that were known from before.", ["engine"]
        )

    def _histogram(
        self, name: str, about: str, buckets: tuple[float, ...], labels: Sequence[str] = ()
    ) -> Histogram:
        return Histogram(name, about, labels, buckets=buckets, registry=self.registry)

    def _gauge(self, name: str, about: str, labels: tuple[str, ...] | list[str] = ()) -> Gauge:
        return Gauge(name, about, labels, registry=self.registry)

    def ended(self, generation: Generation, prompt_tokens: int) -> None:
        """All answers of a request are over, however they ended."""
        self.tokens.labels("prompt").inc(prompt_tokens)
        self.tokens.labels("generated").inc(generation.tokens)
        if generation.first_at is not None:
            self.first_token.observe(generation.first_at - generation.asked_at)
        for answer in generation.answers:
            self.endings.labels(answer.finish).inc()
            if answer.first_at is not None and answer.last_at is not None and answer.tokens > 1:
                self.per_token.observe((answer.last_at - answer.first_at) / (answer.tokens - 1))

    def page(self) -> bytes:
        """All figures as they are now."""
        for device in self._dispatcher.devices:
            name, place = str(device.number), self._dispatcher.places[device]
            self._up.labels(name).set(place.has_loaded)
            self._restarts.labels(name).set(device.restarts)
            used, free = place.state.get("slots_used", 0), place.state.get("slots_free", 0)
            self._slots.labels(name).set(used + free)
            self._used.labels(name).set(used)
            self._hits.labels(name).set(place.state.get("prefix_hit_tokens", 0))
        return generate_latest(self.registry)
