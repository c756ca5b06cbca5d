"""Pages that quern wrote, as a parser of HTML reads them."""

import html.parser


class Page(html.parser.HTMLParser):
    """What a page consists of: open elements, ids of figures, links out of it, lines of plots, texts
    (of cells too), and the document."""

    VOID = {"meta", "wbr"}

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.document = [], set(), [], ""
        self.paths, self.cells, self.text = [], [], ""
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.links += [value for key, value in attrs if key in ("src", "href")]
        if tag == "figure":
            self.ids.add(values["id"])
        if tag not in self.VOID:
            self.open.append((tag, values.get("id")))
        if tag == "td":
            self.cells.append("")

    def handle_startendtag(self, tag, attrs):
        self.links += [value for key, value in attrs if key in ("src", "href")]
        if tag == "path":
            self.paths.append((dict(attrs)["class"], dict(attrs)["d"]))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop()[0] == tag, tag

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] == ("script", "run"):
            self.document += data
        if ("td", None) in self.open:
            self.cells[-1] += data
