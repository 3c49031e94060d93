"""One picture for each product of the demo: `{file: SVG}`."""

from CoffeeShop.storefront.pictures.shapes import (
    CHOCOLATE,
    COFFEE,
    CREAM,
    CREMA,
    CRUMB,
    CRUST,
    FOAM,
    GOLD,
    LEAF,
    MILK,
    STEEL,
    WOOD,
    almond,
    berry,
    bowl,
    crema,
    crescent,
    cup,
    dust,
    glass,
    group,
    heart,
    ice,
    leaf,
    line,
    marshmallows,
    oval,
    path,
    plate,
    rosetta,
    scattered,
    scene,
    shadow,
    slice_of,
    steam,
    straw,
    wedge,
)

BLUSH, OAT, SAGE, MINT, OLIVE = (
    ("#f0d2bd", "#d9a887"),
    ("#f4dfc4", "#ddb98f"),
    ("#dbe2cf", "#b5c2a0"),
    ("#cfe3e4", "#9fc3c6"),
    ("#e4e7c6", "#bfc592"),
)
BUTTER, ROSE, MEADOW = ("#f8e2b4", "#e3bb74"), ("#f4d1cd", "#dca39d"), ("#dce8cc", "#b3cb98")
RED, BLUE, ORANGE, LEMON = "#c93c45", "#4a5a9c", "#f09a2d", "#f4d04a"


def small(surface: str, art: str = "", china: str = "#fffaf2") -> str:
    return group(steam(320, 300) + cup(surface, width=112, height=128, china=china, art=art), x=-58, y=-84, size=1.18)


def large(surface: str, art: str = "", china: str = "#fffaf2") -> str:
    return steam(320, 232) + cup(surface, width=168, height=190, china=china, art=art)


def espresso() -> dict[str, str]:
    return {
        "espresso": scene(*BLUSH, small(COFFEE, crema(), "#b9481f")),
        "doppio": scene(
            *BLUSH,
            group(small(COFFEE, crema(), "#2f5d50"), x=-58, y=96, size=0.78),
            group(small(COFFEE, crema(), "#b9481f"), x=196, y=108, size=0.78),
        ),
        "ristretto": scene(*BLUSH, group(small(COFFEE, oval(0, 4, 70, 10, CREMA), "#33241c"), x=51, y=79, size=0.84)),
        "americano": scene(*BLUSH, large(COFFEE, crema(), "#2f5d50")),
        "macchiato": scene(*BLUSH, small(CREMA, oval(0, 0, 54, 13, FOAM), "#d98a5a")),
    }


def with_milk() -> dict[str, str]:
    mocha = glass(
        (0.9, FOAM),
        (0.78, "#c9946a"),
        (0.5, "#9a6240"),
        (0.2, CHOCOLATE),
        inside=line("M236 236q40 16 80-4t90 6", CHOCOLATE, 7),
    )
    raf = glass((0.92, FOAM), (0.74, "#e9c99c"), (0.3, "#d5a871"))
    return {
        "latte": scene(*OAT, glass((0.9, FOAM), (0.78, MILK), (0.52, "#cf9d6e"), (0.3, "#a8693e"), (0.18, CREAM))),
        "cappuccino": scene(*OAT, large(CREMA, dust("#8a5a3b"))),
        "flat-white": scene(*OAT, large("#b77b4b", heart(), "#33536b")),
        "mocha": scene(*OAT, mocha),
        "raf-vanilla": scene(*OAT, raf, group(vanilla(), x=430, y=250)),
        "raf-lavender": scene("#e6dced", "#bfa9cf", raf, group(lavender(), x=450, y=480)),
    }


def vanilla() -> str:
    petals = "".join(
        group(path("M0 0C-24-34-16-66 0-78 16-66 24-34 0 0z", "#fff4d6", stroke="#ecd08a", stroke_width=3), turn=turn)
        for turn in range(0, 360, 72)
    )
    return group(petals + oval(0, 0, 17, 17, GOLD), x=70, y=150, size=0.9) + line("M50 230Q20 120 66 40", CHOCOLATE, 10)


def lavender() -> str:
    stems = ""
    for shift, turn in ((-28, -14), (0, 2), (30, 16)):
        buds = "".join(oval(side * 10, -150 - row * 24, 11, 15, "#8b6bb0") for row in range(5) for side in (-1, 1))
        stems += group(line("M0 0V-150", LEAF, 6) + buds, x=shift, turn=turn)
    return stems


def filtered() -> dict[str, str]:
    server = path("M196 300h248l34 150q6 50-40 50H202q-46 0-40-50z", "#fff", opacity=".5") + path(
        "M178 390h284l16 62q6 48-40 48H202q-46 0-40-48z", COFFEE
    )
    dripper = (
        path("M190 150h260l-92 130h-76z", "#fffaf2")
        + path("M320 280h38l92-130h-60z", "#000", opacity=".08")
        + oval(320, 150, 130, 26, "#fffaf2")
        + oval(320, 152, 112, 19, "#8a5a3b")
        + path("M236 278h168v22H236z", "#e7d8c5")
    )
    chemex = path(
        "M214 120q20 130 66 170-76 60-100 150-14 56 40 56h200q54 0 40-56-24-90-100-150 46-40 66-170z",
        "#fff",
        opacity=".55",
    )
    chemex += (
        path("M196 400q-30 96 24 96h200q54 0 24-96z", COFFEE)
        + path("M262 252h116v66H262z", WOOD)
        + line("M262 284h116", "#6b3f22", 7)
        + oval(320, 122, 106, 20, "#fffaf2")
        + oval(320, 126, 88, 14, "#8a5a3b")
    )
    press = (
        path("M250 130h140v250H250z", "#8a979b", opacity=".45")
        + path("M250 258h140v122H250z", COFFEE)
        + path("M228 372h184v26H228z", STEEL)
        + path("M262 84h116v60H262z", STEEL)
        + oval(320, 84, 74, 16, "#3f4b4f")
    )
    pot = (
        path("M190 210h260l26 236q4 54-46 54H210q-50 0-46-54z", STEEL)
        + path("M400 210h50l26 236q4 54-46 54h-50z", "#000", opacity=".14")
        + path("M206 170h228v44H206z", "#33241c")
        + line("M466 262q78 30 14 156", "#33241c", 26)
        + line("M214 260l-12 150", "#fff", 12, opacity=".35")
    )
    return {
        "batch-brew": scene(*SAGE, shadow(320, 504, 180), pot),
        "v60": scene(
            *SAGE, shadow(320, 504, 180), line("M452 380q70 10 34 84", "#fff", 18, opacity=".6"), server, dripper
        ),
        "aeropress": scene(*SAGE, cup("#6b3f26", width=128, height=96, china="#b9481f"), press),
        "chemex-for-two": scene(*SAGE, shadow(320, 504, 180), chemex),
    }


def cold() -> dict[str, str]:
    cubes = ice((272, 300, 14), (360, 262, -18), (320, 360, 40))
    bubbles = "".join(
        oval(x, y, 6, 6, "#fff", opacity=".7") for x, y in ((280, 420), (330, 390), (362, 440), (300, 340), (350, 320))
    )
    return {
        "iced-latte": scene(
            *MINT, glass((0.88, "#b98253"), (0.62, MILK), (0.36, CREAM), inside=cubes, behind=straw("#b9481f"))
        ),
        "cold-brew": scene(*MINT, glass((0.86, "#4a2616"), inside=cubes, behind=straw("#2f5d50"), top=210)),
        "espresso-tonic": scene(
            *MINT,
            glass((0.9, COFFEE), (0.68, "#dfe9d8"), inside=cubes + bubbles),
            slice_of(LEMON, "#e0b52c", x=446, y=214, size=0.95),
        ),
        "bumble": scene(
            *MINT,
            glass((0.9, COFFEE), (0.6, ORANGE), (0.18, "#d97a1c"), inside=cubes, behind=straw("#33241c")),
            slice_of(ORANGE, "#d97a1c", x=450, y=430, size=1.15),
        ),
        "lemonade": scene(
            *MINT,
            glass((0.9, "#f6eb9c"), inside=cubes + bubbles, behind=straw("#5f8a4c")),
            slice_of(LEMON, "#e0b52c", x=212, y=206),
            leaf(330, 190, -30),
            leaf(330, 190, -100, 0.8),
        ),
    }


def tea() -> dict[str, str]:
    tag = (
        line("M214 312q-58 40-50 96", "#fff", 5)
        + path("M132 404h62v72h-62z", "#b9481f")
        + path("M148 422h30v30h-30z", "#fff", opacity=".8")
    )
    pot = path("M170 300q0-96 150-96t150 96q10 190-70 196H240q-80-6-70-196z", "#fff", opacity=".6") + path(
        "M172 330h296q4 160-68 166H240q-72-6-68-166z", ORANGE
    )
    pot += (
        line("M464 300q90 0 70 110-16 56-84 52", "#fff", 20, opacity=".75")
        + path("M176 300Q96 290 92 220l40-8q10 40 60 44z", "#fff", opacity=".75")
        + oval(320, 212, 96, 22, WOOD)
        + oval(320, 190, 22, 20, WOOD)
    )
    berries = scattered(
        berry("#ffbe3d"), (240, 380, 1), (300, 420, 1), (370, 380, 1), (410, 430, 1), (270, 450, 0.9), (340, 356, 0.9)
    )
    whisk = group(
        path("M-26 0h52l14 120h-80z", "#e3c58f")
        + line("M-20 20l-12 96M0 20v96M20 20l12 96", "#b9834f", 4)
        + path("M-20-70h40v74h-40z", "#d5ab6a"),
        x=118,
        y=372,
    )
    return {
        "earl-grey": scene(*OLIVE, large("#a9572a", china="#33536b"), tag),
        "sencha": scene(
            *OLIVE, large("#b9b552", leaf(-36, 10, 0, 0.7)), leaf(88, 510, -10, 0.9), leaf(110, 520, 40, 0.8)
        ),
        "sea-buckthorn-tea": scene(*OLIVE, shadow(320, 504, 190), pot, berries),
        "matcha-latte": scene(*OLIVE, large("#9db562", rosetta()), whisk),
        "cocoa": scene(*OLIVE, large("#7a4a30", marshmallows(), "#c9552c")),
    }


def pastry() -> dict[str, str]:
    flakes = scattered(
        almond,
        (250, 272, 20),
        (320, 250, -10),
        (392, 276, 40),
        (190, 326, -30),
        (452, 330, 15),
        (286, 318, 60),
        (356, 320, -40),
        (140, 392, 30),
        (500, 396, -20),
    )
    pain = path("M120 350q0-84 70-84h260q70 0 70 84v62q0 58-70 58H190q-70 0-70-58z", CRUST) + path(
        "M150 336q4-50 60-50h220q56 0 60 50-170-30-340 0z", GOLD, opacity=".9"
    )
    pain += (
        "".join(line(f"M{x} 292q-14 80 4 160", "#a8651f", 7, opacity=".55") for x in (230, 320, 410))
        + oval(118, 400, 24, 30, CHOCOLATE)
        + oval(522, 400, 24, 30, CHOCOLATE)
    )
    roll = (
        oval(320, 372, 196, 104, CRUST)
        + oval(320, 350, 196, 100, CRUMB)
        + line(
            "M320 350c20-14 46 6 30 24-30 24-92 6-86-30 8-46 120-54 152-4 24 54-80 92-160 70-90-30-86-118 16-142 90-18 190 14 196 76",
            "#9a5a2a",
            17,
        )
    )
    icing = line("M196 320q60-60 130-46M250 400q90 30 170-14M420 300q30 16 34 40", "#fffaf2", 18, opacity=".95")
    loaf = path("M150 300q0-92 80-92 30-32 90-32t90 32q80 0 80 92l-14 170H164z", "#a8692f") + path(
        "M176 310q0-74 66-74 26-26 78-26t78 26q66 0 66 74l-12 160H188z", "#edc57e"
    )
    loaf += scattered(
        lambda x, y, turn: oval(x, y, 15, 11, "#fff0c2", stroke="#c9974a", stroke_width=4),
        (260, 300, 0),
        (360, 290, 0),
        (310, 370, 0),
        (400, 380, 0),
        (240, 410, 0),
    ) + "".join(
        oval(x, y, 5, 5, CHOCOLATE) for x, y in ((300, 270), (340, 330), (280, 350), (380, 340), (330, 430), (260, 380))
    )
    cakes = "".join(
        oval(320, y + 14, 140, 44, "#b9742c") + oval(320, y, 140, 44, "#f3d393") + oval(320, y - 2, 116, 32, "#d99a48")
        for y in (440, 390, 340)
    )
    return {
        "croissant": scene(*BUTTER, plate(250), crescent()),
        "almond-croissant": scene(*BUTTER, plate(250), crescent("#b9742c", "#dfa356"), flakes),
        "pain-au-chocolat": scene(*BUTTER, plate(250), pain),
        "cinnamon-roll": scene(*BUTTER, plate(250), roll, icing),
        "banana-bread": scene(*BUTTER, plate(240), loaf),
        "syrniki": scene(
            *BUTTER,
            plate(240),
            cakes,
            path("M226 326q94-70 188 0 20 34-20 40-30 40-50 0-40 20-60-6-60 10-58-34z", "#fffaf2"),
            scattered(berry(RED), (290, 300, 1), (330, 286, 1.1), (368, 304, 1)),
            leaf(376, 286, -20, 0.6),
        ),
    }


def cakes() -> dict[str, str]:
    honey = [layer for _ in range(6) for layer in ((20, "#d9964a"), (10, "#fff0d2"))]
    carrot = group(path("M0 0q34 12 60 60-48-24-60-60z", ORANGE) + leaf(4, 0, -150, 0.45), x=330, y=214, size=1.1)
    walnut = scattered(lambda x, y, turn: oval(x, y, 15, 11, "#a8692f"), (260, 236, 0), (420, 226, 0))
    brownies = (
        path("M150 320 320 270l170 50v112l-170 52-170-52z", "#5a3322")
        + path("M150 320 320 270l170 50-170 56z", "#7a4a30")
        + path("M320 376l170-56v112l-170 52z", "#43241a")
    )
    nuts = scattered(almond, (280, 310, 10), (360, 320, -30), (320, 344, 40))
    potato = "".join(
        oval(x, y, 92, 66, "#4a2a1c")
        + oval(x - 26, y - 26, 30, 14, "#7a5138", opacity=".6")
        + scattered(
            lambda a, b, turn: oval(a, b, 7, 6, "#fff0d2"), (x - 12, y - 50, 0), (x + 14, y - 52, 0), (x + 2, y - 36, 0)
        )
        for x, y in ((226, 420), (412, 424), (318, 362))
    )
    return {
        "new-york-cheesecake": scene(
            *ROSE,
            wedge(
                (34, "#b9742c"),
                (110, "#fff0cf"),
                top="#f8dc9c",
                edge="#e6bb6a",
                extra=scattered(berry(RED), (320, 246, 1.2), (366, 262, 1), (284, 268, 1)) + leaf(384, 240, -20, 0.6),
            ),
        ),
        "medovik": scene(
            *ROSE,
            wedge(
                *honey,
                top="#e0a65a",
                edge="#c17f34",
                extra=scattered(
                    lambda x, y, turn: oval(x, y, 10, 7, "#c98a3e"),
                    (250, 250, 0),
                    (300, 234, 0),
                    (360, 240, 0),
                    (420, 228, 0),
                    (450, 252, 0),
                    (330, 262, 0),
                ),
            ),
        ),
        "carrot-cake": scene(
            *ROSE,
            wedge(
                (56, "#b9703a"),
                (22, "#fffaf0"),
                (56, "#b9703a"),
                (24, "#fffaf0"),
                top="#fffaf0",
                edge="#eadccb",
                extra=carrot + walnut,
            ),
        ),
        "brownie": scene(*ROSE, plate(236), brownies, nuts),
        "kartoshka": scene(*ROSE, plate(240), potato),
    }


def food() -> dict[str, str]:
    toast = path("M130 360q0-70 90-70h200q90 0 90 70l-20 96q-4 20-30 20H180q-26 0-30-20z", "#9a5f2f") + path(
        "M156 350q10-44 74-44h180q64 0 74 44-20 60-164 60t-164-60z", "#a9c46c"
    )
    egg = (
        path("M232 330q6-62 90-62t94 58q4 46-90 50-92-4-94-46z", "#fffaf2")
        + oval(322, 316, 42, 30, "#f5b731")
        + oval(308, 306, 14, 8, "#fff", opacity=".6")
    )
    seeds = "".join(
        oval(x, y, 5, 4, "#33241c")
        for x, y in ((200, 340), (218, 360), (440, 340), (430, 370), (250, 384), (398, 390), (322, 292))
    )
    oats = "".join(
        oval(x, y, 16, 9, colour)
        for x, y, colour in (
            (230, 330, CRUST),
            (262, 312, GOLD),
            (296, 338, CRUST),
            (240, 352, GOLD),
            (330, 360, CRUST),
            (282, 362, GOLD),
            (214, 344, GOLD),
        )
    )
    berries = scattered(berry(RED), (380, 320, 1), (420, 340, 1), (372, 352, 0.95)) + scattered(
        berry(BLUE), (410, 312, 0.9), (344, 318, 0.9), (440, 322, 0.8)
    )
    bread = path("M140 250q180-70 360 0v44H140z", "#b9742c") + path("M140 286h360v26H140z", CRUMB)
    filling = (
        path("M126 310q30-18 60 0t60 0 60 0 60 0 60 0 60 0v36H126z", "#7fae57")
        + path("M140 344h360v30H140z", "#f7e3c4")
        + path("M140 344h360l-14 16H154z", "#e8c795")
        + path("M150 372h340v20H150z", RED)
    )
    base = path("M140 392h360v26q0 34-34 34H174q-34 0-34-34z", "#b9742c") + path("M140 392h360v18H140z", CRUMB)
    quiche = (
        path("M120 400 300 268q150-18 240 74l-40 116q-210 40-380-20z", "#f4cf72")
        + path("M120 400 300 268q150-18 240 74l-4 18Q380 300 300 300L124 424z", "#f9df94")
        + path("M536 346l14 10-40 116q-12 26-40 22l28-40z", CRUST)
        + path("M120 430q170 66 380 24l-6 26q-200 40-370-20z", CRUST)
    )
    greens = (
        leaf(290, 372, 10, 0.7)
        + leaf(400, 360, 40, 0.6)
        + scattered(berry("#e0684a"), (240, 392, 0.8), (350, 420, 0.9), (440, 400, 0.8))
    )
    return {
        "avocado-toast": scene(*MEADOW, plate(250), toast, egg, seeds),
        "granola": scene(*MEADOW, bowl(oats + berries, "#33536b")),
        "porridge": scene(
            *MEADOW,
            bowl(
                line("M200 330q40-24 80 0t80 0 80 0", "#fff", 10, opacity=".8") + berries + leaf(330, 330, -60, 0.6),
                "#c9552c",
                "#f0dcb8",
            ),
        ),
        "chicken-sandwich": scene(*MEADOW, plate(250), bread, filling, base),
        "quiche-of-the-day": scene(*MEADOW, plate(250), quiche, greens),
    }


def pictures() -> dict[str, str]:
    return {
        **espresso(), **with_milk(), **filtered(), **cold(), **tea(), **pastry(), **cakes(), **food(),
    }  # fmt: skip
