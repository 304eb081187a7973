"""Train with a reader's own training step, and with the book's as soon as the reader's fails."""

import math
from collections.abc import Callable
from typing import Any

Step = Callable[..., Any]  # takes net, optimizer and a batch; returns the loss


def attempted(step: Step, book: Step, *given: Any) -> tuple[float, Step]:
    """The loss of one call of the reader's step, or of the book's, and the step to go on with.

    An error or a loss that is not finite prints one line; a step that is not written yet (None or ...) does not.
    """
    try:
        loss = step(*given)
        if loss is not None and loss is not ...:
            if math.isfinite(loss := float(loss)):
                return loss, step
            raise ArithmeticError(f"the loss is {loss}")
    except Exception as error:  # an error in the reader's step must not stop the notebook
        print(f"Your step ended with {type(error).__name__}: {error}. The book's own runs instead.")
    return float(book(*given)), book
