"""Chapter 08: sharper signals."""

from recurse_lab.chapters.chapter import Chapter

CHAPTER = Chapter(
    number="08",
    name="08_sharper_signals",
    title="Sharper signals: right and wrong function calls",
    question="What can be learned from right and wrong function calls?",
    minutes="about 2",
    before=("00", "05"),
)
