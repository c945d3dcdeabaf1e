"""x."""


def markdown(rows):
    return "\n".join(str((r.kind, r.cell, r.seed, r.seconds, r.result))[:300] + "\n" for r in rows)


def draw(rows, path):
    pass


def broken(rows):
    return []
