import sys
from types import SimpleNamespace

import pytest
import torch

from benchmarks import harness_agreement as agreement
from nakochat.core.errors import ConfigError, DataError
from nakochat.core.machine import Machine
from nakochat.evals import harness
from nakochat.evals.benchmarks import choose
from nakochat.evals.harness import Harness, harness_model, run_harness
from nakochat.evals.scorer import EngineScorer, Likelihood
from nakochat.inference.engine import Engine, inference_copy
from nakochat.models.nako import Nako, NakoConfig
from nakochat.tasks import spacing
from nakochat.tasks.benchmark import Choice
from nakochat.text.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def scorer():
    tokenizer = Tokenizer.train(["안녕하세요. user assistant 무궁화 꽃이 피었어요."] * 3, 300)
    model = Nako(NakoConfig(vocab_size=tokenizer.vocab_size, layers=2, width=32, heads=2, context=64))
    model.initialise(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2)))
    return EngineScorer(Engine(inference_copy(model), tokenizer, Machine(torch.device("cpu"))))


def request(*args):
    return SimpleNamespace(args=args)


def test_the_harness_chooses_what_we_choose(scorer):
    (benchmark,) = spacing.BENCHMARKS
    items = [
        Choice(tuple((f"무궁화{n} ", f" 꽃이 {word}") for word in ("피었어요", "안녕"))) for n in range(6)
    ]
    items += [Choice((("안녕", "하세요"), ("안녕", " 무궁화"), ("안녕", ".")))]
    ours = [right for right, _ in choose(scorer, items, benchmark)]
    theirs = []
    for item in items:
        found = Harness(scorer).loglikelihood([request(*option) for option in item.options])
        totals = [total for total, _ in found]
        theirs.append(totals.index(max(totals)) == item.gold)
    assert ours == theirs


def test_options_of_one_text_begin_with_the_same_token(scorer):
    """With tokens of several words, too: what is scored is what the tokenizer makes of the whole text."""
    texts = [
        f"{who} 점심을 {did}어요." for who in ("나는", "너는", "우리는") for did in ("먹었", "싸 왔")
    ] * 20
    phrases = Tokenizer.train_phrases(texts, texts, 360, 0.2)
    assert "는 점심을 먹".encode() in phrases.token_bytes
    spanning = EngineScorer(SimpleNamespace(tokenizer=phrases))
    asked = []
    spanning.likelihoods = lambda asks: asked.extend(asks) or [[Likelihood(0, 1, True)] * 3 for _ in asks]
    endings = (" 먹었어요.", " 싸 왔어요.", " 샀어요.")
    Harness(spanning).loglikelihood([request("나는 점심을", ending) for ending in endings])
    (ask,) = asked
    read = [phrases.decode([*ask.context, *ids]) for ids in ask.continuations]
    assert read == [f"나는 점심을{ending}" for ending in endings]
    for text, ids in zip(read, ask.continuations, strict=True):
        assert [*ask.context, *ids] == spanning.encode(text)
    assert len(ask.context) < len(spanning.encode("나는 점심을"))


def test_whole_texts_are_read_once_each(scorer):
    text = "안녕하세요. 무궁화 꽃이 피었어요. " * 12
    assert len(scorer.encode(text)) > scorer.context
    (found,) = Harness(scorer).loglikelihood_rolling([request(text)])
    short = "안녕하세요."
    (part,) = Harness(scorer).loglikelihood_rolling([request(short)])
    ((whole, _),) = Harness(scorer).loglikelihood([request("", short)])
    assert part == pytest.approx(whole, abs=1e-4)
    assert found < part < 0


def test_generation_stops_where_a_task_says(scorer):
    (free,) = Harness(scorer).generate_until([request("무궁화", {"max_gen_toks": 12})])
    assert len(free) > 2
    stop = free[2]
    answers = Harness(scorer).generate_until([request("무궁화", {"max_gen_toks": 12, "until": [stop]})] * 2)
    assert answers == [free.partition(stop)[0]] * 2


def test_a_chat_template_stands_for_ids(scorer):
    asked = Harness(scorer)
    text = asked.apply_chat_template([{"role": "user", "content": "안녕"}])
    tokenizer = scorer.engine.tokenizer
    assert asked._encode(text).count(tokenizer.im_start) == 2
    assert tokenizer.im_start not in asked._encode("안녕")


def test_a_missing_harness_is_named(scorer, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "lm_eval", None)
    with pytest.raises(ConfigError, match=r"nakochat\[eval\]"):
        run_harness(scorer, ["kobest"], limit=1, chats=False)


def test_items_that_cannot_be_had_are_no_traceback(scorer, monkeypatch):
    def evaluate(**asked):
        raise ConnectionError("Couldn't reach 'skt/kobest_v1' on the Hub")

    manager = SimpleNamespace(match_tasks=lambda names: names)
    fakes = {
        "lm_eval": SimpleNamespace(evaluator=SimpleNamespace(simple_evaluate=evaluate)),
        "lm_eval.tasks": SimpleNamespace(TaskManager=lambda: manager),
    }
    for name, fake in fakes.items():
        monkeypatch.setitem(sys.modules, name, fake)
    monkeypatch.setattr(harness, "harness_model", lambda scorer: None)
    with pytest.raises(DataError, match="kobest_v1"):
        run_harness(scorer, ["kobest"], limit=1, chats=False)


TABLES = {
    "BoolQ.tsv": """ID\tText\tQuestion\tAnswer
1\t무궁화는 여름에 핍니다. "나라의 꽃"이라고 부릅니다.\t무궁화는 겨울에 핍니까?\tFALSE
2\t비가 왔습니다.\t비가 왔습니까?\tTrue
""",
    "COPA.tsv": """ID\tsentence\tquestion\t1\t2\tAnswer
1\t꽃에 물을 주었습니다.\t결과\t꽃이 피었습니다.\t꽃이 달아났습니다.\t1
2\t문을 닫았습니다.\t원인\t날이 더웠습니다.\t날이 추웠습니다.\t2
""",
    "HellaSwag.tsv": """context\tchoice1\tchoice2\tchoice3\tchoice4\tlabel
물을 끓입니다.\t차를 마십니다.\t잠을 잡니다.\t문을 엽니다.\t달립니다.\t0
""",
    "SentiNeg.tsv": """ID\tLabel\tText
1\t1\t만족합니다.
2\t0\t다시는 안 삽니다.
""",
    "WiC.tsv": """ID\tTarget\tSENTENCE1\tSENTENCE2\tANSWER
1\t배\t[배]를 깎아 먹었습니다.\t[배]를 타고 건넜습니다.\tFalse
""",
    "arc_easy.jsonl": """{"query": "Question: What is hot?", "choices": ["ice", "the sun", "snow"], "gold": 1}
{"query": "Question: What barks?", "choices": ["a dog", "a cat"], "gold": 0}
""",
    "arc_challenge.jsonl": """{"query": "Question: What grows?", "choices": ["a stone", "a tree"], "gold": 1}
""",
}


@pytest.mark.soak  # the harness takes half a minute to come up
@pytest.mark.filterwarnings("ignore")  # its own
def test_the_tasks_of_the_harness_choose_what_ours_choose(scorer, tmp_path, monkeypatch):
    """Invented items; benchmarks/harness_agreement.py does the same on real ones."""
    pytest.importorskip("lm_eval")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    for name, table in TABLES.items():
        (tmp_path / name).write_text(table, encoding="utf-8")
    cases = [*agreement.kobest_cases(tmp_path, 9), *agreement.arc_cases(tmp_path, 9)]
    assert [len(case.items) for case in cases] == [2, 2, 1, 2, 1, 2, 1]
    found = agreement.theirs(harness_model(scorer), cases)
    for case in cases:
        mine, other = agreement.ours(scorer, case), found[case.task]
        assert [pick.option for pick in mine] == [pick.option for pick in other]
        for one, two in zip(mine, other, strict=True):
            assert one.totals == pytest.approx(two.totals, abs=1e-3)


def test_the_real_harness_takes_the_model(scorer):
    pytest.importorskip("lm_eval")
    with pytest.raises(ConfigError, match="no_such_task"):
        run_harness(scorer, ["no_such_task"], limit=1, chats=False)
