"""A real retrieval pipeline over CPython's own language reference, to be tuned.

The corpus is the text behind ``help("topics")`` and so is already on every
machine that runs Python. About 140 questions ask for something that the text
says; each knows the few words of evidence that an answer needs.

No language model is called anywhere. What is measured is what *would* be sent
and paid: whether the evidence reaches the prompt, how many tokens that very
prompt has, and the processor time it took to build it. The length of an answer
is not measured but assumed (`ANSWER_TOKENS` in ``pipeline``).
"""
