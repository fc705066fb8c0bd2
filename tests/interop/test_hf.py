"""What goes out loads in Transformers, gives the same logits and text, and writes chats as we do."""

import json

import pytest
import torch

from nakochat import cli
from nakochat.core.files import read_json, write_json
from nakochat.core.paths import find_run, run_folder
from nakochat.interop.chat_format import never_ids, stop_ids
from nakochat.interop.exported import read_run
from nakochat.interop.hf import write_hf
from nakochat.interop.imports import keep, read_folder
from nakochat.models.checkpoint import checkpoint_of, save_checkpoint
from nakochat.models.gpt2 import GPT2Config
from nakochat.models.llama import LlamaConfig
from nakochat.models.model import build_model
from nakochat.models.nako import NakoConfig
from nakochat.text.conversation import Part, assistant, render, render_prompt, system, user
from nakochat.text.tokenizer import Tokenizer
from tests.interop.families import TEXT, greedy, make_family

CONFIGS = {
    "llama": LlamaConfig(vocab_size=300, layers=2, width=32, heads=4, kv_heads=2, context=48),
    "qwen3": LlamaConfig(
        vocab_size=300, layers=2, width=24, heads=2, head_size=16, context=48, qk_norm=True, tied=True
    ),
    "stretched": LlamaConfig(
        vocab_size=300, layers=2, width=32, heads=2, context=48, stretch=(4.0, 1.0, 4.0, 16)
    ),
    "gpt2": GPT2Config(vocab_size=300, layers=2, width=32, heads=4, context=48),
    "sines": GPT2Config(
        vocab_size=300, layers=2, width=32, heads=4, context=48, positions="sines", tied=False
    ),
    "plain": NakoConfig(
        vocab_size=300,
        layers=2,
        width=32,
        heads=4,
        kv_heads=2,
        context=48,
        value_embedding_every=0,
        plain=True,
    ),
    "nako": NakoConfig(vocab_size=300, layers=4, width=32, heads=4, kv_heads=2, context=48, window=9),
}
CHAT = (
    system("짧게 답하세요."),
    user("37+45는?"),
    assistant(Part("python", "37+45"), Part("output", "82"), "82예요."),
    user("고마워요!"),
)


@pytest.fixture(params=list(CONFIGS))
def exported(request, tmp_path, nako_home, monkeypatch):
    """A run with random weights of each shape, and where it was exported to."""
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    make_run("m", CONFIGS[request.param])
    run = read_run(find_run("m"))
    write_hf(run, tmp_path / "out", "f32")
    return run, tmp_path / "out"


def make_run(name, config, stage="sft"):
    tokenizer = Tokenizer.train(TEXT * 20, 300)
    assert tokenizer.vocab_size == 300
    tokenizer.save(run_folder(name) / "tokenizer")
    model = build_model(config)
    model.initialise(0)
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in filter(lambda p: p.requires_grad, model.parameters()):
            parameter.add_(0.15 * torch.randn_like(parameter))
    save_checkpoint(
        run_folder(name) / stage / "checkpoints",
        model=model,
        tokenizer_hash=tokenizer.hash,
        state={"step": 7, "steps": 7},
    )


def loaded(folder, **options):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    trust = {"trust_remote_code": True} if (folder / "modeling_nako.py").exists() else {}
    model = AutoModelForCausalLM.from_pretrained(folder, **trust, **options).eval()
    return model, AutoTokenizer.from_pretrained(folder)


def test_logits_and_greedy_text_are_ours(exported):
    run, folder = exported
    model, _ = loaded(folder)
    ids = torch.tensor([run.tokenizer.encode(TEXT[0])[:30]])
    with torch.no_grad():
        expected = run.model(ids)[..., :300]
        assert expected.std() > 0.3
        assert torch.allclose(model(ids).logits, expected, atol=1e-4)
    never, stops = never_ids(run.tokenizer), stop_ids(run.tokenizer)
    ours = greedy(run.model, ids[0, :8].tolist(), 24, never=never, stops=stops, rows=300)
    with torch.no_grad():
        mask = torch.ones(1, 8, dtype=torch.int64)
        generated = model.generate(ids[:, :8], attention_mask=mask, max_new_tokens=24, do_sample=False)
    assert generated[0, 8:].tolist() == ours


def test_our_own_code_is_asked_for_by_our_own_shape_only(exported):
    run, folder = exported
    assert (folder / "modeling_nako.py").exists() == run.needs_code
    assert ("auto_map" in read_json(folder / "config.json")) == run.needs_code
    card = (folder / "README.md").read_text()
    assert ("trust_remote_code" in card) == run.needs_code
    assert ("Transformers 5" in card) == getattr(run.model.config, "plain", False)


def test_padding_on_the_left_changes_nothing_for_our_own_code(tmp_path, nako_home, monkeypatch):
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    make_run("m", CONFIGS["nako"])
    write_hf(read_run(find_run("m")), tmp_path / "out", "f32")
    model, _ = loaded(tmp_path / "out")
    ids = torch.tensor([[5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]])
    padded = torch.nn.functional.pad(ids, (3, 0), value=299)
    mask = torch.nn.functional.pad(torch.ones_like(ids), (3, 0))
    with torch.no_grad():
        alone, beside = model(ids).logits, model(padded, attention_mask=mask).logits[:, 3:]
    assert torch.allclose(alone, beside, atol=1e-4)


def as_messages(conversation):
    return [
        {"role": m.role, "content": [{"type": p.kind, "text": p.text} for p in m.parts]} for m in conversation
    ]


@pytest.mark.parametrize("config", ["llama"])
def test_the_template_writes_what_we_train_on(tmp_path, nako_home, config):
    make_run("m", CONFIGS[config])
    write_hf(read_run(find_run("m")), tmp_path / "out", "f32")
    _, theirs = loaded(tmp_path / "out")
    ours = Tokenizer.load(run_folder("m") / "tokenizer")
    messages = as_messages(CHAT)
    whole = theirs.apply_chat_template(messages, return_dict=True)["input_ids"]
    assert whole == render(ours, CHAT)[0]
    prompt = theirs.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
    assert prompt == render_prompt(ours, CHAT)
    plain = [{"role": "user", "content": "안녕\n\n반가워요"}]
    ids = theirs.apply_chat_template(plain, add_generation_prompt=True, return_dict=True)["input_ids"]
    assert ids == render_prompt(ours, (user("안녕\n\n반가워요"),))


def test_generation_stops_at_a_list_of_ids(exported):
    run, folder = exported
    found = read_json(folder / "generation_config.json")
    assert found["eos_token_id"] == [run.tokenizer.im_end, run.tokenizer.bos]
    config = json.loads((folder / "tokenizer_config.json").read_text())
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast"
    assert config["model_max_length"] == 48


@pytest.mark.parametrize("packing", ["bf16", "f16"])
def test_smaller_numbers_are_written_when_asked_for(tmp_path, nako_home, packing):
    from safetensors.torch import load_file

    make_run("m", CONFIGS["llama"])
    assert cli.run(["export", "m", str(tmp_path / "out"), "--to", "hf", "--type", packing]) == 0
    dtypes = {x.dtype for x in load_file(tmp_path / "out" / "model.safetensors").values()}
    assert dtypes == {torch.bfloat16 if packing == "bf16" else torch.float16}


@pytest.mark.parametrize("config", ["llama", "qwen3", "stretched", "gpt2"])
def test_what_went_out_comes_in_again(tmp_path, nako_home, config):
    make_run("m", CONFIGS[config])
    run = read_run(find_run("m"))
    write_hf(run, tmp_path / "out", "f32")
    back = read_folder(tmp_path / "out")
    assert back.tokenizer.hash == run.tokenizer.hash
    assert back.template == run.template
    ids = torch.tensor([[1, 2, 3, 290]])
    assert torch.allclose(back.model.eval()(ids)[..., :300], run.model(ids)[..., :300], atol=1e-6)


def test_a_model_that_came_in_goes_out_with_its_own_template(family, tmp_path, nako_home):
    keep(read_folder(family.folder), "m", "owner/name@1")
    write_hf(read_run(find_run("m")), tmp_path / "out", "f32")
    assert (tmp_path / "out" / "chat_template.jinja").read_text() == "{{ messages[0]['content'] }}"
    card = (tmp_path / "out" / "README.md").read_text()
    assert "owner/name@1" in card
    assert "license: apache-2.0" in card
    assert "language: ko" not in card  # it was not taught here
    model, _ = loaded(tmp_path / "out")
    ids = torch.tensor([[3, 40, 50, 60]])
    rows = read_folder(family.folder).rows
    with torch.no_grad():
        assert torch.allclose(model(ids).logits[..., :rows], family.model(ids).logits, atol=1e-4)


def test_a_card_names_the_model_that_a_run_goes_back_to_through_others(tmp_path, nako_home):
    keep(read_folder(make_family("llama", tmp_path / "theirs").folder), "smol", str(tmp_path / "theirs"))
    for name, stage, parent in (("mine", "base", "smol/base@0"), ("told", "sft", "mine/base@7")):
        make_run(name, CONFIGS["llama"], stage)
        write_json(run_folder(name) / stage / "origin.json", {"parent": {"checkpoint": parent}})
    run = read_run(find_run("told"))
    assert run.own_template
    write_hf(run, tmp_path / "out", "f32")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "license: other" in card  # of what it was taught here another may hold
    assert "base model: `theirs`, apache-2.0" in card  # and not where it lay


def test_the_card_names_data_and_licences(tmp_path, nako_home):
    make_run("m", CONFIGS["llama"])
    shard = run_folder("m") / "data" / "base" / "text"
    shard.mkdir(parents=True)
    write_hf(read_run(find_run("m")), tmp_path / "out", "f32")
    assert "license: other" in (tmp_path / "out" / "README.md").read_text()
    assert "기록이 없습니다" in (tmp_path / "out" / "README.md").read_text()
    for name, source in (("text", "나의 *글*"), ("tasks-1", "spelling"), ("chat", "village")):
        write_json(shard.parent / name / "about.json", {"source": source})
    write_hf(read_run(find_run("m")), tmp_path / "out", "f32")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "* 마을(생성한 글) · the village (generated): MIT" in card
    assert "* 과제 spelling(생성한 문항) · task spelling (generated): MIT" in card
    assert r"* 나의 \*글\*: 라이선스를 직접 확인하세요" in card


def test_mistakes_end_with_a_line(tmp_path, nako_home, capsys):
    make_run("m", CONFIGS["llama"])
    (tmp_path / "full").mkdir()
    write_json(tmp_path / "full" / "a.json", 1)
    (tmp_path / "file").write_text("x")
    for words in (
        ["m", str(tmp_path / "full"), "--to", "hf"],
        ["m", str(tmp_path / "file"), "--to", "hf"],
        ["m", str(tmp_path / "out"), "--to", "hf", "--type", "q8_0"],
        ["m", str(tmp_path / "out"), "--to", "onnx"],
        ["nowhere", str(tmp_path / "out"), "--to", "hf"],
        ["m", str(tmp_path / "out")],
    ):
        assert cli.run(["export", *words]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert cli.run(["export", "m", str(tmp_path / "out"), "--to", "hf"]) == 0
    assert cli.run(["export", "m", str(tmp_path / "out"), "--to", "hf"]) == 0  # over its own
    assert cli.run(["export", "m", str(tmp_path / "out"), "--to", "gguf"]) == 2
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_the_card_shows_the_scores_and_costs_of_the_exported_stage(tmp_path):
    make_run("m", CONFIGS["llama"])
    folder = run_folder("m") / "sft"
    figure = {"value": 0.955, "items": 400, "chance": 0.5, "interval": [0.94, 0.97], "unit": "accuracy"}
    label = {"ko": "조사 | 고르기", "en": "particles"}
    step = find_run("m").step
    write_json(folder / "scores.json", {"step": step, "scores": {"josa": {**figure, "label": label}}})
    write_json(folder / "suites.json", {"step": step, "scores": {"mmlu": {**figure, "value": 0.251}}})
    (folder / "metrics.jsonl").write_text(
        '{"kind": "step", "step": 1, "loss": 1.0}\n{"kind": "end", "seconds": 90.0, "tokens": 4096}\n'
    )
    write_hf(read_run(find_run("m")), tmp_path / "out", "f32")
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "| 조사 \\| 고르기 · particles | 95.5 | 94.0 – 97.0 | 50.0 | 400 |" in card
    assert "| mmlu | 25.1 |" in card
    assert "토큰 4,096개, 1분 30초." in card
    assert "left out" not in card


@pytest.mark.parametrize("old", ["scores", "suites"])
def test_the_card_shows_no_scores_of_another_checkpoint(tmp_path, old):
    make_run("m", CONFIGS["llama"])
    figure = {"items": 400, "chance": 0.5, "interval": [0.94, 0.97], "unit": "accuracy"}
    for file, value in (("scores", 0.955), ("suites", 0.251)):
        step = checkpoint_of(find_run("m")).step - (file == old)
        content = {"step": step, "scores": {file: {**figure, "value": value}}}
        write_json(run_folder("m") / "sft" / f"{file}.json", content)
    write_hf(read_run(find_run("m")), tmp_path / "out", "f32")
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert ("| 95.5 |" in card, "| 25.1 |" in card) == (old == "suites", old == "scores")
    assert f"left out: {old}.json" in card
