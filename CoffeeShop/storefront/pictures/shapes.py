"""SVG shapes of the demo's pictures: cups, glasses, pastry and plates in one style. All functions return SVG.

A canvas is 640 wide and high. Light comes from the left; everything stands on a table whose edge is at 470.
"""

from collections.abc import Callable

COFFEE, CREMA, MILK, FOAM, CREAM = "#5b3420", "#b9743f", "#ecd2b0", "#fff3e0", "#fff8ec"
CHINA, GLASS, STEEL, WOOD, CHOCOLATE = "#fffaf2", "#ffffff", "#5d6b70", "#b9834f", "#4a2a1c"
CRUST, CRUMB, GOLD, LEAF, ORANGE = "#c9812f", "#f0c987", "#e8a94c", "#5f8a4c", "#f09a2d"


def scene(ground: str, table: str, *parts: str) -> str:
    """A wall with a round window of light, a table, and what stands on it."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 640" width="640" height="640">'
        f'<rect width="640" height="640" fill="{ground}"/><circle cx="320" cy="300" r="232" fill="#fff" opacity=".38"/>'
        f'<path d="M0 470h640v170H0z" fill="{table}"/>{group("".join(parts), x=-38, y=-48, size=1.12)}</svg>'
    )


def shadow(x: float, y: float, width: float) -> str:
    return f'<ellipse cx="{x}" cy="{y}" rx="{width}" ry="{width * 0.13}" fill="#3a1f10" opacity=".16"/>'


def group(content: str, *, x: float = 0, y: float = 0, size: float = 1, turn: float = 0) -> str:
    return f'<g transform="translate({x} {y}) scale({size}) rotate({turn})">{content}</g>'


def path(data: str, fill: str, **more: object) -> str:
    """`stroke_width=4` becomes the attribute `stroke-width`."""
    attributes = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<path d="{data}" fill="{fill}"{attributes}/>'


def oval(x: float, y: float, rx: float, ry: float, fill: str, **more: object) -> str:
    attributes = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" fill="{fill}"{attributes}/>'


def line(data: str, stroke: str, width: float, **more: object) -> str:
    return path(
        data, "none", stroke=stroke, stroke_width=width, stroke_linecap="round", stroke_linejoin="round", **more
    )


def steam(x: float, y: float) -> str:
    waves = "".join(f"M{x + shift} {y}c-22-26 22-40 0-70" for shift in (-34, 0, 34))
    return line(waves, "#fff", 9, opacity=".75")


# --- Cups -------------------------------------------------------------------------------------------------------------


def cup(surface: str, *, width: float = 170, height: float = 170, china: str = CHINA, art: str = "") -> str:
    """A cup on its saucer, seen a little from above; `surface` is the colour of what is in it."""
    left, right, rim, foot = 320 - width, 320 + width, 480 - height, 484
    ry = width * 0.24
    inner = oval(320, rim, width - 10, ry - 6, "#e9d9c6") + oval(320, rim + 5, width - 16, ry - 9, surface)
    body = (
        f"M{left} {rim}c4 {height * 0.72} {width * 0.42} {foot - rim} {width} {foot - rim}"
        f"s{width - 4}-{(foot - rim) * 0.28} {width}-{foot - rim}z"
    )
    shade = (
        f"M{320 + width * 0.35} {rim + ry}c20 {height * 0.4}-10 {height * 0.62}-{width * 0.35} {foot - rim - ry}"
        f"c{width * 0.7} 0 {width * 0.95}-{height * 0.4} {width - 2}-{foot - rim}z"
    )
    handle = f"M{right - 10} {rim + 22}c{width * 0.55}-18 {width * 0.5} {height * 0.55}-{width * 0.12} {height * 0.5}"
    saucer = oval(320, 488, width * 1.28, width * 0.25, "#e4d3bf") + oval(320, 480, width * 1.28, width * 0.24, china)
    return (
        shadow(320, 512, width * 1.35) + saucer + shadow(320, 484, width * 0.6) + line(handle, china, 24)
        + path(body, china) + path(shade, "#3a1f10", opacity=".1")
        + oval(320, rim, width, ry, china) + inner + group(art, x=320, y=rim + 5, size=width / 170)
    )  # fmt: skip


def crema() -> str:
    return oval(-40, -6, 60, 12, CREMA, opacity=".7") + oval(60, 8, 40, 8, CREMA, opacity=".5")


def heart() -> str:
    return path("M0 22C-60 8-96-10-62-22c26-8 52 0 62 12C10-22 36-30 62-22c34 12-2 30-62 44z", FOAM)


def rosetta() -> str:
    leaves = "".join(line(f"M{-s} {y}q{s} 14 {2 * s} 0", FOAM, 6) for s, y in ((26, -20), (52, -10), (66, 1), (48, 11)))
    return leaves + line("M0-24V24", FOAM, 4)


def foam_ring() -> str:
    return oval(0, 0, 130, 26, FOAM) + oval(0, 2, 92, 16, MILK, opacity=".8")


def dust(colour: str) -> str:
    dots = [
        (-70, -6),
        (-48, 8),
        (-30, -12),
        (-12, 2),
        (8, -14),
        (24, 8),
        (44, -6),
        (66, 4),
        (-4, 14),
        (80, -10),
        (-90, 4),
    ]
    return oval(0, 0, 130, 26, FOAM) + "".join(oval(x, y, 5, 2.6, colour) for x, y in dots)


def marshmallows() -> str:
    cubes = [(-62, -8, "#fff"), (-18, 6, "#ffe1e4"), (26, -8, "#fff"), (66, 4, "#ffe1e4")]
    return "".join(
        path(f"M{x - 22} {y - 16}h44v26h-44z", colour, rx=6, stroke="#f0d5c4", stroke_width=3, stroke_linejoin="round")
        for x, y, colour in cubes
    )


# --- Glasses ----------------------------------------------------------------------------------------------------------


def glass(*layers: tuple[float, str], inside: str = "", behind: str = "", top: float = 190, width: float = 112) -> str:
    """A tall glass; layers are `(height of the layer's top from 0 to 1, colour)` from the top down."""
    foot, narrow = 486, width * 0.76
    outline = (
        f"M{320 - width} {top}L{320 - narrow} {foot - 14}q2 14 18 14h{2 * narrow - 36}q16 0 18-14L{320 + width} {top}z"
    )
    fills = ""
    for share, colour in layers:
        y = foot - (foot - top) * share
        fills += path(f"M180 {y}h280v{foot - y}H180z", colour)
    clip = f'<clipPath id="glass">{path(outline, "#000")}</clipPath>'
    surface = foot - (foot - top) * layers[0][0]
    half = narrow + (width - narrow) * layers[0][0]
    return (
        shadow(320, 494, width * 1.15) + clip + behind + path(outline, GLASS, opacity=".45")
        + f'<g clip-path="url(#glass)">{fills}{oval(320, surface, half, 15, layers[0][1])}'
        + f'{oval(320, surface, half, 15, "#fff", opacity=".28")}{inside}</g>'
        + path(f"M{320 - width + 26} {top + 26}l10 220", "none", stroke="#fff", stroke_width=13, stroke_linecap="round", opacity=".6")
        + line(f"M{320 - width} {top}L{320 - narrow} {foot - 14}q2 14 18 14h{2 * narrow - 36}q16 0 18-14L{320 + width} {top}", "#fff", 6, opacity=".85")
        + oval(320, top, width, 15, "none", stroke="#fff", stroke_width=6, opacity=".9")
    )  # fmt: skip


def ice(*places: tuple[float, float, float]) -> str:
    cubes = ""
    for x, y, turn in places:
        cube = path("M-30-30h60v60h-60z", "#fff", opacity=".5", stroke="#fff", stroke_width=5, stroke_linejoin="round")
        cubes += group(cube, x=x, y=y, turn=turn)
    return cubes


def straw(colour: str) -> str:
    return line("M300 440 386 96", colour, 15) + line(
        "M300 440 386 96", "#fff", 4, stroke_dasharray="14 20", opacity=".7"
    )


def slice_of(colour: str, rind: str, *, x: float, y: float, size: float = 1) -> str:
    rays = "".join(
        line(f"M0 0L{a} {b}", "#fff", 5, opacity=".8")
        for a, b in ((44, 0), (22, 38), (-22, 38), (-44, 0), (-22, -38), (22, -38))
    )
    return group(oval(0, 0, 58, 58, rind) + oval(0, 0, 49, 49, colour) + rays, x=x, y=y, size=size)


def leaf(x: float, y: float, turn: float, size: float = 1, colour: str = LEAF) -> str:
    return group(
        path("M0 0C16-40 58-46 84-30 66 2 34 18 0 0z", colour) + line("M6-3 66-26", "#fff", 3, opacity=".5"),
        x=x,
        y=y,
        turn=turn,
        size=size,
    )


# --- Plates and what lies on them -------------------------------------------------------------------------------------


def plate(width: float = 230, colour: str = CHINA) -> str:
    return (
        shadow(320, 512, width * 1.06) + oval(320, 490, width, width * 0.22, "#e0cdb8") + oval(320, 480, width, width * 0.22, colour)
        + oval(320, 478, width * 0.72, width * 0.14, "#efe3d3")
    )  # fmt: skip


def bowl(content: str, colour: str = "#d98a5a", surface: str = CREAM) -> str:
    return (
        shadow(320, 508, 190) + path("M110 330c0 110 90 172 210 172s210-62 210-172z", colour)
        + path("M380 500c100-14 150-76 150-170h-70c0 90-20 140-80 170z", "#000", opacity=".1")
        + oval(320, 330, 210, 62, CHINA) + oval(320, 333, 192, 52, surface) + content
    )  # fmt: skip


def wedge(*layers: tuple[float, str], top: str, edge: str, extra: str = "") -> str:
    """A slice of cake from the side; layers are `(height, colour)` from below."""
    y, bands, total = 470.0, "", sum(height for height, _colour in layers)
    for height, colour in layers:
        bands += path(f"M130 {y - height}H500V{y}H130z", colour)
        y -= height
    clip = f'<clipPath id="cut"><path d="M130 {470 - total}h370v{total}H142q-12 0-12-12z"/></clipPath>'
    crown = path(f"M130 {y + 2}L236 {y - 64}q140-26 264-6v72z", top)
    back = path(f"M494 {y}q8-40 6-70l14 10v{total - 4}q-2 50-20 60z", edge)
    return plate(236) + clip + back + f'<g clip-path="url(#cut)">{bands}</g>' + crown + extra


def crescent(colour: str = CRUST, light: str = GOLD) -> str:
    """A croissant, its points turned down."""
    outline = "M88 440C80 330 170 214 320 214s240 116 232 226c-2 30-42 26-58 0-30-48-92-82-174-82s-144 34-174 82c-16 26-56 30-58 0z"
    folds = [
        "M320 214c-46 0-62 92-46 146 14-3 30-4 46-4s32 1 46 4c16-54 0-146-46-146z",
        "M226 234c-40 30-38 110-6 142 10-6 22-11 36-14-20-44-20-104 4-142-12 3-23 8-34 14z",
        "M414 234c40 30 38 110 6 142-10-6-22-11-36-14 20-44 20-104-4-142 12 3 23 8 34 14z",
        "M146 296c-26 36-16 92 20 106 8-9 17-17 28-24-26-34-32-74-14-116-12 10-24 22-34 34z",
        "M494 296c26 36 16 92-20 106-8-9-17-17-28-24 26-34 32-74 14-116 12 10 24 22 34 34z",
    ]
    shine = line("M180 290q54-58 130-62", "#fff", 12, opacity=".4")
    return path(outline, colour) + "".join(path(fold, light, opacity=".82") for fold in folds) + shine


def scattered(draw: Callable[[float, float, float], str], *places: tuple[float, float, float]) -> str:
    return "".join(draw(x, y, turn) for x, y, turn in places)


def almond(x: float, y: float, turn: float) -> str:
    return group(
        path("M-26 0C-10-16 14-14 26 0 14 14-10 16-26 0z", "#f7e3bf", stroke="#c99a5b", stroke_width=3),
        x=x,
        y=y,
        turn=turn,
    )


def berry(colour: str) -> Callable[[float, float, float], str]:
    return lambda x, y, size: (
        oval(x, y, 20 * size, 19 * size, colour) + oval(x - 6, y - 7, 6 * size, 5 * size, "#fff", opacity=".5")
    )
