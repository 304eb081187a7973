"""Chapter 09: the gap between generating and verifying."""

from recurse_lab.chapters.chapter import Chapter

CHAPTER = Chapter(
    number="09",
    name="09_generation_verification_gap",
    title="The generation-verification gap",
    question="Can a net improve by its own answers, and is the gain bounded by how well they are verified?",
    minutes="about 1",
    before=("00", "03"),
)
