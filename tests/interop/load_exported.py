"""A program of its own, for whatever Transformers its PYTHONPATH names: folders of exports -> what they say there.

In: JSON on the standard input, a list of {folder, own_code, ids, new_tokens, messages}.  Out: JSON, the version, and
for each folder its logits, greedy continuation and rendered chat, or why it was refused.
"""

import json
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer


@torch.no_grad()
def said(*, folder, own_code, ids, new_tokens, messages):
    try:
        model = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=own_code).eval()
    except ValueError as error:
        return {"refused": str(error)}
    row = torch.tensor([ids])
    mask = torch.ones_like(row)
    made = model.generate(row, attention_mask=mask, max_new_tokens=new_tokens, do_sample=False)
    chat = AutoTokenizer.from_pretrained(folder).apply_chat_template(
        messages, add_generation_prompt=True, return_dict=True
    )
    return {
        "logits": model(row).logits[0].tolist(),
        "generated": made[0, len(ids) :].tolist(),
        "chat": chat["input_ids"],
    }


if __name__ == "__main__":
    found = [said(**asked) for asked in json.load(sys.stdin)]
    json.dump({"version": transformers.__version__, "found": found}, sys.stdout)
