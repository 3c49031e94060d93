"""Pictures of what the demo has to eat: `{file: SVG}`."""

from CoffeeShop.storefront.pictures.shapes import (
    CHOCOLATE,
    CRUMB,
    CRUST,
    GOLD,
    ORANGE,
    almond,
    berry,
    bowl,
    crescent,
    group,
    leaf,
    line,
    oval,
    path,
    plate,
    scattered,
    scene,
    wedge,
)

BUTTER, ROSE, MEADOW = ("#f8e2b4", "#e3bb74"), ("#f4d1cd", "#dca39d"), ("#dce8cc", "#b3cb98")
RED, BLUE = "#c93c45", "#4a5a9c"


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
