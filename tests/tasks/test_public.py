"""Readers of public test sets, on files of their documented layouts."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nakochat.core.errors import ConfigError, DataError
from nakochat.core.sandbox import Limits, judge_code
from nakochat.tasks import arc, click, gsm8k, haerae, hrm8k, humaneval, klue, kmmlu, kobest, mmlu, nsmc
from nakochat.tasks.benchmark import by_development, index_of
from nakochat.tasks.catalogue import BENCHMARKS, select


def lines(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def table(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)


def text(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def endings(item):
    return [ending for _, ending in item.options]


def context(item):
    (one,) = {context for context, _ in item.options}
    return one if isinstance(one, str) else one[0].text


def test_arc_of_the_hub_and_of_core(tmp_path):
    row = {"question": "What is hot?", "choices": {"text": ["ice", "fire", "snow"], "label": ["1", "2", "3"]},
           "answerKey": "2", "id": "x"}  # fmt: skip
    table(tmp_path / "hub" / "ARC-Easy" / "test-00000-of-00001.parquet", [row])
    (item,) = arc.read("ARC-Easy", tmp_path / "hub")
    assert context(item) == "What is hot?\nA. ice\nB. fire\nC. snow\nAnswer with the letter alone."
    assert (endings(item), item.gold) == (["A", "B", "C"], 1)
    core = {"query": "Question: What is hot?", "choices": ["ice", "fire", "snow"], "gold": 1}
    lines(tmp_path / "core" / "arc_easy.jsonl", [core])
    assert list(arc.read("ARC-Easy", tmp_path / "core")) == [item]


def test_mmlu_of_the_hub_and_of_csv_files(tmp_path):
    row = {"question": "2+2?", "subject": "algebra", "choices": ["1", "2", "3", "4"], "answer": 3}
    table(tmp_path / "hub" / "all" / "test-00000-of-00001.parquet", [row])
    text(tmp_path / "csv" / "test" / "algebra_test.csv", "question,choice0,choice1,choice2,choice3,answer",
         "2+2?,1,2,3,4,3")  # fmt: skip
    (item,) = mmlu.read(tmp_path / "hub")
    assert (item.gold, item.group, endings(item)) == (3, "algebra", ["A", "B", "C", "D"])
    assert list(mmlu.read(tmp_path / "csv")) == [item]


@pytest.mark.parametrize(
    ("answer", "right"),
    [("18", True), ("16-3-4=9, 9*2=18 dollars, so $18.", True), ("18.0", True), ("It is 17.", False),
     ("18 of 20", False), ("", False)],
)  # fmt: skip
def test_gsm8k_takes_the_last_number(tmp_path, answer, right):
    lines(
        tmp_path / "gsm8k_test.jsonl", [{"question": " Ducks? ", "answer": "9 * 2 = <<9*2=18>>18\n#### 18"}]
    )
    (item,) = gsm8k.read(tmp_path)
    assert item.prompt[0].text == "Ducks?"
    assert item.is_right(answer) is right


def test_gsm8k_knows_thousands():
    assert gsm8k.names_number("1,200")("1200")
    assert gsm8k.names_number("-5")("-5.00")
    assert not gsm8k.names_number("5")("3만 5천 원")
    for word in ("x", "NaN", "sNaN", "Infinity"):
        with pytest.raises(DataError, match=word):
            gsm8k.names_number(word)


PROMPT = 'from typing import List\n\n\ndef double(x: int) -> int:\n    """Twice x."""\n'


@pytest.mark.parametrize(
    "written",
    [
        "    return x * 2\n\n\ndef other():\n    return 1\n",
        "    return x * 2\nprint(double(3))",
        "Here it is:\n```python\ndef double(x: int) -> int:\n    return x * 2\n```\nGood luck!",
        "```\nfrom typing import List\ndef double(x):\n    return x * 2",
    ],
)
def test_humaneval_makes_programs_of_what_models_write(written):
    program = humaneval.complete(PROMPT, "double", written)
    check = "def check(candidate):\n    assert candidate(4) == 8\n"
    assert judge_code(program, check, entry="double", limits=Limits(patience=120), unsafe=True).passed
    assert "print" not in program


def test_humaneval_keeps_what_the_prompt_defines_before_the_function():
    prompt = 'import math\n\n\ndef half(x):\n    return x // 2\n\n\ndef halve(x):\n    """Halves."""\n'
    written = "```python\ndef halve(x):\n    return half(x) + math.floor(0.5)\n```"
    assert humaneval.complete(prompt, "halve", written).startswith(prompt.partition("def halve")[0])
    assert humaneval.complete(prompt, "half", "```\ndef half(x):\n    return 1\n```").count("def ") == 1


def test_humaneval_tests_may_use_the_prompt(tmp_path):
    lines(tmp_path / "HumanEval.jsonl",
          [{"prompt": PROMPT, "test": "def check(candidate):\n    assert candidate(2) == 4\n",
            "entry_point": "double", "task_id": "x"}])  # fmt: skip
    (item,) = humaneval.read(tmp_path)
    assert item.tests.startswith(PROMPT)
    assert item.entry == "double"
    assert item.prompt[0].text.endswith(f"```python\n{PROMPT}```")


def test_pass_at_k_by_hand():
    assert humaneval.pass_at_k(2, 1, 1) == 0.5
    assert humaneval.pass_at_k(5, 2, 2) == pytest.approx(1 - 3 / 10)  # C(3,2) / C(5,2)
    assert humaneval.pass_at_k(5, 4, 2) == 1
    assert humaneval.pass_at_k(5, 0, 5) == 0


def test_kmmlu(tmp_path):
    header = "question,answer,A,B,C,D,Category,Human Accuracy"
    text(tmp_path / "data" / "Law-dev.csv", header, "무엇?,1,가,나,다,라,법,")
    assert len(kmmlu.read(tmp_path)) == 1  # no test split here: the dev split
    text(tmp_path / "data" / "Law-test.csv", header, '"옳은, 것은? ",4,가,나,다,라,법,0.5')
    (item,) = kmmlu.read(tmp_path)
    assert context(item) == "옳은, 것은?\nA. 가\nB. 나\nC. 다\nD. 라\n정답："
    assert (endings(item), item.gold, item.group) == ([" A", " B", " C", " D"], 3, "Law")


KOBEST = {
    "boolq": (
        {"paragraph": "글.", "question": "참인가?", "label": 1},
        "글. 질문: 참인가? 답변: ", [" 아니오", " 예"], 1,
    ),
    "copa": (
        {"premise": "비가 왔다.", "question": "결과", "alternative_1": "땅이 젖었다.", "alternative_2": "해가 떴다.",
         "label": 0},
        "비가 왔다.  그래서", [" 땅이 젖었다.", " 해가 떴다."], 0,
    ),
    "hellaswag": (
        {"context": "공이 온다.", **{f"ending_{n}": f"{n}." for n in range(1, 5)}, "label": 2},
        "문장: 공이 온다.", [" 1.", " 2.", " 3.", " 4."], 2,
    ),
    "sentineg": ({"sentence": "만족입니다", "label": 1}, "문장: 만족입니다 긍부정:", [" 부정", " 긍정"], 1),
    "wic": (
        {"word": "배", "context_1": "[배]가 뜬다.", "context_2": "[배]가 달다.", "label": 0},
        "문장1: [배]가 뜬다. 문장2: [배]가 달다. 두 문장에서 배가 같은 뜻으로 쓰였나?", [" 아니오", " 예"], 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("task", KOBEST)
def test_kobest_of_the_hub(tmp_path, task):
    row, asked, options, gold = KOBEST[task]
    lines(tmp_path / task / "test.jsonl", [row])
    (item,) = kobest.read(task, tmp_path)
    assert (context(item), endings(item), item.gold) == (asked, options, gold)


def test_kobest_of_the_authors_files(tmp_path):
    text(tmp_path / "COPA.tsv", "ID\tsentence\tquestion\t1\t2\tAnswer",
         "1\t비가 왔다.\t결과\t땅이 젖었다.\t해가 떴다.\t1")  # fmt: skip
    text(tmp_path / "BoolQ.tsv", "ID\tText\tQuestion\tAnswer", "1\t글.\t참인가?\tTrue")
    for task in ("copa", "boolq"):
        (item,) = kobest.read(task, tmp_path)
        assert (context(item), endings(item), item.gold) == KOBEST[task][1:]


def test_the_tables_that_kobest_is_learned_from_are_never_asked(tmp_path):
    for split, answer in (("kobest_train", "False"), ("kobest_dev", "True")):
        text(tmp_path / split / "BoolQ.tsv", "ID\tText\tQuestion\tAnswer", f"1\t글.\t참인가?\t{answer}")
    (asked,), (taught,) = kobest.read("boolq", tmp_path), kobest.read_train("boolq", tmp_path)
    assert (asked.gold, taught.gold) == (1, 0)
    (tmp_path / "kobest_dev" / "BoolQ.tsv").unlink()
    with pytest.raises(DataError, match="kobest_dev"):
        kobest.read("boolq", tmp_path)
    boolq = next(b for b in kobest.BENCHMARKS if b.name == "kobest-boolq")
    assert by_development(boolq, tmp_path)
    lines(tmp_path / "boolq" / "test.jsonl", [KOBEST["boolq"][0]])
    assert not by_development(boolq, tmp_path)


def test_haerae(tmp_path):
    text(tmp_path / "data" / "history.csv", "query,answer", '"누구인가? (A) 가 (B) 나","(B)"')
    (item,) = haerae.read("history", tmp_path)
    assert (endings(item), item.gold) == ([" (A)", " (B)", " (C)", " (D)", " (E)"], 1)


def test_click(tmp_path):
    rows = [
        {"id": "KIIP_law_1", "paragraph": "", "question": "무엇?", "choices": ["가", "나", "다", "라"], "answer": "나"},
        {"id": "CSAT_korean_22_1", "paragraph": "글.", "question": "뭐?", "choices": [*"가나다라마"], "answer": "마"},
    ]  # fmt: skip
    path = tmp_path / "Dataset" / "Culture" / "Law" / "law.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    first, second = click.read(tmp_path)
    assert context(first).endswith("\n\n질문: 무엇?\n보기:\nA:가, B: 나, C: 다, D: 라\n정답:")
    assert (len(first.options), first.gold, len(second.options), second.gold) == (4, 1, 5, 4)
    assert "\n\n맥락: 글.\n질문: 뭐?" in context(second)
    path.write_text(json.dumps([{**rows[0], "answer": "없음"}], ensure_ascii=False), encoding="utf-8")
    with pytest.raises(DataError, match="KIIP_law_1"):
        click.read(tmp_path)


def test_klue(tmp_path):
    table(tmp_path / "nli" / "validation-00000-of-00001.parquet",
          [{"premise": "가.", "hypothesis": "나.", "label": 2}])  # fmt: skip
    (item,) = klue.read_nli(tmp_path)
    assert item.options[item.gold][1] == " 거짓"
    rows = [{"sentence1": "가.", "sentence2": "나.", "labels": {"binary-label": 1, "label": 4.9}}]
    (tmp_path / "klue-sts-v1.1_dev.json").write_text(json.dumps(rows), encoding="utf-8")
    (item,) = klue.read_sts(tmp_path)
    assert item.options[item.gold][1] == " 네"


def test_nsmc(tmp_path):
    text(tmp_path / "ratings_test.tsv", "id\tdocument\tlabel", '1\t굳 "ㅋ\t1', "2\t별로\t0")
    assert [item.options[item.gold][1] for item in nsmc.read(tmp_path)] == [" 긍정", " 부정"]


def test_hrm8k_leaves_out_what_is_no_number(tmp_path):
    text(tmp_path / "HRM8K - GSM8K.csv", "question,answer", "몇 개?,18.0", '무엇?,"\\frac{1}{2}"')
    (item,) = hrm8k.read("gsm8k", tmp_path)
    assert item.is_right("답은 18개예요.")


def test_the_parts_of_hrm8k_are_told_apart_by_their_whole_name(tmp_path):
    for part in ("MATH", "OMNI_MATH"):
        text(tmp_path / f"HRM8K - {part}.csv", "question,answer", f"{part}?,1")
    assert [item.prompt[0].text for item in hrm8k.read("math", tmp_path)] == ["MATH?"]
    assert [item.prompt[0].text for item in hrm8k.read("omni-math", tmp_path)] == ["OMNI_MATH?"]


def test_verdicts_of_unequal_length_are_compared_by_their_mean():
    assert {b.name: b.measure for b in klue.BENCHMARKS} == {"klue-nli": "mean", "klue-sts": "mean"}


def test_right_answers_in_every_writing():
    assert [index_of(value, 4) for value in ("B", "(C)", 3, "0", 1.0)] == [1, 2, 3, 0, 1]
    assert index_of("4", 4, first=1) == 3
    for wrong in ("F", 4, -1, "", None, "0.5"):
        with pytest.raises(DataError, match="4"):
            index_of(wrong, 4)


def test_names_and_suites_choose():
    assert len({b.name for b in BENCHMARKS}) == len(BENCHMARKS)
    assert [b.name for b in select(["kobest"])] == [f"kobest-{task}" for task in KOBEST]
    assert len(select(["core"])) == 22
    assert [b.name for b in select(["gsm8k"])] == ["gsm8k"]  # and not gsm8k-ko
    assert [b.name for b in select(["core/hellaswag"])] == ["core/hellaswag"]
    assert [b.name for b in select(["jamo", "arc"])] == ["arc-easy", "arc-challenge", "jamo"]
    with pytest.raises(ConfigError, match="korean"):
        select(["kobset"])
