"""What the form of each intent asks for: as the reader says, or as most training requests do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from helpers.datasets._requests import OUT_OF_SCOPE
from helpers.datasets._tagged import spans

__all__ = ["needed_slots"]


def needed_slots(
    rows: Sequence[tuple], forms: Mapping[str, Sequence[str]] | None = None, share: float = 0.6
) -> dict[str, list[str]]:
    """What the form of each intent asks for.

    Args:
        rows: training requests; those of the intent `"oos"` have no form.
        forms: intent → kinds of slot, where you know what is needed; an intent without a request is
            passed over.
        share: elsewhere, the kinds that so large a share of the requests have, or else the commonest one.

    Raises: `ValueError` for a form with a kind that no request of its intent has.
    """
    counts = defaultdict(Counter)
    total = Counter(intent for _, _, intent in rows if intent != OUT_OF_SCOPE)
    for _, tags, intent in rows:
        counts[intent].update(sorted({name for name, _, _ in spans(tags)}))
    needed = {}
    for intent in sorted(total):
        ranked = sorted(counts[intent], key=lambda name, seen=counts[intent]: (-seen[name], name))
        enough = [name for name in ranked if counts[intent][name] >= share * total[intent]]
        needed[intent] = list((forms or {}).get(intent, enough or ranked[:1]))
        if unknown := [name for name in needed[intent] if name not in ranked]:
            known = ", ".join(ranked) or "none"
            raise ValueError(f"the form of {intent} asks for {unknown[0]!r}; its requests have: {known}")
    return needed
