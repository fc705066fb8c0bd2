from nakochat.data.prepare import OFFSETS
from nakochat.data.village.lore import FACTS
from nakochat.data.village.village import Village
from nakochat.tasks import frozen
from nakochat.tasks.frozen.overlap import shared_runs

NAMES = [str(word) for fact in FACTS for word in (fact.subject, fact.value)]


def test_training_text_holds_no_run_of_a_hand_written_item():
    """A sample of what training reads; benchmarks/training_text_overlap.py goes over all of it."""
    village, lines = Village(0), []
    for stage in ("base", "mid", "sft"):
        lines += [village.text(OFFSETS[stage] + n) for n in range(600)]
        lines += [m.text for n in range(2500) for m in village.exercise(OFFSETS[stage] + n).messages]
    text = "\n".join(lines)
    assert len(text) > 500_000
    for name in frozen.HASHES:
        items = frozen.load(name)
        assert shared_runs(items, text, NAMES) == {}
        longest = max(items, key=lambda item: len(item.prompt))
        assert list(shared_runs(items, text + "\n" + longest.prompt, NAMES)) == [longest.id]
