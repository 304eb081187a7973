"""The commands of SCAN and their meaning (Lake and Baroni 2018, "Generalization without Systematicity", figures 6, 7).

C -> S and S | S after S | S       S -> V twice | V thrice | V
V -> U | D | U|turn opposite left|right | U|turn around left|right
D -> U left | U right | turn left | turn right      U -> walk | look | run | jump
"""

from collections.abc import Iterator, Sequence

PRIMITIVES = ("walk", "look", "run", "jump")
WORDS = (*PRIMITIVES, "turn", "left", "right", "opposite", "around", "twice", "thrice", "and", "after")
ACTIONS = ("WALK", "LOOK", "RUN", "JUMP", "LEFT", "RIGHT")  # I_WALK, ..., I_TURN_LEFT, I_TURN_RIGHT

Command = tuple[str, ...]
Actions = tuple[str, ...]


def verbs() -> Iterator[Command]:
    """All V: 34 ways to act once."""
    for primitive in PRIMITIVES:
        yield (primitive,)
    for manner in ((), ("opposite",), ("around",)):
        for verb in (*PRIMITIVES, "turn"):
            for side in ("left", "right"):
                yield verb, *manner, side


def sentences() -> Iterator[Command]:
    """All S: each V once, twice and thrice, 102 in all."""
    for verb in verbs():
        for times in ((), ("twice",), ("thrice",)):
            yield (*verb, *times)


def commands() -> Iterator[Command]:
    """All 20,910 commands."""
    for first in sentences():
        yield first
        for link in ("and", "after"):
            for second in sentences():
                yield (*first, link, *second)


def meaning(command: Sequence[str]) -> Actions:
    """The actions of a command.

    Raises:
        ValueError: the grammar has no such command.
    """
    words = tuple(command)
    for link in ("and", "after"):
        if link in words:
            at = words.index(link)
            first, second = _sentence(words[:at]), _sentence(words[at + 1 :])
            return first + second if link == "and" else second + first
    return _sentence(words)


def _sentence(words: Command) -> Actions:
    times = {"twice": 2, "thrice": 3}.get(words[-1] if words else "", 1)
    return times * _verb(words[:-1] if times > 1 else words)


def _verb(words: Command) -> Actions:
    act = {name: (name.upper(),) for name in PRIMITIVES} | {"turn": ()}
    turns = {"left": ("LEFT",), "right": ("RIGHT",)}
    match words:
        case (name,) if name in PRIMITIVES:
            return act[name]
        case (name, side) if name in act and side in turns:
            return turns[side] + act[name]
        case (name, "opposite", side) if name in act and side in turns:
            return 2 * turns[side] + act[name]
        case (name, "around", side) if name in act and side in turns:
            return 4 * (turns[side] + act[name])
    raise ValueError(f"command must follow the grammar of SCAN, not {' '.join(words) or 'be empty'!r}")
