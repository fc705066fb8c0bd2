"""What slot_attention.attend_slots computes, as a formula."""

import torch


def attend_formula(q, k, v, keys, values, slots, places, *, scale, window, alone):
    """Shapes as there; keys and values are written to, too."""
    real = (slots >= 0).nonzero()[:, 0]
    keys[slots[real], :, places[real]] = k[real]
    values[slots[real], :, places[real]] = v[real]
    group = q.shape[1] // k.shape[1]
    own_keys, own_values = (
        kept[slots.clamp_min(0)].float().repeat_interleave(group, dim=1) for kept in (keys, values)
    )
    scores = torch.einsum("nhc,nhsc->nhs", q.float(), own_keys) * scale
    seen = torch.arange(keys.shape[2], device=q.device)
    allowed = seen <= places[:, None]
    if window is not None:
        allowed &= seen > places[:, None] - window
    shares = scores.masked_fill(~allowed[:, None], float("-inf")).softmax(dim=-1)
    found = torch.einsum("nhs,nhsc->nhc", shares.nan_to_num(), own_values)
    return torch.where((slots >= 0)[:, None, None], found, 0).to(q.dtype)
