"""Chapter 08: numbers that others published, to stand beside ours; all are percent.

Pang et al. 2024 (arXiv:2404.19733), Llama-2-70B-chat on GSM8K: the exact answers of greedy decoding.
"""

from collections.abc import Mapping
from typing import Any

GSM8K = {
    "Llama-2-70B-chat, untuned": 55.6,
    "SFT on gold chains of thought": 63.5,
    "DPO": 61.8,
    "DPO + likelihood, one round": 73.1,
    "DPO + likelihood, four rounds": 81.6,
}
SAID = {  # what the text of ours -> the row of the paper that it stands beside
    "untuned": "Llama-2-70B-chat, untuned",
    "right": "SFT on gold chains of thought",
    "dpo": "DPO",
    "likelihood": "DPO + likelihood, one round",
}
OURS = {"untuned": "taught", "right": "right", "dpo": "dpo_small"}  # and our nets


def beside(ours: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """Published shares and ours, where there is one; `ours`: key of `SAID` -> share from 0 to 1."""
    mine = {SAID[key]: f"{share:.1%}" for key, share in ours.items()}
    return {
        name: {
            "70 B, pretrained, GSM8K": f"{value:.1f}%",
            "ours, 0.2 M, function calls": mine.get(name, "not run"),
        }
        for name, value in GSM8K.items()
    }
