"""A run's model in int8, int4 and llama.cpp's Q4_1 -> what each loses in bits per byte, on the same texts.

    python benchmarks/quantisation_loss.py RUN --bpb korean=ko.jsonl english=en.jsonl [--dither 0] [--only int4 Q4_1]

Q4_1 is what `gguf` makes of the same matrices (they are unpacked and multiplied in float32), beside it a head in Q8_0:
as ours, whose head is in int8 and whose table of tokens is whole.  So the two differ in nothing but the levels.

Weights that were unpacked from 4 bits lie on Q4_1's own grid, where it loses nothing and nothing is learned about it.
--dither SEED moves every such weight by up to half a step of its group, at random: back to where it may have been when
it was rounded.  What is lost from there on is what a model that was never in 4 bits would lose.
"""

import argparse
import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from gguf import GGMLQuantizationType, quants
from torch import Tensor, nn

from nakochat.core.files import write_json
from nakochat.core.machine import Machine
from nakochat.core.paths import find_run
from nakochat.evals.scorer import EngineScorer
from nakochat.evals.texts import measure_texts, read_texts
from nakochat.inference.engine import Engine
from nakochat.models.checkpoint import checkpoint_of
from nakochat.models.model import Model
from nakochat.models.quantised import GROUP, LEAST_INPUTS, quantise
from nakochat.text.tokenizer import Tokenizer

Change = Callable[[Model], object]


def main() -> None:
    options = arguments()
    run, machine = find_run(options.run), Machine(torch.device("cpu"))
    tokenizer = Tokenizer.load(run.folder.parent / "tokenizer")
    model = checkpoint_of(run).model(torch.float32, machine.device).eval().requires_grad_(False)
    if options.dither is not None:
        dither(model, options.dither)
    sets = [read_texts(named) for named in options.bpb]
    changes: dict[str, Change] = {
        "float32": lambda model: None,
        "int8": lambda model: quantise(model, "int8"),
        "int4": lambda model: quantise(model, "int4"),
        "Q4_1": q4_1,
    }
    figures: dict[str, dict[str, float]] = {}
    for name in options.only or changes:
        changed = copy.deepcopy(model)
        changes[name](changed)
        found = measure_texts(EngineScorer(Engine(changed, tokenizer, machine)), sets)
        figures[name] = {texts.name: found[f"texts/{texts.name}"]["bits_per_byte"] for texts in sets}
        for text, bits in figures[name].items():
            lost = f"{bits - figures['float32'][text]:+.4f}" if "float32" in figures else ""
            print(f"{name:8} {text:12} {bits:.4f} bits per byte  {lost}", flush=True)
    if options.json:
        write_json(options.json, {"dither": options.dither, "bits_per_byte": figures})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run")
    parser.add_argument("--bpb", nargs="+", required=True, metavar="NAME=FILE")
    parser.add_argument("--dither", type=int, metavar="SEED")
    parser.add_argument("--only", nargs="+", choices=["float32", "int8", "int4", "Q4_1"])
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def matrices(model: Model) -> Iterator[tuple[Tensor, bool]]:
    """The weights that would be in fewer bits, and whether each is the head's."""
    for module in model.modules():
        if isinstance(module, nn.Linear) and module.in_features >= LEAST_INPUTS:
            yield module.weight, module is model.head


def q4_1(model: Model) -> None:
    """All matrices as Q4_1 has them, the head as Q8_0."""
    for weight, is_head in matrices(model):
        kind = GGMLQuantizationType.Q8_0 if is_head or weight.shape[1] % GROUP else GGMLQuantizationType.Q4_1
        weight.copy_(packed(weight, kind))
    if isinstance(model.head, nn.Embedding):  # the table of tokens stays whole, as ours does
        model.own_head = nn.Linear(model.head.embedding_dim, model.head.num_embeddings, bias=False)
        model.own_head.weight = nn.Parameter(packed(model.embedding.weight, GGMLQuantizationType.Q8_0), False)


def packed(weight: Tensor, kind: GGMLQuantizationType) -> Tensor:
    return torch.from_numpy(quants.dequantize(quants.quantize(weight.numpy(), kind), kind))


def dither(model: Model, seed: int) -> None:
    """Every weight of 4 bits anywhere within its step."""
    draw = torch.Generator().manual_seed(seed)
    for weight, is_head in matrices(model):
        if is_head or weight.shape[1] % GROUP:
            continue
        groups = weight.unflatten(1, (-1, GROUP))
        steps = (groups.amax(dim=-1, keepdim=True) - groups.amin(dim=-1, keepdim=True)) / 15
        groups.add_(steps * (torch.rand(groups.shape, generator=draw) - 0.5))


if __name__ == "__main__":
    main()
