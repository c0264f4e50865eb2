"""Turns a screen of a terminal, as `tmux capture-pane -e -p` prints it, into an SVG picture.

    ansi_svg.py COLUMNS ROWS TITLE < screen > picture.svg

Every cell is where the terminal had it: texts are stretched or squeezed to their columns, wide characters take two, and
what blocks and lines draw is drawn as shapes, so that no font leaves gaps.
"""

import re
import sys
import unicodedata
from html import escape

CELL_W, CELL_H, FONT = 8.4, 18, 14
EDGE = 12
GROUND, INK = "#16181d", "#d5d8de"
SIXTEEN = (
    "#2e3440 #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #c8ccd4 "
    "#6b7280 #ff7a85 #b5e08f #ffd58a #82c4ff #dda0f0 #7fd5df #ffffff"
).split()
SGR = re.compile(r"\x1b\[([0-9;:]*)m")
OTHER = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-ln-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][0-9A-B]|[=>])|[\x0e\x0f]")
# Eighths of a block, from the left and from below.
LEFT = {chr(0x258F - i): (i + 1) / 8 for i in range(8)}
BELOW = {chr(0x2581 + i): (i + 1) / 8 for i in range(8)}
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
# Lines of frames: which of left, right, up, down they reach.
LINES = {"─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "├": "udr", "┤": "udl", "┬": "lrd",
         "┴": "lru", "┼": "lrud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu", "━": "lr", "┃": "ud"}


def colour(number):
    """The colour of that number of 256."""
    if number < 16:
        return SIXTEEN[number]
    if number < 232:
        number -= 16
        parts = (number // 36, number // 6 % 6, number % 6)
        return "#%02x%02x%02x" % tuple(0 if it == 0 else 55 + 40 * it for it in parts)
    return "#%02x%02x%02x" % ((8 + 10 * (number - 232),) * 3)


def mix(one, other, share):
    """So much of one colour, the rest of the other."""
    pairs = zip(*(bytes.fromhex(it[1:]) for it in (one, other)))
    return "#%02x%02x%02x" % tuple(round(a * share + b * (1 - share)) for a, b in pairs)


class Pen:
    """How the next letters look."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.ink = self.ground = None
        self.bold = self.dim = self.italic = self.under = self.turned = False

    def take(self, text):
        codes = [int(it or 0) for it in text.replace(":", ";").split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code in (38, 48) and codes:
                kind = codes.pop(0)
                if kind == 5 and codes:
                    found = colour(codes.pop(0) & 255)
                elif kind == 2 and len(codes) >= 3:
                    found = "#%02x%02x%02x" % tuple(codes.pop(0) & 255 for _ in range(3))
                else:
                    continue
                if code == 38:
                    self.ink = found
                else:
                    self.ground = found
            elif code in (39, 49):
                setattr(self, "ink" if code == 39 else "ground", None)
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.ink = SIXTEEN[code - 30 if code < 90 else code - 82]
            elif 40 <= code <= 47 or 100 <= code <= 107:
                self.ground = SIXTEEN[code - 40 if code < 100 else code - 92]
            else:
                marks = {1: ("bold", True), 2: ("dim", True), 3: ("italic", True), 4: ("under", True),
                         7: ("turned", True), 23: ("italic", False), 24: ("under", False), 27: ("turned", False)}
                if code == 22:
                    self.bold = self.dim = False
                elif code in marks:
                    setattr(self, *marks[code])

    def look(self):
        ink, ground = self.ink or INK, self.ground or GROUND
        if self.turned:
            ink, ground = ground, ink
        if self.dim:
            ink = mix(ink, ground, 0.6)
        return ink, ground, self.bold, self.italic, self.under


def width(letter):
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def cells(line, pen):
    """(column, text, columns, look) of each cell of a line."""
    found, column, at = [], 0, 0
    line = OTHER.sub("", line)
    while at < len(line):
        mark = SGR.match(line, at)
        if mark:
            pen.take(mark.group(1))
            at = mark.end()
            continue
        letter = line[at]
        wide = width(letter)
        if wide == 0 and found:
            before = found[-1]
            found[-1] = (before[0], before[1] + letter, before[2], before[3])
        elif wide:
            found.append((column, letter, wide, pen.look()))
            column += wide
        at += 1
    return found


def number(it):
    return f"{it:.2f}".rstrip("0").rstrip(".")


def rect(x, y, w, h):
    return f"M{number(x)} {number(y)}h{number(w)}v{number(h)}h-{number(w)}z"


def shape(letter, x, y, ink, ground):
    """What blocks and lines draw: whether it is filled, its colour, its path; nothing for letters."""
    if letter in LEFT:
        return "fill", ink, rect(x, y, CELL_W * LEFT[letter], CELL_H)
    if letter in BELOW:
        high = CELL_H * BELOW[letter]
        return "fill", ink, rect(x, y + CELL_H - high, CELL_W, high)
    if letter in SHADES:
        return "fill", mix(ink, ground, SHADES[letter]), rect(x, y + 3, CELL_W, CELL_H - 6)
    if letter in LINES:
        mid_x, mid_y = x + CELL_W / 2, y + CELL_H / 2
        ends = {"l": f"H{number(x)}", "r": f"H{number(x + CELL_W)}", "u": f"V{number(y)}", "d": f"V{number(y + CELL_H)}"}
        return "stroke", ink, "".join(f"M{number(mid_x)} {number(mid_y)}{ends[it]}" for it in LINES[letter])
    return None


def runs(row):
    """Cells of the same look side by side as one text; wide ones and shapes alone."""
    found = []
    for column, text, wide, look in row:
        alone = wide == 2 or len(text) > 1 or text in LEFT or text in BELOW or text in SHADES or text in LINES
        last = found[-1] if found else None
        if last and not alone and not last[4] and last[3] == look and last[0] + last[2] == column:
            found[-1] = (last[0], last[1] + text, last[2] + wide, look, False)
        else:
            found.append((column, text, wide, look, alone))
    return found


def main():
    columns, rows, title = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    # Shapes of one colour are one path; grounds lie below.
    pen, grounds, marks, texts = Pen(), {}, {}, []
    lines = sys.stdin.buffer.read().decode("utf-8", "replace").split("\n")[:rows]
    for index, line in enumerate(lines):
        y = EDGE + index * CELL_H
        for column, text, wide, look, _ in runs(cells(line, pen)):
            ink, ground, bold, italic, under = look
            x, long = EDGE + column * CELL_W, wide * CELL_W
            if ground != GROUND:
                grounds.setdefault(("fill", ground), []).append(rect(x, y, long, CELL_H))
            drawn = shape(text, x, y, ink, ground)
            if drawn:
                marks.setdefault(drawn[:2], []).append(drawn[2])
                continue
            inside = text.strip(" ")
            if not inside:
                continue
            lead = len(text) - len(text.lstrip(" "))
            x, long = x + lead * CELL_W, long - (len(text) - len(inside)) * CELL_W
            more = (' font-weight="bold"' if bold else "") + (' font-style="italic"' if italic else "")
            more += ' text-decoration="underline"' if under else ""
            fill = "" if ink == INK else f' fill="{ink}"'
            texts.append(f'<text x="{number(x)}" y="{number(y + 13.5)}" textLength="{number(long)}"{fill}{more}>'
                         f"{escape(inside)}</text>")
    w, h = number(columns * CELL_W + 2 * EDGE), number(rows * CELL_H + 2 * EDGE)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img">')
    print(f"<title>{escape(title)}</title>")
    print(f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>')
    print('<g stroke-width="1.2" fill="none">')
    for (kind, ink), paths in [*grounds.items(), *marks.items()]:
        print(f'<path {kind}="{ink}" d="{"".join(paths)}"/>')
    print("</g>")
    print(f'<g fill="{INK}" font-size="{FONT}" xml:space="preserve" '
          'font-family="ui-monospace,\'DejaVu Sans Mono\',\'Noto Sans Mono CJK JP\',Menlo,Consolas,monospace">')
    print("\n".join(texts))
    print("</g></svg>")


main()
