"""Chapter 07: noise or objective."""

from recurse_lab.chapters.chapter import Chapter

CHAPTER = Chapter(
    number="07",
    name="07_noise_or_objective",
    title="Noise or objective: many answers from one net",
    question="Is noise alone enough, or does it take a variational objective?",
    minutes="about 1",
    before=("00", "03"),
)
