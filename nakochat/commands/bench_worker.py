"""One variant of the training benchmark, in a process of its own: JSON in argv -> JSON on stdout.

The allocator is set before torch is imported, as `cli.py` does it.
"""

import json
import statistics
import sys
import time
from typing import Any


def measure(options: dict[str, Any]) -> dict[str, float]:
    """Tokens per second (median step) and peak memory of whole training steps on random tokens."""
    import numpy as np

    from nakochat.core.machine import open_machine, peak_memory_bytes
    from nakochat.data.batches import PackedBatches, Source
    from nakochat.data.shards import TokenShard
    from nakochat.models import attention, nako
    from nakochat.training.objective import compiled_loss, weighted_loss
    from nakochat.training.optimizer import Optimizer

    if options["fused"]:
        attention.attend = attention.attend_fused
    machine = open_machine("cpu", options["dtype"], "yes" if options["compile"] else "no")
    config = nako.NakoConfig(
        vocab_size=options["vocab_size"],
        layers=options["depth"],
        width=options["width"],
        heads=options["heads"],
        context=options["context"],
    )
    model = nako.Nako(config, machine.dtype)
    model.initialise(0)
    random = np.random.default_rng(0)
    documents = ((random.integers(0, config.vocab_size, 300).tolist(), None) for _ in range(400))
    shard = TokenShard.from_documents(documents, config.vocab_size)
    batches = PackedBatches([Source(shard)], rows=options["rows"], length=config.context, pad=0, seed=0)
    tokens = options["rows"] * config.context
    optimizer = Optimizer(
        model,
        model.parameter_groups(),
        matrix_rate=0.02,
        weight_decay=0.1,
        width=config.width,
        tokens_per_step=tokens,
        dtype=machine.dtype,
    )
    loss_of = compiled_loss() if machine.compile else weighted_loss
    seconds = []
    for step in range(options["steps"] + 2):
        began = time.perf_counter()
        (batch,) = batches.step()
        (loss_of(model, batch) / batch.scored).backward()
        optimizer.step(step, rate=0.5, momentum=0.95, decay=1.0)
        optimizer.zero_gradients()
        seconds.append(time.perf_counter() - began)
    return {
        "tokens_per_second": tokens / statistics.median(seconds[2:]),
        "peak_memory_gb": peak_memory_bytes(machine.device) / 1e9,
    }


def main() -> None:
    options = json.loads(sys.argv[1])
    if options["allocator"]:
        from nakochat.core.allocator import keep_memory

        keep_memory()
    print(json.dumps(measure(options)))
