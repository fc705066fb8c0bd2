"""What a run was made of -> the card of its exported model, in Markdown, Korean first.

Licences and credits are those that the run's own records name: what is not recorded is said to be unknown.
"""

from pathlib import Path

from nakochat.core.paths import run_folder
from nakochat.core.rows import as_list, as_row, number, text
from nakochat.data.sources.catalog import credit_lines
from nakochat.interop.exported import Exported
from nakochat.interop.imports import parameters_of
from nakochat.reporting.cost import total_seconds, total_tokens
from nakochat.reporting.facts import Score, Stage, read_run
from nakochat.reporting.markdown import escaped
from nakochat.reporting.origin import made_here
from nakochat.reporting.scores import items_of, most_important_first
from nakochat.reporting.words import duration

_USE = {
    "hf": """```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("PATH")
model = AutoModelForCausalLM.from_pretrained("PATH"{trust})
chat = [{{"role": "user", "content": "안녕하세요!"}}]
ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
print(tokenizer.decode(model.generate(**ids)[0]))
```""",
    "gguf": """```bash
ollama create {name} -f Modelfile && ollama run {name}
llama-cli -m {file} -cnv
```""",
}


def card(exported: Exported, form: str, file: str = "") -> str:
    """The README.md of a folder that holds the model.  form: hf or gguf; file: of the GGUF."""
    model = exported.model
    trust = ", trust_remote_code=True" if exported.needs_code else ""
    use = _USE[form].format(trust=trust, name=exported.run.name, file=file)
    lines = [
        *_front(exported),
        f"# {exported.run.name}",
        "",
        f"nakochat의 `{exported.run}` ({exported.step:,}걸음), "
        f"모양 `{exported.kind}`, 매개변수 {parameters_of(model):,}개, 토큰 {exported.tokenizer.vocab_size:,}개, "
        f"문맥 {model.config.context:,}.",
        "",
        *_notes(exported, form),
        "## 쓰기 · Use",
        "",
        use,
        "",
        *_scores(exported),
        *_training(exported),
        "## 자료와 라이선스 · Data and licences",
        "",
        *_data(exported),
        "",
    ]
    return "\n".join(lines)


def _front(exported: Exported) -> list[str]:
    """What hubs read: no licence is claimed that is not known, no language of a model that was only passed on.

    What was taught here stands under licences of its own, some of which forbid what the imported model's allows.
    """
    licence = "other" if exported.taught else (exported.imported or {}).get("licence") or "other"
    language = ["language: ko"] if exported.own_template else []
    return ["---", *language, "pipeline_tag: text-generation", f"license: {licence}", "---", ""]


def _notes(exported: Exported, form: str) -> list[str]:
    notes = []
    if exported.needs_code and form == "hf":
        notes.append(
            "* 이 모양은 Transformers에 없어서 `modeling_nako.py`가 함께 있습니다. 읽어 보고 "
            "`trust_remote_code=True`로 여세요. 캐시가 없어 느립니다. · *The shape is not one of Transformers', so the "
            "folder carries its own `modeling_nako.py`: read it, then load with `trust_remote_code=True`. It has no "
            "cache and is slow.*"
        )
    if form == "hf" and exported.kind == "nako" and not exported.needs_code:
        notes.append(
            "* 이 모양(`nanochat`)은 Transformers 5부터 있습니다. · *The shape, `nanochat`, came with Transformers 5.*"
        )
    if form == "gguf":
        notes.append(
            "* llama.cpp는 글을 NFC로 바꾸지 않습니다. macOS의 파일에서 온 글은 먼저 바꾸세요. · *llama.cpp does not "
            "normalise text to NFC: do so first with text from files of macOS.*"
        )
    if exported.own_template:
        notes.append(
            "* 계산기는 `nako chat`과 `nako serve`에서만 답합니다. · *The calculator answers only in `nako chat` and "
            "`nako serve`.*"
        )
    return [*notes, ""] if notes else []


def _stage(exported: Exported) -> Stage | None:
    stages = read_run(run_folder(exported.run.name)).stages
    return next((stage for stage in stages if stage.name == exported.run.stage), None)


def _scores(exported: Exported) -> list[str]:
    """The report's scores of this stage: value, 95 % interval, chance, items.  Those of another checkpoint are left
    out, which is said."""
    stage = _stage(exported)
    if stage is None:
        return []
    own = most_important_first(stage) if number(stage.measures, "step") in (None, exported.step) else []
    suites = list(stage.suites_of(exported.step).values())
    rows = [_score_row(s) for s in (*own, *suites) if s.value is not None and s.unit == "accuracy"]
    pairs = (("scores.json", stage.scores, own), ("suites.json", stage.suites, suites))
    left_out = ", ".join(file for file, found, kept in pairs if found and not kept)
    head = ["| 무엇을 · what | 값 · value | 95 % | 찍으면 · chance | 문항 · items |", "|---|--:|--:|--:|--:|"]
    remark = (
        f"* 다른 체크포인트에서 잰 점수는 싣지 않았습니다: {left_out}. · "
        f"*Scores measured of another checkpoint are left out: {left_out}.*"
    )
    table = [*head, *rows, ""] if rows else []
    said = [remark, ""] if left_out else []
    return ["## 점수 · Scores", "", *table, *said] if table or said else []


def _score_row(score: Score) -> str:
    label = score.label.ko if score.label.ko == score.label.en else f"{score.label.ko} · {score.label.en}"
    interval = "" if score.interval is None else "{:.1f} – {:.1f}".format(*(100 * b for b in score.interval))
    chance = "" if score.chance is None else f"{100 * score.chance:.1f}"
    items = "" if score.items is None else items_of(score)
    return f"| {escaped(label)} | {100 * (score.value or 0):.1f} | {interval} | {chance} | {items} |"


def _training(exported: Exported) -> list[str]:
    """What the stages took, as the report says it."""
    run = read_run(run_folder(exported.run.name))
    seconds, tokens = total_seconds(run), total_tokens(run)
    if not seconds:
        return []
    took = duration(seconds)
    machine = as_row(next((stage.origin for stage in run.stages if stage.origin), {}).get("machine"))
    where = text(machine, "name")
    return [
        "## 학습 · Training",
        "",
        f"토큰 {tokens:,.0f}개, {took.ko}. · *{tokens:,.0f} tokens, {took.en}.* {escaped(where)}",
        "",
    ]


def _data(exported: Exported) -> list[str]:
    run = read_run(run_folder(exported.run.name))
    named = dict.fromkeys(str(name) for shard in run.shards for name in as_list(shard.get("catalogue")))
    lines = [f"* {korean}" for korean, _ in credit_lines(named)]
    own = {text(shard, "source") for shard in run.shards if not as_list(shard.get("catalogue"))}
    if exported.imported is not None:
        source, licence = Path(exported.imported["imported"]), exported.imported.get("licence")
        shown = source.name if source.is_absolute() else source  # a card is for others: not where it lay here
        shown = str(shown).replace("`", "'")
        said = escaped(licence) if licence else "라이선스가 적혀 있지 않습니다 · licence not stated"
        lines.append(f"* 바탕 · base model: `{shown}`, {said}")
    for name in sorted(own):
        made = made_here(name)
        lines.append(
            f"* {escaped(made.ko)} · {escaped(made.en)}: MIT"
            if made
            else f"* {escaped(name)}: 라이선스를 직접 확인하세요 · check its licence yourself"
        )
    return lines or ["* 기록이 없습니다. · *Nothing is recorded.*"]
