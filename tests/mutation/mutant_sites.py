"""What may be changed in a source file to make a mutant: a fixed list of operators, and the places where each fits."""

import re

# Operator: what it is called, where it fits, and what stands there instead. A place is one match; of the text only what
# is code counts. What is in a group goes, the rest of the match says where.
OPERATORS = [
    ("bound", r"(?<=[\w\)\]] )(<=)(?= )", "<"),
    ("bound", r"(?<=[\w\)\]] )(>=)(?= )", ">"),
    ("bound", r"(?<=[\w\)\]] )(<)(?= [\w(])", "<="),
    ("bound", r"(?<=[\w\)\]] )(>)(?= [\w(])", ">="),
    ("equality", r" (==) ", "!="),
    ("equality", r" (!=) ", "=="),
    ("logic", r" (&&)(?=\s)", "||"),
    ("logic", r" (\|\|)(?=\s)", "&&"),
    ("negation", r"(!)(?=[\w(])", ""),
    ("arithmetic", r"(?<=[\w\)\]] )(\+)(?= )", "-"),
    ("arithmetic", r"(?<=[\w\)\]] )(-)(?= )", "+"),
    ("assignment", r" (\+=) ", "-="),
    ("assignment", r" (-=) ", "+="),
    ("assignment", r" (\|=) ", "="),
    ("assignment", r" (&=) ", "|="),
    ("constant", r"(?<=[ (])(0)(?=[;,):\s])", "1"),
    ("constant", r"(?<=[ (])(1)(?=[;,):\s])", "2"),
    ("constant", r"(?<=return )(true)(?=;)", "false"),
    ("constant", r"(?<=return )(false)(?=;)", "true"),
    ("sequence", r"\b(seq_before)(?=\()", "seq_before_eq"),
    ("sequence", r"\b(seq_before_eq)(?=\()", "seq_before"),
    ("condition", r"(?<=\bif )(\()(?=[^\n]*\)\n)", "(!"),
    ("statement", r"(?m)(?<=\t)(\w+\([^;{}]*\))(?=;$)", "(void)0"),
    ("statement", r"(?m)(?<=\t)([\w>.\[\]-]+(?:->|\.)[\w>.\[\]-]+ [-+|&]?= [^;{}]*)(?=;$)", "(void)0"),
]

CHECKS_ONLY = ("_validate.c",)


class Site:
    """A place in a file, and what would stand there."""

    def __init__(self, path, operator, start, end, line, text, new):
        self.path, self.operator, self.start, self.end = path, operator, start, end
        self.line, self.text, self.new = line, text, new

    def __str__(self):
        return f"{self.path}:{self.line}: {self.operator}"

    def apply(self, source):
        return source[:self.start] + self.new + source[self.end:]


def code_only(source):
    """The source with comments, strings, directives and checks of its own blanked out, place for place."""
    blank = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'|^#[^\n]*(?:\\\n[^\n]*)*"
                       r"|\b(?:CHECK|static_assert)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\);", re.DOTALL | re.MULTILINE)
    return blank.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)


def whole_condition(code, opening):
    """Where the parenthesis that opens here is closed, or -1."""
    depth = 0
    for at in range(opening, len(code)):
        depth += {"(": 1, ")": -1}.get(code[at], 0)
        if depth == 0:
            return at
    return -1


def sites_of(path, source):
    """All sites of a file, in the order of the operators and of the text."""
    code, found = code_only(source), []
    for operator, pattern, new in OPERATORS:
        for match in re.finditer(pattern, code):
            start, end = match.span(1)
            text, instead = source[start:end], new
            if operator == "condition":
                end = whole_condition(code, start) + 1
                text = source[start:end]
                instead = f"(!{text})"
            found.append(Site(path, operator, start, end, source.count("\n", 0, start) + 1, text, instead))
    return found


def is_mutated(path):
    """The files that mutants are made of: TCP, the wheel, the table, and arithmetic of sequence numbers."""
    return path == "lib/base/seq.h" or path.endswith(CHECKS_ONLY) is False and \
        re.fullmatch(r"lib/(tcp|wheel|table)/\w+\.[ch]", path) is not None
