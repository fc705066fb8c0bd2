"""A model -> how often it finds the right particle likelier than the wrong one, after nouns that it never saw.

도툼을 / 도툼를: the two differ in the particle's form alone, and the nouns are new combinations of syllables.
"""

import torch

from nakochat.data.village.particles import josa_pair
from nakochat.data.village.scene import Scene
from nakochat.evals.likelihood import log_likelihoods
from nakochat.models.model import Model
from nakochat.text.tokenizer import Tokenizer


def particle_choices(
    model: Model, tokenizer: Tokenizer, *, count: int, seed: int, device: torch.device
) -> list[bool]:
    """Whether each of `count` pairs was decided rightly.  The whole sentences are compared, as encoded whole."""
    sequences = []
    for number in range(count):
        before, right, wrong = josa_pair(Scene("josa", number, seed, "test"))
        sequences += [[tokenizer.bos, *tokenizer.encode(before + ending)] for ending in (right, wrong)]
    totals = [float(values.sum()) for values in log_likelihoods(model, sequences, device)]
    return [right > wrong for right, wrong in zip(totals[::2], totals[1::2], strict=True)]
